// The operation watch: who watches a client, and who watches the process. To watch starts nothing.
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/client_impl.hpp"
#include "engine/process_watch.hpp"
#include "os/fork.hpp"

namespace wayfare {

namespace {

void tell_settings(const Settings& settings,
                   const std::function<void(const std::shared_ptr<const Notice>&)>& put) {
  for (const std::string& text : settings.left_out)
    put(finished({.type = NoticeType::setting,
                  .text = text,
                  .ledger = settings.ledger,
                  .base_url = settings.server().base_url}));
}

} // namespace

void Client::Impl::begin(const Opened& opened, Watch&& watch) {
  std::lock_guard lock(watch_mutex_);
  if (process_watchers_.size() + watchers->count() >= Watchers::most) {
    Error full = error_of(Code::full);
    full.message = std::to_string(Watchers::most) + " watches of this client are open";
    full.advice = "end one of them";
    return finish(*opened.box, std::move(full));
  }
  opened.box->leave_count();
  if (watch.of == WatchOf::process) return watch_process(opened);
  tell_settings(*settings, [&](const auto& notice) { opened.box->put_notice(notice); });
  Engine* const engine = assembly.running_engine();
  const bool is_first = engine && !engine->watchers().of_ledger().is_watched();
  watchers->add(opened.box);
  if (is_first) engine->watchers().of_ledger().begin();
}

// With watch_mutex_ held.
void Client::Impl::watch_process(const Opened& opened) {
  std::vector<std::shared_ptr<void>> clients;
  {
    std::lock_guard forks(os::fork_mutex());
    for (const auto& client : all())
      if (auto one = client.lock()) clients.push_back(std::move(one));
  }
  for (const auto& client : clients)
    tell_settings(*static_cast<Impl*>(client.get())->settings,
                  [&](const auto& notice) { opened.box->put_notice(notice); });
  process_watchers_.push_back(opened.box);
  ProcessWatch::add(opened.box);
  if (closed_) ProcessWatch::remove(opened.box);
}

// A new client of a process that is watched.
void Client::Impl::introduce() const {
  if (ProcessWatch::any()) tell_settings(*settings, &ProcessWatch::put);
}

// Returns false if the box is not that of a watcher.
bool Client::Impl::unwatch(const std::shared_ptr<Mailbox>& box) {
  std::lock_guard lock(watch_mutex_);
  if (std::erase(process_watchers_, box) > 0) return ProcessWatch::remove(box);
  return watchers->remove(box);
}

void Client::Impl::leave_process() {
  std::lock_guard lock(watch_mutex_);
  for (const auto& box : process_watchers_) ProcessWatch::remove(box);
  process_watchers_.clear();
}

} // namespace wayfare
