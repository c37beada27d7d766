// The models list of a client: as fresh as it can be without waiting. Read from the shelf at the
// first need, fetched where that has none, and again in the background once it is no longer fresh;
// with the network gone the old one is served. Nothing is fetched for calls that do not ask for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <wayfare/model.hpp>

#include "select/catalogue.hpp"
#include "catalogue/cache_file.hpp"

namespace wayfare {

class ModelSource : public std::enable_shared_from_this<ModelSource> {
 public:
  struct Fetched {  // what a GET of the list gave
    int status = 0; // 0: no answer
    std::string cache_control;
    std::string body;
  };
  using Answer = std::function<void(Fetched)>;
  // it takes so long that nobody should wait for it any more
  using Late = std::function<void()>;
  using Fetch = std::function<void(Answer, Late)>; // starts one; it is answered once, on any thread

  struct Snapshot {
    std::shared_ptr<const select::Catalogue> catalogue;
    CatalogueState state;
  };
  using Then = std::function<void(const Snapshot&)>;

  // In `folder` lists are kept. For so many seconds another process that fetches is left to it: it
  // may have been stopped, or have died and left the lock to a fork's child.
  ModelSource(const std::string& folder, const std::string& base_url, Fetch fetch,
              std::int64_t yield_s = 60);

  // Calls `then` once: at once, on this thread, where there is a list, however old; else on a
  // thread of its own when the shelf was looked at and, if that had none, the first fetch has
  // ended, well or not, or takes too long. From any thread: it waits for no disk.
  void ask(Then then);

  // Does it on a thread that lives for it, or, where the system gives none, on this one. After
  // close() it is not done.
  void aside(std::function<void()> work);

  // No more is fetched; whoever still waits is answered. Waits for the threads that read a list and
  // answer, until `deadline`.
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  bool due() const;
  Snapshot snapshot() const;
  void look();
  bool yields(bool claimed);
  void fetch();
  void keep(Fetched fetched);
  void take(select::Catalogue list, CatalogueSource source, std::int64_t fetched_s,
            std::int64_t fresh_s);
  void answer(std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  const std::int64_t yield_s_;
  mutable std::mutex mutex_;
  std::condition_variable rest_;
  CacheFile file_;
  std::shared_ptr<const select::Catalogue> catalogue_; // null: nobody asked yet
  CatalogueSource source_ = CatalogueSource::built_in;
  std::int64_t fetched_s_ = 0, fresh_s_ = 0;
  std::int64_t next_look_s_ = 0;    // not before this
  std::int64_t yielding_since_ = 0; // to another process that fetches; 0: not
  int failed_ = 0;                  // fetches in a row
  int working_ = 0;                 // threads beside
  bool looking_ = false, fetching_ = false, late_ = false, closed_ = false;
  std::vector<Then> waiting_;
};

} // namespace wayfare
