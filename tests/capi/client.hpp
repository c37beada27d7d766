// A client of the C interface for tests, with its own ledger.
#pragma once

#include <wayfare.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "support/server.hpp"

struct CClient {
  wayfare_client* handle = nullptr;

  CClient(const Server& server, const std::string& ledger, const std::string& more = "") {
    const std::string options =
        R"({"api_key":"sk-or-v1-test","dialect":"openrouter","durability":"no_sync","base_url":")" +
        server.base_url() + R"(","ledger":")" + ledger + "\"" + more + "}";
    char* error = nullptr;
    if (wayfare_open(options.c_str(), &handle, &error) != 0) throw std::runtime_error(take(error));
  }
  ~CClient() { wayfare_close(handle); }
  CClient(const CClient&) = delete;
  CClient& operator=(const CClient&) = delete;
  operator wayfare_client*() const { return handle; }
  void close() { wayfare_close(std::exchange(handle, nullptr)); }

  static std::string take(char* text) {
    const std::string copy = text ? text : "";
    wayfare_free(text);
    return copy;
  }

  std::int64_t say(const std::string& prompt, bool stream = false) const {
    const std::string request = R"({"body":{"messages":[{"role":"user","content":")" + prompt +
                                R"("}])" + (stream ? R"(,"stream":true)" : "") + "}}";
    return wayfare_submit(handle, request.c_str());
  }
  std::int32_t next(std::int64_t id, std::int32_t timeout_ms, std::string& events) const {
    char* text = nullptr;
    const std::int32_t got = wayfare_next(handle, id, timeout_ms, &text);
    events = take(text);
    return got;
  }
  // Returns all events of a call until it is over. `last` gets the last result of wayfare_next().
  std::string rest(std::int64_t id, std::int32_t* last = nullptr) const {
    std::string all, events;
    std::int32_t got = 1;
    while ((got = next(id, -1, events)) == 1) all += events;
    if (last) *last = got;
    return all;
  }
};

inline int count_of(const std::string& text, const std::string& piece) {
  int count = 0;
  for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + piece.size()))
    ++count;
  return count;
}
inline int finals(const std::string& events) {
  return count_of(events, R"("type":"done")") + count_of(events, R"("type":"error")");
}
