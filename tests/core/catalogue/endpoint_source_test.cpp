// The lists of providers: what is known of them without a fetch.
#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "catalogue/endpoint_source.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace wayfare;

namespace {

const std::string list = R"({"data":{"id":"m/one","endpoints":[{"tag":"azure"}]}})";

struct Source {
  explicit Source(const Folder& folder)
      : source(folder / "cache", "http://127.0.0.1:1/ ",
               [this](const std::string&, const ListAnswer& answer, const ListLate&) {
                 ++fetched;
                 answer({200, "max-age=60", list});
               }) {}
  ~Source() { source.close(std::chrono::steady_clock::now() + std::chrono::seconds(5)); }
  std::size_t recall(const std::string& model, std::thread::id* on = nullptr) {
    std::promise<std::size_t> rows;
    source.recall(model, [&](const EndpointSource::List::Snapshot& known) {
      if (on) *on = std::this_thread::get_id();
      rows.set_value(known.list->rows().size());
    });
    return rows.get_future().get();
  }
  void fetch(const std::string& model) {
    std::promise<void> done;
    source.ask(model, [&](const EndpointSource::List::Snapshot&) { done.set_value(); });
    done.get_future().get();
  }
  std::atomic<int> fetched{0};
  EndpointSource source;
};

} // namespace

TEST_CASE("a list is recalled from memory or from the disk, and never fetched for it") {
  const Folder folder;
  std::thread::id thread;
  {
    Source first(folder);
    CHECK(first.recall("m/one") == 0);
    CHECK(first.fetched == 0);
    first.fetch("m/one");
    CHECK(first.fetched == 1);
    CHECK(first.recall("m/one", &thread) == 1);
    CHECK(thread == std::this_thread::get_id());
  }
  Source second(folder); // as another process
  CHECK(second.recall("m/one", &thread) == 1);
  CHECK(thread != std::this_thread::get_id()); // it has read the disk
  CHECK(second.recall("m/one", &thread) == 1);
  CHECK(thread == std::this_thread::get_id());
  CHECK(second.recall("../key") == 0);
  CHECK(second.fetched == 0);
}

TEST_CASE("after the close a list is recalled at once") {
  const Folder folder;
  Source closed(folder);
  closed.source.close(std::chrono::steady_clock::now());
  CHECK(closed.recall("m/one") == 0);
}
