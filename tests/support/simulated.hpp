// What is random in the simulator: the plan of a call, the server's faults, and the bytes of its
// answers.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include <wayfare/money.hpp>

#include "base/json_text.hpp"
#include "call/call.hpp"

namespace wayfare::simulated {

using call::Micros;

// The random behaviour of the server for one attempt, chosen before the attempt begins.
struct Script {
  // The fault before the server has read the request.
  enum class Before { nothing, dns, connect, tls, connect_timeout } before = Before::nothing;
  enum class Fault {
    none,
    silent,
    hangup,
    status,
    cut,
    stall,
    error_event,
    garbage,
    no_done,
    no_usage,
    no_cost
  } fault = Fault::none;
  int status = 200;
  bool streamed = false;
  std::string text;   // the text of the whole answer
  std::string bytes;  // the bytes of the body, up to the fault
  Amount cost;        // the cost, if the server bills the attempt
  bool bills = false; // whether the server bills it after it has read the request
  bool whole = true;  // whether the body is complete
  std::string retry_after;
  bool refuses_usage = false; // it refuses stream_options, by that name
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t up_to(std::int64_t last) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(last + 1));
  }
  bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }
  template <class T>
  T any(std::initializer_list<T> of) {
    return *(of.begin() + up_to(static_cast<std::int64_t>(of.size()) - 1));
  }

 private:
  // the standard defines its sequence, so a seed gives the same run everywhere
  std::mt19937_64 engine_;
};

inline constexpr Micros ms = 1000, second = 1'000'000;
inline constexpr Amount dearest{1'000'000'000'000}; // the highest cost of one attempt

inline call::Plan draw_plan(std::uint64_t seed, Dice& dice) {
  std::array<std::uint8_t, 10> chance{};
  for (std::uint8_t& byte : chance) byte = static_cast<std::uint8_t>(dice.up_to(255));
  call::Plan plan{.uid = Uid::make(seed, chance),
                  .request_id = "r",
                  .streamed = !dice.one_in(3),
                  .servers = {{.tells_cost = !dice.one_in(5)}},
                  .retries = static_cast<int>(dice.up_to(3)),
                  .deadline_us = (1 + dice.up_to(90)) * second,
                  .first_byte_us = (1 + dice.up_to(20)) * second,
                  .idle_us = (1 + dice.up_to(20)) * second,
                  .content_us = dice.one_in(3) ? (1 + dice.up_to(20)) * second : 0};
  for (auto models = 1 + dice.up_to(2); models > 0; --models)
    plan.models.push_back({.model = "m/" + std::to_string(models),
                           .bound = dearest,
                           .added = dice.one_in(2) ? std::vector<std::string>{"stream_options"}
                                                   : std::vector<std::string>{}});
  if (dice.one_in(3)) { // goes on at a server of its own
    plan.servers.push_back({.name = "local", .tells_cost = dice.one_in(2)});
    plan.models.push_back({.server = 1, .model = "local", .bound = dearest});
  }
  if (dice.one_in(4)) plan.budget_wait_us = (1 + dice.up_to(20)) * second;
  plan.cooldown = dice.any({OnCooldown::skip, OnCooldown::refuse, OnCooldown::ignore});
  if (dice.one_in(4)) plan.max_cost = Amount{dice.up_to(3) * dearest.picodollars};
  return plan;
}

// The last model that may follow this one after an error: the next one, or the first one of the
// next server.
inline std::size_t last_after(std::size_t model, Code error, const call::Plan& plan) {
  std::size_t next = model + 1;
  const bool leaves_server = call::remedy_of({.code = error}).server;
  while (leaves_server && next + 1 < plan.models.size() &&
         plan.models[next].server == plan.models[model].server)
    ++next;
  return next;
}

inline std::string chunk_of(const std::string& delta, const std::string& finish,
                            const std::string& more) {
  return "{\"id\":\"gen-sim\",\"model\":\"m/"
         "served\",\"provider\":\"P\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
         "\"content\":" +
         json::quoted(delta) + "},\"finish_reason\":" + finish + "}]" + more + "}";
}

inline std::string usage_of(const Script& script) {
  if (script.fault == Script::Fault::no_usage) return "";
  const std::string cost =
      script.fault == Script::Fault::no_cost ? "" : ",\"cost\":" + script.cost.text();
  return ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9,\"total_tokens\":16" + cost + "}";
}

inline std::string stream_body(const Script& script, Dice& dice) {
  const std::string end = dice.one_in(3) ? "\r\n" : "\n";
  std::string out;
  const auto event = [&](const std::string& data) {
    if (dice.one_in(4)) out += ": OPENROUTER PROCESSING" + end + end;
    if (dice.one_in(9)) out += "data: :" + end + end;
    out += "data: " + data + end + end;
  };
  for (std::size_t from = 0; from < script.text.size();) {
    std::size_t to = from + 1 + static_cast<std::size_t>(dice.up_to(3));
    // Does not cut inside a character.
    while (to < script.text.size() && (script.text[to] & 0xC0) == 0x80) ++to;
    event(chunk_of(script.text.substr(from, to - from), "null", ""));
    from = to;
  }
  if (script.fault == Script::Fault::error_event) {
    event("{\"error\":{\"code\":" + std::to_string(script.status) +
          ",\"message\":\"it "
          "broke\"},\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}");
  } else {
    event(chunk_of("", "\"stop\"", ""));
    if (const auto usage = usage_of(script); !usage.empty())
      event(chunk_of("", dice.any<std::string>({"null", "\"stop\""}), usage));
  }
  if (script.fault != Script::Fault::no_done) event("[DONE]");
  return out;
}

inline std::string plain_body(const Script& script) {
  if (script.fault == Script::Fault::error_event)
    return "{\"error\":{\"code\":" + std::to_string(script.status) + ",\"message\":\"it broke\"}}";
  return "{\"id\":\"gen-sim\",\"model\":\"m/"
         "served\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":"
         "\"assistant\",\"content\":" +
         json::quoted(script.text) + "}}]" + usage_of(script) + "}";
}

inline Script draw(Dice& dice, bool streamed, Amount most) {
  using Fault = Script::Fault;
  Script script;
  script.before = dice.one_in(12) ? dice.any({Script::Before::dns, Script::Before::connect,
                                              Script::Before::tls, Script::Before::connect_timeout})
                                  : Script::Before::nothing;
  script.streamed = streamed;
  script.fault = dice.one_in(2) ? Fault::none
                                : dice.any({Fault::silent, Fault::hangup, Fault::status, Fault::cut,
                                            Fault::stall, Fault::error_event, Fault::garbage,
                                            Fault::no_done, Fault::no_usage, Fault::no_cost});
  if (!dice.one_in(8))
    for (auto left = 1 + dice.up_to(40); left > 0; --left)
      script.text += dice.any<std::string>({"a", "b ", "é", "\"", "\n", "😀"});
  script.cost = Amount{dice.up_to(most.picodollars)};
  script.bills = true;
  if (script.fault == Fault::status || script.fault == Fault::error_event) {
    script.status =
        dice.any({400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 524, 529});
    if (script.fault == Fault::error_event && !script.streamed) script.text.clear();
    // The server may bill a timeout at the provider, and an answer that broke after content. It
    // does not bill other refusals.
    script.bills =
        (script.status == 504 || script.status == 524 || !script.text.empty()) && dice.one_in(2);
    if (script.fault == Fault::status)
      script.bills = script.bills && script.status >= 504 && script.status != 529;
  }
  script.refuses_usage = script.fault == Fault::status && dice.one_in(4);
  if (script.refuses_usage) {
    script.status = dice.any({400, 422, 500});
    script.bills = false;
  }
  if (script.fault == Fault::status && dice.one_in(3))
    script.retry_after = dice.any<std::string>({"0", "1", "7", "200", "soon"});
  script.bytes = script.fault == Fault::status
                     ? "{\"error\":{\"code\":" + std::to_string(script.status) + ",\"message\":\"" +
                           (script.refuses_usage ? "no stream_options" : "no") + "\"}}"
                 : script.fault == Fault::garbage ? "<html>not what you wanted</html>"
                 : script.streamed                ? stream_body(script, dice)
                                                  : plain_body(script);
  if (script.fault == Fault::cut || script.fault == Fault::stall ||
      (script.fault == Fault::no_done && dice.one_in(2))) {
    script.bytes.resize(
        static_cast<std::size_t>(dice.up_to(static_cast<std::int64_t>(script.bytes.size()))));
    script.whole = script.fault == Fault::no_done;
  }
  return script;
}

} // namespace wayfare::simulated
