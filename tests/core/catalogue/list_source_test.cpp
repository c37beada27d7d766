// The models list of a client. The test answers the fetches: it checks which calls wait, for how
// long, and which process fetches.

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "catalogue/list_source.hpp"
#include "os/clock.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace wayfare;
using Source = CatalogueSource;

namespace {

constexpr const char* url = "http://127.0.0.1:1/api/v1";
const std::string list = R"({"data":[{"id":"a/one","pricing":{"prompt":"1","completion":"2"}}]})";

CacheFile file_in(const Folder& folder) {
  return CacheFile({.folder = folder / "cache",
                    .kind = "models",
                    .url = url,
                    .text_max = select::Catalogue::text_max});
}

// A server that answers when the test says so.
struct Server {
  std::atomic<int> asked{0};
  ListAnswer answer;
  ListLate late;
  ModelSource::Fetch fetch() {
    return [this](ListAnswer to, ListLate when_late) {
      answer = std::move(to);
      late = std::move(when_late);
      ++asked;
    };
  }
  bool is_asked() const {
    for (int left = 2000; left > 0 && asked == 0; --left)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return asked == 1;
  }
};

// One ask() and its answer, which may come later.
struct Asker {
  explicit Asker(ModelSource& models) {
    models.ask([got = got](const ModelSource::Snapshot& known) {
      std::lock_guard lock(got->mutex);
      got->source = known.state.source;
      got->fetched = known.state.fetched;
      got->thread = std::this_thread::get_id();
      ++got->times;
      got->changed.notify_all();
    });
  }
  bool waits() const {
    std::lock_guard lock(got->mutex);
    return got->times == 0;
  }
  Source source() const {
    std::unique_lock lock(got->mutex);
    REQUIRE(
        got->changed.wait_for(lock, std::chrono::seconds(20), [this] { return got->times > 0; }));
    CHECK(got->times == 1);
    return got->source;
  }
  std::optional<Time> fetched() const { return source(), got->fetched; }
  bool was_answered_here() const { return source(), got->thread == std::this_thread::get_id(); }
  struct Got {
    std::mutex mutex;
    std::condition_variable changed;
    int times = 0;
    Source source = Source::built_in;
    std::optional<Time> fetched;
    std::thread::id thread;
  };
  std::shared_ptr<Got> got = std::make_shared<Got>();
};

void close(ModelSource& models) {
  models.close(std::chrono::steady_clock::now() + std::chrono::seconds(20));
}

// Writes a cache file with a list that was fetched so many seconds ago.
void keep(const Folder& folder, std::int64_t seconds_ago) {
  CacheFile shelf = file_in(folder);
  CHECK(shelf.claim());
  shelf.write({os::wall_us() / 1'000'000 - seconds_ago, 300, list});
}

} // namespace

TEST_CASE("the first ask waits for the list, and further asks wait for the same fetch") {
  const Folder folder;
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  CHECK_FALSE(std::filesystem::exists(folder / "cache")); // nothing is made before the first ask()
  const Asker first(*models), second(*models);
  REQUIRE(server.is_asked());
  CHECK((first.waits() && second.waits()));
  server.answer({200, "max-age=300", list});
  CHECK((first.source() == Source::fetched && second.source() == Source::fetched));
  CHECK(Asker(*models).source() == Source::fetched);
  CHECK(server.asked == 1);
  close(*models);
}

TEST_CASE("no ask waits for ever, and a late list is used when it comes") {
  const Folder folder;
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  const Asker first(*models);
  REQUIRE(server.is_asked());
  CHECK(first.waits());
  server.late();
  CHECK(first.source() == Source::built_in);
  CHECK_FALSE(Asker(*models).waits()); // a later ask() does not wait either
  CHECK(server.asked == 1);
  server.answer({200, "", list});
  Source source = Source::built_in;
  for (int left = 1000; left > 0 && source == Source::built_in; --left) {
    source = Asker(*models).source();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(source == Source::fetched);
  close(*models);
}

TEST_CASE("close answers waiting asks and drops later answers") {
  const Folder folder;
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  const Asker first(*models);
  REQUIRE(server.is_asked());
  close(*models);
  CHECK(first.source() == Source::built_in);
  const Asker second(*models);
  server.late();
  server.answer({200, "", list});
  CHECK(second.source() == Source::built_in);
  CHECK(server.asked == 1);
}

TEST_CASE("a list with no-store is used but not written to the disk") {
  const Folder folder;
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  const Asker first(*models);
  REQUIRE(server.is_asked());
  server.answer({200, "no-store", list});
  CHECK(first.source() == Source::fetched);
  CHECK_FALSE(file_in(folder).read());
  close(*models);
}

TEST_CASE(
    "while another process fetches an old list is served, and what that one brings is taken") {
  const Folder folder;
  keep(folder, 86'400);
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  CacheFile other = file_in(folder);
  CHECK(other.claim());
  CHECK(Asker(*models).source() == Source::kept);
  CHECK(server.asked == 0);
  other.release();
  keep(folder, 0);
  std::optional<Time> before;
  for (int left = 1000; left > 0 && server.asked == 0; --left) {
    const auto fetched = Asker(*models).fetched();
    if (before && fetched > before) break;
    before = fetched;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(Asker(*models).source() == Source::kept);
  CHECK(server.asked == 0);
  close(*models);
}

TEST_CASE(
    "who asks waits for no disk: it is looked at by a thread of its own, once for all, and not "
    "while a list is fresh") {
  const Folder folder;
  keep(folder, 0);
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch());
  const Asker first(*models), second(*models);
  CHECK((first.source() == Source::kept && second.source() == Source::kept));
  CHECK_FALSE(first.was_answered_here());
  CHECK(Asker(*models).was_answered_here());
  CHECK(server.asked == 0);
  close(*models);
}

TEST_CASE("a fetch of another process that never ends is not waited for") {
  const Folder folder;
  keep(folder, 86'400);
  Server server;
  const auto models = std::make_shared<ModelSource>(file_in(folder), server.fetch(), 1);
  CacheFile other = file_in(folder);
  CHECK(other.claim());
  for (int left = 2000; left > 0 && server.asked == 0; --left) {
    CHECK(Asker(*models).source() == Source::kept);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(server.asked == 1);
  close(*models);
}
