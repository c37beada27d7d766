#include <utility>

#include "client/client_access.hpp"
#include "client/client_impl.hpp"
#include "os/fork.hpp"

namespace wayfare {

namespace {

using Clock = std::chrono::steady_clock;

} // namespace

Result<Client> Client::open(Options options) {
  auto settings = resolve(std::move(options));
  if (!settings) return settings.error();
  // In a fork's child the threads are not there to be joined, nor may what they held be touched: a
  // used client is left as it is.
  std::shared_ptr<Impl> impl(new Impl(std::move(*settings)), [](Impl* one) {
    if (one->is_foreign()) return;
    one->close(Clock::now() + std::chrono::seconds(5));
    delete one;
  });
  {
    std::lock_guard lock(os::fork_mutex());
    std::erase_if(Impl::all(), [](const auto& client) { return client.expired(); });
    Impl::all().emplace_back(impl);
  }
  return Client(std::move(impl));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() {
  if (impl_) close();
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
  if (this != &other && impl_) close();
  impl_ = std::move(other.impl_);
  return *this;
}

std::int64_t Client::submit(Request request, bool stream) {
  return impl_->submit(std::move(request), stream);
}
std::int64_t Client::submit(UsageQuery query) { return impl_->submit(std::move(query)); }
std::int64_t Client::submit(EntryQuery query) { return impl_->submit(std::move(query)); }
std::int64_t Client::submit(ModelsQuery query) { return impl_->submit(query); }
std::int64_t Client::submit_select(Request request) {
  return impl_->submit_select(std::move(request));
}
std::int64_t Client::submit(ReconcileQuery query) { return impl_->submit(query); }
std::int64_t Client::submit(Order order) { return impl_->submit(std::move(order)); }
Next Client::next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events) {
  return impl_->next(id, timeout, events);
}
Code Client::cancel(std::int64_t id, bool forget) { return impl_->cancel(id, forget); }
std::int64_t Client::ready(std::chrono::milliseconds timeout) { return impl_->ready(timeout); }
int Client::fd() { return impl_->fd(); }
void Client::wake() { impl_->wake(); }
const std::string& Client::ledger_path() const { return impl_->settings->ledger; }
const std::string& Client::base_url() const { return impl_->settings->base_url; }
bool Client::is_forked() const { return impl_->is_foreign(); }
bool Client::has_key() const { return impl_->settings->keys.has_default(); }
void Client::close() { impl_->close(Clock::now() + std::chrono::seconds(5)); }

Result<Reply> Client::chat(Request request) {
  auto last = impl_->last_event(submit(std::move(request), false));
  if (!last) return last.error();
  return *last->reply;
}
Result<std::vector<UsageRow>> Client::usage(const UsageQuery& query) {
  return impl_->part_of(submit(query), &Report::usage);
}
Result<EntryPage> Client::entries(const EntryQuery& query) {
  return impl_->part_of(submit(query), &Report::page);
}
Result<BudgetState> Client::budget(Budget budget) {
  auto states = impl_->part_of(submit(Order(std::move(budget))), &Report::budgets);
  if (!states) return states.error();
  return states->empty() ? BudgetState{} : std::move(states->front());
}
Result<std::vector<BudgetState>> Client::budgets() {
  return impl_->part_of(submit(Order(BudgetQuery{})), &Report::budgets);
}
Result<std::vector<Scope>> Client::blocks() {
  return impl_->part_of(submit(Order(BlockQuery{})), &Report::blocks);
}
Result<bool> Client::done(Order order) {
  auto last = impl_->last_event(submit(std::move(order)));
  if (!last) return last.error();
  return true;
}
Result<ModelList> Client::models() {
  return impl_->part_of(submit(ModelsQuery{}), &Report::models);
}
Result<Selection> Client::select(Request request) {
  return impl_->part_of(submit_select(std::move(request)), &Report::selection);
}
Result<bool> Client::block(Scope scope) { return done(Block{.scope = std::move(scope)}); }
Result<bool> Client::unblock(Scope scope) {
  return done(Block{.scope = std::move(scope), .remove = true});
}
Result<bool> Client::accept_clock() { return done(AcceptClock{.accept = true}); }
Result<Verification> Client::verify() {
  return impl_->part_of(submit(Order(Verify{})), &Report::verification);
}
Result<bool> Client::backup(const std::string& path) { return done(Backup{path}); }
Result<Pruned> Client::prune(Time before) {
  return impl_->part_of(submit(Order(Prune{before})), &Report::pruned);
}
Result<Reconciled> Client::reconcile() {
  return impl_->part_of(submit(ReconcileQuery{}), &Report::reconciled);
}
Stream Client::stream(Request request) { return Stream(impl_, submit(std::move(request), true)); }

std::int64_t ClientAccess::refuse(Client& client, Error refusal) {
  return client.impl_->submit(std::move(refusal));
}
Result<std::shared_ptr<Engine>> ClientAccess::engine(Client& client) {
  if (auto failed = client.impl_->start_engine()) return *failed;
  return client.impl_->assembly.engine();
}

Stream::Stream(std::shared_ptr<Client::Impl> impl, std::int64_t id)
    : impl_(std::move(impl)), id_(id) {
  if (id_ < 0) error_ = std::make_shared<const Error>(wayfare::error_of(static_cast<Code>(id_)));
}
Stream::~Stream() {
  if (impl_ && !reply_ && !error_) impl_->cancel(id_, true);
}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept {
  Stream taken(std::move(other));
  std::swap(impl_, taken.impl_);
  std::swap(id_, taken.id_);
  std::swap(batch_, taken.batch_);
  std::swap(at_, taken.at_);
  std::swap(reply_, taken.reply_);
  std::swap(error_, taken.error_);
  return *this; // what it was ends with `taken`
}

void Stream::cancel() { impl_->cancel(id_, false); }

const Event* Stream::next() {
  while (!reply_ && !error_) {
    if (at_ == batch_.size()) {
      batch_.clear();
      at_ = 0;
      const Next got = impl_->next(id_, wait_for_ever, batch_);
      if (got != Next::events) {
        error_ = std::make_shared<const Error>(error_of_next(got));
        return nullptr;
      }
    }
    const Event& event = batch_[at_++];
    if (!event.is_final()) return &event;
    reply_ = event.reply;
    error_ = event.error;
  }
  return nullptr;
}

Result<Reply> Stream::reply() {
  while (next()) {}
  if (error_) return *error_;
  return *reply_;
}

} // namespace wayfare
