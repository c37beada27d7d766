#include "client/assembly.hpp"

#include <cstdlib>
#include <system_error>
#include <utility>

#include "os/fork.hpp"
#include "os/worker.hpp"

namespace wayfare {

namespace {

Error no_thread() {
  return Error{.code = Code::no_memory,
               .message = "the system gives the process no more threads; nothing was sent",
               .advice = "end some threads, or raise the limit of threads",
               .retryable = true};
}

Error no_descriptor() {
  return Error{.code = Code::no_memory,
               .message = "memory or file descriptors are short; nothing was sent",
               .advice = "close some files, or raise the limit of open files",
               .retryable = true};
}

void close_at_exit(void (*before_exit)()) {
  static const int registered = std::atexit(before_exit);
  (void)registered;
}

// OpenRouter's list of models is public, and it tells the speeds of endpoints only to a caller with
// a key.
ServerLists lists_of(const Settings& settings, const Server& server,
                     const std::weak_ptr<Engine>& engine) {
  const Key* const key = key_for_lists(settings, server);
  const Key* const of_models = server.keys == KeyRule::openrouter ? nullptr : key;
  const std::string& url = server.base_url;
  CacheFile file({.folder = settings.cache,
                  .kind = "models",
                  .url = url,
                  .text_max = select::Catalogue::text_max});
  const auto fetch_models = [engine, &server, of_models](const ListAnswer& answer, ListLate late) {
    Engine::fetch(engine, server, "/models", of_models, answer, std::move(late));
  };
  const auto fetch_endpoints = [engine, &server, key](const std::string& path,
                                                      const ListAnswer& answer, ListLate late) {
    Engine::fetch(engine, server, path, key, answer, std::move(late));
  };
  return {std::make_shared<ModelSource>(std::move(file), fetch_models),
          std::make_shared<EndpointSource>(settings.cache, url + (key ? " with a key " : " "),
                                           fetch_endpoints),
          std::make_shared<KeyModels>(settings.cache, url)};
}

} // namespace

std::optional<Error> Assembly::start_ledger(void (*before_exit)()) {
  std::lock_guard lock(starting_);
  if (closed_) return error_of(Code::closed);
  if (ledger_) return std::nullopt;
  try {
    auto opened = ledger::Ledger::open(settings_->ledger, settings_->options.durability,
                                       settings_->options.allow_remote_ledger);
    if (!opened) return opened.error();
    ledger_ = *opened;
  } catch (const std::system_error&) {
    return no_thread();
  }
  close_at_exit(before_exit);
  return std::nullopt;
}

Result<std::shared_ptr<ledger::Ledger>> Assembly::start_reading(bool must_be_there,
                                                                void (*before_exit)()) {
  const std::string& path = settings_->ledger;
  {
    std::lock_guard lock(starting_);
    if (closed_) return error_of(Code::closed);
    if (auto failed = start_timer()) return *failed;
    if (!ledger_ && ledger::Ledger::is_missing(path)) {
      if (must_be_there)
        return Error{.code = Code::ledger_unavailable,
                     .message = "there is no ledger at " + path,
                     .advice = "give its path by the option ledger or by WAYFARE_LEDGER"};
      try {
        if (!empty_) empty_ = ledger::Ledger::open(":memory:", Durability::no_sync).value();
      } catch (const std::system_error&) {
        return no_thread();
      }
      close_at_exit(before_exit);
      return empty_;
    }
  }
  if (auto failed = start_ledger(before_exit)) return *failed;
  return ledger_;
}

std::optional<Error> Assembly::start_timer() {
  if (timer_) return std::nullopt;
  auto timer = std::make_shared<os::Timer>();
  try {
    std::lock_guard forks(os::fork_mutex());
    timer->start();
  } catch (const std::system_error&) {
    return no_thread();
  }
  timer_ = std::move(timer);
  return std::nullopt;
}

std::optional<Error> Assembly::start_engine(void (*before_exit)()) {
  if (running_) return std::nullopt;
  if (auto failed = start_ledger(before_exit)) return failed;
  std::lock_guard lock(starting_);
  if (closed_) return error_of(Code::closed);
  if (engine_) return std::nullopt;

  auto engine = std::make_shared<Engine>(settings_, ledger_, boxes_);
  if (!engine->ok()) return no_descriptor();
  // Registered again after the initialisation of libcurl: the handler that is registered last runs
  // first.
  static const int registered = std::atexit(before_exit);
  (void)registered;
  const auto lists = std::make_shared<ListsOfServers>();
  for (const Server& server : settings_->servers)
    lists->push_back(lists_of(*settings_, server, engine));
  try {
    std::lock_guard forks(os::fork_mutex());
    Engine::run(engine, lists);
  } catch (const std::system_error&) {
    return no_thread();
  }
  lists_ = lists;
  engine_ = std::move(engine);
  running_ = engine_.get();
  return std::nullopt;
}

void Assembly::close(std::chrono::steady_clock::time_point deadline) {
  std::lock_guard lock(starting_);
  closed_ = true;
  if (timer_) {
    const bool ended = timer_->stop(deadline);
    std::lock_guard forks(os::fork_mutex());
    timer_->worker().withdraw();
    if (!ended) os::keep_for_ever(timer_);
  }
  for (const ServerLists& one : lists_ ? *lists_ : ListsOfServers()) {
    one.models->close(deadline);
    one.endpoints->close(deadline);
    one.key_models->close(deadline);
  }
  if (engine_) {
    const bool ended = engine_->stop(deadline);
    std::lock_guard forks(os::fork_mutex());
    engine_->worker().withdraw();
    if (!ended) os::keep_for_ever(engine_); // its thread still runs and uses it
  }
  if (ledger_) ledger::Ledger::release(ledger_, deadline);
  if (empty_) ledger::Ledger::release(empty_, deadline);
}

} // namespace wayfare
