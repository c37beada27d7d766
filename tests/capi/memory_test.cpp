// Shortage of memory: each allocation of wayfare_next() fails once, and no event is lost.

#include <cstdlib>
#include <new>

#include "capi/client.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

namespace {

// the number of allocations of this thread before one fails; below 0: none fails
thread_local int left = -1;

void* allocate(std::size_t size) {
  if (left == 0) throw std::bad_alloc();
  if (left > 0) --left;
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}

std::string answer_of(const std::string&) {
  return Server::stream(R"(data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"one"}}]})"
                        "\n\n"
                        R"(data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"two"},)"
                        R"("finish_reason":"stop"}],"usage":{"cost":0.001}})"
                        "\n\ndata: [DONE]\n\n");
}

// Calls wayfare_next() with its n-th allocation failing, for n from 0, until no allocation fails.
// Returns the number of failures.
int next_despite_failures(const CClient& client, std::int64_t id, std::string& events) {
  for (int failed = 0;; ++failed) {
    char* text = nullptr;
    left = failed;
    const std::int32_t got = wayfare_next(client, id, 5000, &text);
    left = -1;
    if (got == WAYFARE_NO_MEMORY) {
      REQUIRE(text == nullptr);
      continue;
    }
    REQUIRE(got == 1);
    events += CClient::take(text);
    return failed;
  }
}

} // namespace

// The library uses these operators of the program, as in any program.
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
// Replaced too, because the nothrow operators of the C++ library or of a sanitizer would not match
// the operators here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("events that wayfare_next() could not return for want of memory come the next time") {
  const Folder folder;
  const Server server(answer_of);
  const CClient client(server, folder / "ledger.db");
  const std::int64_t id = client.say("hi", true);
  std::string events;
  int failures = 0;
  while (finals(events) == 0) failures += next_despite_failures(client, id, events);
  CHECK(failures > 2);
  CHECK(count_of(events, R"("one")") == 1);
  CHECK(count_of(events, R"("two")") == 1);
  CHECK(count_of(events, R"("type":"done")") == 1);
  CHECK(client.next(id, 0, events) == 2);
}

TEST_CASE("events that were kept for want of memory are dropped with their call") {
  const Folder folder;
  const Server server(answer_of);
  const CClient client(server, folder / "ledger.db");
  const std::int64_t id = client.say("hi", true);
  while (wayfare_ready(client, 5000) != id) {}
  char* text = nullptr;
  left = 1; // the first allocation is for the list of taken events
  CHECK(wayfare_next(client, id, 5000, &text) == WAYFARE_NO_MEMORY);
  left = -1;
  CHECK(wayfare_cancel(client, id, 1) == 0);
  std::string events;
  CHECK(client.next(id, 0, events) == 2);
}
