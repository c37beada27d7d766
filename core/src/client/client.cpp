#include <utility>

#include "client/client_access.hpp"
#include "client/client_impl.hpp"
#include "os/fork.hpp"
#include "wire/defaults.hpp"

namespace wayfare {

namespace {

using Clock = std::chrono::steady_clock;

} // namespace

Result<Client> Client::open(Options options) {
  auto settings = resolve(std::move(options));
  if (!settings) return settings.error();
  if (auto fault = wire::fault_of(settings->options.defaults)) return std::move(*fault);
  return Client(with(std::make_shared<const Settings>(std::move(*settings))));
}

Client Client::reopened() const { return Client(with(impl_->settings)); }

std::shared_ptr<Client::Impl> Client::with(std::shared_ptr<const Settings> settings) {
  // In the child of a fork the threads do not exist, and the objects that they used must not be
  // touched. So a client that was used before the fork leaks there.
  std::shared_ptr<Impl> impl(new Impl(std::move(settings)), [](Impl* one) {
    if (one->is_foreign()) return;
    one->close(Clock::now() + std::chrono::seconds(5));
    delete one;
  });
  {
    std::lock_guard lock(os::fork_mutex());
    std::erase_if(Impl::all(), [](const auto& client) { return client.expired(); });
    Impl::all().emplace_back(impl);
  }
  impl->introduce();
  return impl;
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

std::int64_t Client::submit(Operation operation) { return impl_->submit(std::move(operation)); }
NextStatus Client::next(std::int64_t id, std::chrono::milliseconds timeout,
                        std::vector<Event>& events) {
  return impl_->next(id, timeout, events);
}
Code Client::cancel(std::int64_t id, bool forget) { return impl_->cancel(id, forget); }
std::int64_t Client::ready(std::chrono::milliseconds timeout) { return impl_->ready(timeout); }
int Client::fd() { return impl_->fd(); }
void Client::wake() { impl_->wake(); }
const std::string& Client::ledger_path() const { return impl_->settings->ledger; }
const std::string& Client::base_url() const { return impl_->settings->server().base_url; }
bool Client::is_forked() const { return impl_->is_foreign(); }
bool Client::has_key() const { return impl_->settings->keys.has_default(); }
void Client::close() { impl_->close(Clock::now() + std::chrono::seconds(5)); }

Result<Event> Client::end_of(std::int64_t id) { return impl_->last_event(id); }

Result<Reply> Client::chat(Request request) {
  return run(Chat{.request = std::move(request), .stream = false});
}
Stream Client::stream(Request request) {
  return Stream(impl_, submit(Chat{.request = std::move(request), .stream = true}));
}
Result<ModelList> Client::models() { return run(ListModels{}); }
Result<std::vector<DefaultModel>> Client::default_models() { return run(ListDefaultModels{}); }
Result<KeyInfo> Client::key_info(std::string key) { return run(GetKeyInfo{std::move(key)}); }
Result<Selection> Client::select(Request request) { return run(Select{std::move(request)}); }
Result<std::vector<UsageRow>> Client::usage(UsageQuery query) { return run(std::move(query)); }
Result<Replayed> Client::replay(Replay query) { return run(std::move(query)); }
Result<Caching> Client::caching(CachingQuery query) { return run(std::move(query)); }
Result<EntryPage> Client::entries(EntryQuery query) { return run(std::move(query)); }
Result<UnknownPage> Client::unknown(ListUnknown query) { return run(std::move(query)); }
Result<Done> Client::settle(SettleCost cost) { return run(std::move(cost)); }
Result<std::optional<Budget>> Client::budget(SetBudget budget) { return run(std::move(budget)); }
Result<Budget> Client::override_budget(OverrideBudget change) { return run(std::move(change)); }
Result<std::vector<Budget>> Client::budgets() { return run(ListBudgets{}); }
Result<std::vector<Crossing>> Client::crossings(ListCrossings query) { return run(query); }
Result<std::vector<PerformanceRow>> Client::performance(PerformanceQuery query) {
  return run(std::move(query));
}
Result<Done> Client::block(Scope scope) { return run(BlockCalls{std::move(scope)}); }
Result<Done> Client::unblock(Scope scope) { return run(UnblockCalls{std::move(scope)}); }
Result<std::vector<Block>> Client::blocks() { return run(ListBlocks{}); }
Result<std::optional<RateLimit>> Client::rate_limit(SetRateLimit limit) {
  return run(std::move(limit));
}
Result<std::vector<RateLimit>> Client::rate_limits() { return run(ListRateLimits{}); }
Result<std::vector<Cooldown>> Client::cooldowns() { return run(ListCooldowns{}); }
Result<Done> Client::end_cooldown(std::string model, std::string provider) {
  return run(EndCooldown{std::move(model), std::move(provider)});
}
Result<Done> Client::accept_clock() { return run(AcceptClock{.accept = true}); }
Result<Reconciled> Client::reconcile() { return run(Reconcile{}); }
Result<Verification> Client::verify() { return run(Verify{}); }
Result<Done> Client::backup(std::string path) { return run(Backup{std::move(path)}); }
Result<Verification> Client::mend() { return run(Mend{}); }
Result<Pruned> Client::prune(Time before) { return run(Prune{before}); }

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
  return *this; // `taken` now has the old call and cancels it
}

void Stream::cancel() { impl_->cancel(id_, false); }

const Event* Stream::next() {
  while (!reply_ && !error_) {
    if (at_ == batch_.size()) {
      batch_.clear();
      at_ = 0;
      const NextStatus got = impl_->next(id_, wait_for_ever, batch_);
      if (got != NextStatus::events) {
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
