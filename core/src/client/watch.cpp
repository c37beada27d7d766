// The operation watch: who watches before the engine runs, and who watches it.
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "client/client_impl.hpp"
#include "os/clock.hpp"

namespace wayfare {

std::optional<Error> Client::Impl::start_engine() {
  if (auto failed = assembly.start_engine(&Client::close_forgotten)) return failed;
  std::lock_guard lock(early_mutex_);
  for (const Opened& early : early_watchers_)
    assembly.engine()->watchers().add(early.id, early.box);
  early_watchers_.clear();
  return std::nullopt;
}

void Client::Impl::begin(const Opened& opened, Watch&&) {
  std::lock_guard lock(early_mutex_);
  Engine* const engine = assembly.running_engine();
  const std::size_t watching = early_watchers_.size() + (engine ? engine->watchers().count() : 0);
  if (watching >= Watchers::most) {
    Error full = error_of(Code::full);
    full.message = std::to_string(Watchers::most) + " watches of this client are open";
    full.advice = "end one of them";
    return finish(*opened.box, std::move(full));
  }
  opened.box->leave_count();
  for (const std::string& text : settings->left_out)
    opened.box->put_notice(std::make_shared<const Notice>(
        Notice{.type = NoticeType::setting,
               .time = Time(std::chrono::microseconds(os::wall_us())),
               .text = text}));
  if (engine)
    engine->watchers().add(opened.id, opened.box);
  else
    early_watchers_.push_back(opened);
}

// Returns false if `id` is not that of a watcher.
bool Client::Impl::unwatch(std::int64_t id) {
  std::lock_guard lock(early_mutex_);
  if (std::erase_if(early_watchers_, [id](const Opened& one) { return one.id == id; }) > 0)
    return true;
  Engine* const engine = assembly.running_engine();
  return engine && engine->watchers().remove(id);
}

} // namespace wayfare
