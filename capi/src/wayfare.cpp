// The C interface. It only translates types and ownership. wayfare.h is its manual.
#include "wayfare.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <list>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <wayfare/client.hpp>

#include "json_api/json_api.hpp"

using wayfare::Client;
using wayfare::Code;

namespace {

struct Taken { // events of a call that are not JSON yet
  std::int64_t id = 0;
  std::vector<wayfare::Event> events;
};

} // namespace

struct wayfare_client {
  explicit wayfare_client(Client opened) : client(std::move(opened)) {}
  Client client;
  std::mutex mutex; // guards `kept`
  // Events that wayfare_next() took but could not return, because memory was short.
  std::list<Taken> kept;
  // The threads inside functions of this client. wayfare_close() waits for them.
  std::atomic<std::int32_t> inside{0};
};

namespace {

// Counts a thread inside a function of the client. Its destructor is the last access to the client.
class Inside {
 public:
  explicit Inside(wayfare_client* client) : client_(client) { ++client_->inside; }
  ~Inside() { --client_->inside; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  wayfare_client* client_;
};

char* copy_of(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

// No exception may leave the C interface.
template <class Do>
auto guard(Do&& function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return static_cast<decltype(function())>(Code::no_memory);
  }
}

// Moves the kept events of a call into `one`. Returns whether there were any. Neither this function
// nor keep() allocates memory.
bool take_kept(wayfare_client* client, std::int64_t id, std::list<Taken>& one) {
  const std::lock_guard lock(client->mutex);
  const auto found = std::ranges::find(client->kept, id, &Taken::id);
  if (found == client->kept.end()) return false;
  one.clear();
  one.splice(one.end(), client->kept, found);
  return true;
}

void keep(wayfare_client* client, std::list<Taken>& one) {
  const std::lock_guard lock(client->mutex);
  client->kept.splice(client->kept.end(), one);
}

std::string_view view_of(const char* text) {
  return text ? std::string_view(text) : std::string_view();
}

} // namespace

uint32_t wayfare_abi(void) { return WAYFARE_ABI; }

const char* wayfare_version(void) { return WAYFARE_VERSION; }

int32_t wayfare_open(const char* options, wayfare_client** client, char** error) {
  if (client) *client = nullptr;
  if (error) *error = nullptr;
  if (!client) return WAYFARE_INVALID;
  return guard([&]() -> std::int32_t {
    auto judged = wayfare::json_api::options_of(view_of(options));
    auto opened =
        judged ? Client::open(std::move(*judged)) : wayfare::Result<Client>(judged.error());
    if (opened) return *client = new wayfare_client(std::move(*opened)), 0;
    if (error) *error = copy_of(wayfare::json_api::to_json(opened.error()));
    return static_cast<std::int32_t>(opened.error().code);
  });
}

void wayfare_close(wayfare_client* client) {
  if (!client) return;
  // The threads of the client, and the threads inside its functions, belong to the parent.
  if (client->client.is_forked()) return;
  client->client.close();
  // No new call may begin, and the calls inside return soon.
  while (client->inside != 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
  delete client;
}

int64_t wayfare_submit(wayfare_client* client, const char* request) {
  if (!client) return WAYFARE_INVALID;
  const Inside inside(client);
  return guard([&] { return wayfare::json_api::submit(client->client, view_of(request)); });
}

int32_t wayfare_next(wayfare_client* client, int64_t id, int32_t timeout_ms, char** events) {
  if (events) *events = nullptr;
  if (!client || !events) return WAYFARE_INVALID;
  const Inside inside(client);
  return guard([&] {
    std::list<Taken> one(1); // allocated before events are taken
    one.front().id = id;
    auto next = wayfare::NextStatus::events;
    if (!take_kept(client, id, one))
      next = client->client.next(id, std::chrono::milliseconds(timeout_ms), one.front().events);
    if (next != wayfare::NextStatus::events) return static_cast<std::int32_t>(next);
    try {
      *events = copy_of(wayfare::json_api::to_json(id, one.front().events));
    } catch (const std::bad_alloc&) {
      keep(client, one);
      throw;
    }
    return static_cast<std::int32_t>(next);
  });
}

int32_t wayfare_cancel(wayfare_client* client, int64_t id, int32_t forget) {
  if (!client) return WAYFARE_INVALID;
  const Inside inside(client);
  return guard([&] {
    std::list<Taken> dropped;
    if (forget != 0) take_kept(client, id, dropped);
    return static_cast<std::int32_t>(client->client.cancel(id, forget != 0));
  });
}

int64_t wayfare_ready(wayfare_client* client, int32_t timeout_ms) {
  if (!client) return WAYFARE_INVALID;
  const Inside inside(client);
  return guard([&] { return client->client.ready(std::chrono::milliseconds(timeout_ms)); });
}

int32_t wayfare_fd(wayfare_client* client) {
  if (!client) return -1;
  const Inside inside(client);
  return client->client.fd();
}

void wayfare_wake(wayfare_client* client) {
  if (!client) return;
  const Inside inside(client);
  client->client.wake();
}

void wayfare_free(char* text) { std::free(text); }
