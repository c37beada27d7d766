// A client of the C interface for the fuzz targets: an operation ends once and in time, and all
// that comes of it is JSON.
#pragma once

#include <chrono>
#include <cstdlib>
#include <string>

#include "capi/client.hpp"
#include "fuzz/check.hpp"

namespace fuzz {

using Clock = std::chrono::steady_clock;

// The events of a call, of which the last one is final. The call is cancelled after `patience`.
// Then it must end soon.
class Conversation {
 public:
  explicit Conversation(const CClient& client) : client_(client) {}

  // The final event, as JSON. `request` names an operation.
  std::string ask(const std::string& request, std::chrono::seconds patience) {
    const std::int64_t id = wayfare_submit(client_, request.c_str());
    check(id > 0, "an operation has no id", request);
    std::string last;
    if (!wait(id, patience, last)) {
      wayfare_cancel(client_, id, 0);
      check(wait(id, soon, last), "a cancelled operation has no end", request);
    }
    return last;
  }
  // The same, for an operation that must end by itself.
  std::string ask_in_time(const std::string& request, std::chrono::seconds limit) {
    const auto begun = Clock::now();
    const std::string last = ask(request, limit);
    check(Clock::now() - begun < limit, "an operation has no end in time", request);
    return last;
  }

 private:
  // The longest time for what must not wait. It is long, because the machine may be slow.
  static constexpr std::chrono::seconds soon{20};

  // Takes events until the call is over. False if that is not in time.
  bool wait(std::int64_t id, std::chrono::seconds limit, std::string& last) {
    const auto until = Clock::now() + limit;
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return false;
      std::string events;
      const std::int32_t got = client_.next(id, static_cast<std::int32_t>(left), events);
      check(got >= 0, "the events of an operation cannot be taken");
      if (got == 2) {
        check(!last.empty(), "an operation ends without a final event");
        return true;
      }
      if (got == 1) take(events, last);
    }
  }
  static void take(const std::string& events, std::string& last) {
    wayfare::json::Document document;
    if (!document.parse(events)) fail("events are not JSON: " + document.error(), events);
    for (auto event = document.root().first(); event.exists(); event = event.next()) {
      check(last.empty(), "an event follows the final one", events);
      const std::string_view type = event["type"].string();
      if (type == "error")
        check(event["error"]["code"].string() != "internal", "an operation finds a defect", events);
      if (type == "done" || type == "error") last = event.raw();
    }
  }

  const CClient& client_;
};

// Closes a client, which may take five seconds.
inline void close_in_time(CClient& client) {
  const auto begun = Clock::now();
  client.close();
  check(Clock::now() - begun < std::chrono::seconds(20), "a client is not closed in time");
}

} // namespace fuzz
