// A list of the server: the models, or the providers of a model. It is read from the cache file
// when it is first needed, and fetched if there is no cache file. When it is no longer fresh, it is
// fetched again in the background. Without a network the old list is used. Calls that do not need
// the list cause no fetch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/model.hpp>

#include "select/catalogue.hpp"
#include "select/endpoint_list.hpp"
#include "catalogue/cache_file.hpp"

namespace wayfare {

struct FetchedList { // the answer to the GET of a list
  int status = 0;    // 0: no answer
  std::string cache_control;
  std::string body;
};
using ListAnswer = std::function<void(FetchedList)>;
// The fetch takes so long that no call should wait for it any more.
using ListLate = std::function<void()>;

// `List` has parse(text) and built_in(), what is used while no list was ever fetched.
template <class List>
class ListSource : public std::enable_shared_from_this<ListSource<List>> {
 public:
  // starts a fetch; it is answered once, on any thread
  using Fetch = std::function<void(ListAnswer, ListLate)>;

  struct Snapshot {
    std::shared_ptr<const List> list;
    CatalogueState state;
  };
  using Then = std::function<void(const Snapshot&)>;

  // `yield_s`: how many seconds to wait for another process that has the claim, before fetching
  // anyway. That process may be stopped, or dead with the lock inherited by a forked child.
  ListSource(CacheFile file, Fetch fetch, std::int64_t yield_s = 60);

  // Calls `then` once. If there is a list, however old, calls it at once on this thread. Otherwise
  // calls it on another thread, after the cache file was read and, if there is none, after the
  // first fetch has ended or takes too long. Never waits for the disk. May be called from any
  // thread.
  void ask(Then then);

  // The list, if one was fetched or kept. Nothing for the built-in list. Begins no work.
  std::optional<Snapshot> known() const;

  // Calls `then` once with what is known without a fetch: at once on this thread if there is a
  // list, and otherwise on another thread, after the cache file was read. A file that was missing
  // is read again ten seconds later.
  void recall(Then then);

  // Ends fetching and answers all waiting calls. Waits until `deadline` at most for the threads
  // that read a list and answer.
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  bool due() const;
  Snapshot snapshot() const;
  void look();
  // Runs `work` on a new thread, or on this thread if the system gives no thread. After close() the
  // work is dropped.
  void aside(std::function<void()> work);
  std::optional<CacheFile::Kept> read_kept(std::optional<List>& list) const;
  bool run(std::function<void()> work);
  bool yields(bool claimed);
  void fetch();
  void keep(FetchedList fetched);
  void take(List list, CatalogueSource source, std::int64_t fetched_s, std::int64_t fresh_s);
  void answer(std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  const std::int64_t yield_s_;
  mutable std::mutex mutex_;
  std::condition_variable rest_;
  CacheFile file_;
  std::shared_ptr<const List> list_; // null until the first ask()
  CatalogueSource source_ = CatalogueSource::built_in;
  std::int64_t fetched_s_ = 0, fresh_s_ = 0;
  std::int64_t next_look_s_ = 0;    // the earliest time of the next look()
  std::int64_t recalled_s_ = 0;     // when recall() last read the file
  std::int64_t yielding_since_ = 0; // since when another process has the claim; 0: none has
  int failed_ = 0;                  // failed fetches in a row
  int working_ = 0;                 // the threads of aside()
  bool looking_ = false, fetching_ = false, late_ = false, closed_ = false;
  std::vector<Then> waiting_;
};

using ModelSource = ListSource<select::Catalogue>;
extern template class ListSource<select::Catalogue>;
extern template class ListSource<select::Endpoints>;

} // namespace wayfare
