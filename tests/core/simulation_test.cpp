// Many calls through every fault, by seed, in virtual time: the state machine between a model server that keeps its own bill and a
// model ledger. WAYFARE_SEED=… replays one run, WAYFARE_CALLS=… makes it longer.

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "call/call.hpp"
#include "json.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using call::Micros;

namespace {

constexpr Micros ms = 1000, second = 1'000'000;

// What the server will do to one call, drawn before it begins.
struct Script {
  enum class Before { nothing, dns, connect, tls, connect_timeout } before = Before::nothing; // the request is read
  enum class Fault { none, silent, hangup, status, cut, stall, error_event, garbage, no_done, no_usage, no_cost } fault = Fault::none;
  int status = 200;
  bool streamed = false;
  std::string text;   // of the whole answer
  std::string bytes;  // of the body, up to where the fault cuts it
  Amount cost;        // what it charges if it charges
  bool bills = false; // whether it does, once it has read the request
  bool whole = true;  // whether the body ends properly
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t up_to(std::int64_t last) { return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(last + 1)); }
  bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }
  template <class T>
  T any(std::initializer_list<T> of) {
    return *(of.begin() + up_to(static_cast<std::int64_t>(of.size()) - 1));
  }

 private:
  std::mt19937_64 engine_; // its sequence is the standard's: a seed means the same everywhere
};

std::string chunk_of(const std::string& delta, const std::string& finish, const std::string& more) {
  return "{\"id\":\"gen-sim\",\"model\":\"m/"
         "served\",\"provider\":\"P\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":" +
         json::quoted(delta) + "},\"finish_reason\":" + finish + "}]" + more + "}";
}

std::string usage_of(const Script& script) {
  if (script.fault == Script::Fault::no_usage) return "";
  const std::string cost = script.fault == Script::Fault::no_cost ? "" : ",\"cost\":" + script.cost.text();
  return ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9,\"total_tokens\":16" + cost + "}";
}

std::string stream_body(const Script& script, Dice& dice) {
  const std::string end = dice.one_in(3) ? "\r\n" : "\n";
  std::string out;
  const auto event = [&](const std::string& data) {
    if (dice.one_in(4)) out += ": OPENROUTER PROCESSING" + end + end;
    if (dice.one_in(9)) out += "data: :" + end + end;
    out += "data: " + data + end + end;
  };
  for (std::size_t from = 0; from < script.text.size();) {
    std::size_t to = from + 1 + static_cast<std::size_t>(dice.up_to(3));
    while (to < script.text.size() && (script.text[to] & 0xC0) == 0x80) ++to; // not inside a character
    event(chunk_of(script.text.substr(from, to - from), "null", ""));
    from = to;
  }
  if (script.fault == Script::Fault::error_event) {
    event("{\"error\":{\"code\":" + std::to_string(script.status) +
          ",\"message\":\"it broke\"},\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}");
  } else {
    event(chunk_of("", "\"stop\"", ""));
    if (const auto usage = usage_of(script); !usage.empty()) event(chunk_of("", dice.any<std::string>({"null", "\"stop\""}), usage));
  }
  if (script.fault != Script::Fault::no_done) event("[DONE]");
  return out;
}

std::string plain_body(const Script& script) {
  if (script.fault == Script::Fault::error_event)
    return "{\"error\":{\"code\":" + std::to_string(script.status) + ",\"message\":\"it broke\"}}";
  return "{\"id\":\"gen-sim\",\"model\":\"m/"
         "served\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":" +
         json::quoted(script.text) + "}}]" + usage_of(script) + "}";
}

Script draw(Dice& dice) {
  using Fault = Script::Fault;
  Script script;
  script.before = dice.one_in(12)
                      ? dice.any({Script::Before::dns, Script::Before::connect, Script::Before::tls, Script::Before::connect_timeout})
                      : Script::Before::nothing;
  script.streamed = !dice.one_in(3);
  script.fault = dice.one_in(2) ? Fault::none
                                : dice.any({Fault::silent, Fault::hangup, Fault::status, Fault::cut, Fault::stall, Fault::error_event,
                                            Fault::garbage, Fault::no_done, Fault::no_usage, Fault::no_cost});
  if (!dice.one_in(8))
    for (auto left = 1 + dice.up_to(40); left > 0; --left) script.text += dice.any<std::string>({"a", "b ", "é", "\"", "\n", "😀"});
  script.cost = Amount{dice.up_to(1'000'000'000'000)};
  script.bills = true;
  if (script.fault == Fault::status || script.fault == Fault::error_event) {
    script.status = dice.any({400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 524, 529});
    if (script.fault == Fault::error_event && !script.streamed) script.text.clear();
    // A timeout behind the server may be billed, and so may what broke after content; other refusals are not.
    script.bills = (script.status == 504 || script.status == 524 || !script.text.empty()) && dice.one_in(2);
    if (script.fault == Fault::status) script.bills = script.bills && script.status >= 504 && script.status != 529;
  }
  script.bytes = script.fault == Fault::status    ? "{\"error\":{\"code\":" + std::to_string(script.status) + ",\"message\":\"no\"}}"
                 : script.fault == Fault::garbage ? "<html>not what you wanted</html>"
                 : script.streamed                ? stream_body(script, dice)
                                                  : plain_body(script);
  if (script.fault == Fault::cut || script.fault == Fault::stall || (script.fault == Fault::no_done && dice.one_in(2))) {
    script.bytes.resize(static_cast<std::size_t>(dice.up_to(static_cast<std::int64_t>(script.bytes.size()))));
    script.whole = script.fault == Fault::no_done;
  }
  return script;
}

// One call in its world.
class World {
 public:
  explicit World(std::uint64_t seed)
      : dice_(seed),
        script_(draw(dice_)),
        call_(call::Plan{.model = "m/asked",
                         .request_id = "r",
                         .streamed = script_.streamed,
                         .openrouter = !dice_.one_in(5),
                         .deadline_us = (1 + dice_.up_to(90)) * second,
                         .first_byte_us = (1 + dice_.up_to(20)) * second,
                         .idle_us = (1 + dice_.up_to(20)) * second}) {}

  void run() {
    at(0, [this] { drive([this](call::Todo& todo) { call_.start(now_, todo); }); });
    if (dice_.one_in(4)) at(dice_.up_to(20 * second), [this] { drive([this](call::Todo& todo) { call_.cancel(now_, todo); }); });
    for (int left = 100'000; left > 0 && !agenda_.empty(); --left) {
      const auto first = agenda_.begin();
      const auto act = std::move(first->second);
      now_ = first->first.first;
      agenda_.erase(first);
      act();
    }
    check();
  }
  const std::string& trace() const { return trace_; }

 private:
  enum class Row { none, reserved, settled, voided, unknown };

  void at(Micros when, std::function<void()> act) { agenda_.emplace(std::pair{std::max(when, now_), order_++}, std::move(act)); }

  void drive(const std::function<void(call::Todo&)>& input) {
    call::Todo todo;
    input(todo);
    if (todo.stop) stopped_ = true;
    if (todo.reserve) reserve();
    if (todo.send) send();
    if (todo.note) CHECK(sent_);
    if (todo.book) book(*todo.book);
    for (const Event& event : todo.events) take(event);
    if (todo.wake_at) at(*todo.wake_at, [this] { drive([this](call::Todo& next) { call_.timer(now_, next); }); });
  }

  void reserve() {
    CHECK_FALSE(asked_);
    asked_ = true;
    if (dice_.one_in(40)) return; // the ledger hangs for ever
    const Micros when = now_ + (dice_.one_in(20) ? dice_.up_to(100 * second) : dice_.up_to(5 * ms));
    if (dice_.one_in(20)) {
      at(when, [this] {
        drive([this](call::Todo& todo) { call_.refused(now_, Error{.code = Code::ledger_unavailable, .message = "full"}, todo); });
      });
    } else {
      at(when, [this] {
        row_ = Row::reserved;
        drive([this](call::Todo& todo) { call_.reserved(now_, todo); });
      });
    }
  }

  void send() {
    CHECK(row_ == Row::reserved); // reserved before sent
    CHECK_FALSE(sent_);
    sent_ = true;
    if (script_.before != Script::Before::nothing) {
      using How = call::Outcome::How;
      const How how = script_.before == Script::Before::dns       ? How::dns
                      : script_.before == Script::Before::connect ? How::connect
                      : script_.before == Script::Before::tls     ? How::tls
                                                                  : How::connect_timeout;
      at(now_ + dice_.up_to(10 * second), [this, how] { end({how, "as drawn"}); });
      return;
    }
    at(now_ + dice_.up_to(2 * second), [this] {
      if (stopped_) return;
      drive([this](call::Todo& todo) { call_.given(now_, todo); });
      read_ = true; // by the server, who may bill it from now on
      answer();
    });
  }

  void answer() {
    using Fault = Script::Fault;
    if (script_.fault == Fault::silent) return;
    if (script_.fault == Fault::hangup) return at(now_ + dice_.up_to(3 * second), [this] { end({call::Outcome::How::lost, "closed"}); });
    const bool refused = script_.fault == Fault::status;
    at(now_ + dice_.up_to(6 * second), [this, refused] {
      if (stopped_) return;
      const std::string type = refused || !script_.streamed ? "application/json" : "text/event-stream";
      drive([&](call::Todo& todo) { call_.head(now_, {refused ? script_.status : 200, type, dice_.one_in(3) ? "" : "gen-sim"}, todo); });
      feed(0);
    });
  }

  void feed(std::size_t from) {
    if (from == script_.bytes.size()) {
      if (script_.fault == Script::Fault::stall) return;
      const auto how = script_.whole ? call::Outcome::How::whole : call::Outcome::How::lost;
      return at(now_ + dice_.up_to(ms), [this, how] { end({how, ""}); });
    }
    if (dice_.one_in(50)) { // the consumer is slow: no time passes for the idle timeout
      call_.paused(now_);
      at(now_ + dice_.up_to(30 * second), [this, from] {
        drive([this](call::Todo& todo) { call_.resumed(now_, todo); });
        feed_one(from);
      });
      return;
    }
    at(now_ + (dice_.one_in(30) ? dice_.up_to(25 * second) : dice_.up_to(20 * ms)), [this, from] { feed_one(from); });
  }
  void feed_one(std::size_t from) {
    if (stopped_) return;
    const auto size = std::min<std::size_t>(static_cast<std::size_t>(1 + dice_.up_to(200)), script_.bytes.size() - from);
    drive([&](call::Todo& todo) { call_.bytes(now_, std::string_view(script_.bytes).substr(from, size), todo); });
    if (!stopped_) feed(from + size);
  }
  void end(const call::Outcome& outcome) {
    if (stopped_) return;
    stopped_ = true;
    drive([&](call::Todo& todo) { call_.ended(now_, outcome, todo); });
  }

  void book(const Ending& ending) {
    CHECK_FALSE(ending_);
    ending_ = ending;
    if (dice_.one_in(40)) return; // never lands
    at(now_ + (dice_.one_in(20) ? dice_.up_to(60 * second) : dice_.up_to(5 * ms)), [this] {
      row_ = ending_->state == State::settled ? Row::settled : ending_->state == State::voided ? Row::voided : Row::unknown;
      drive([this](call::Todo& todo) { call_.booked(now_, todo); });
    });
  }

  void take(const Event& event) {
    CHECK(finals_ == 0); // nothing follows the final event
    trace_ += std::to_string(now_) + ":" + std::to_string(static_cast<int>(event.type)) + event.text + ";";
    if (event.type == Event::Type::text) text_ += event.text;
    if (event.type == Event::Type::done || event.type == Event::Type::error) {
      ++finals_;
      final_ = event;
      final_at_ = now_;
      row_then_ = row_;
    }
  }

  void check() const {
    REQUIRE(finals_ == 1);
    const bool failed = final_.type == Event::Type::error;
    const Code code = failed ? final_.error->code : Code{};
    INFO("code " << name(code) << " fault " << static_cast<int>(script_.fault) << " status " << script_.status << " text " << script_.text);

    // Booked before seen: the row's end is there when the final event comes, or the event says that it is not.
    if (!ending_ || code == Code::not_booked)
      CHECK((failed && (row_then_ == Row::none || row_then_ == Row::reserved)));
    else if (sent_)
      CHECK((row_then_ == Row::settled || row_then_ == Row::voided || row_then_ == Row::unknown));

    // The bill.
    const bool billed = read_ && script_.bills;
    if (row_ == Row::voided) CHECK_FALSE(billed);
    if (row_ == Row::settled && ending_->cost) CHECK(ending_->cost == script_.cost);
    if (billed && ending_) CHECK((row_ == Row::settled || row_ == Row::unknown || row_ == Row::reserved));
    if (!sent_) CHECK((row_ == Row::none || row_ == Row::reserved || row_ == Row::voided));
    if (ending_ && !read_) CHECK(ending_->state == State::voided); // and what was never given to the network is known to be free
    if (row_ == Row::settled && !ending_->cost) CHECK((code == Code{} || code == Code::not_booked)); // never a guess

    // The text: a prefix at any time, the whole at a good end.
    CHECK(script_.text.starts_with(script_.streamed ? text_ : ""));
    if (!failed) CHECK(final_.reply->text == script_.text);
    if (!failed && script_.streamed) CHECK(text_ == script_.text);
    CHECK(final_at_ <= 91 * second + 30 * second); // the longest deadline, and the longest booking
  }

  Dice dice_;
  Script script_;
  call::Call call_;
  Micros now_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::pair<Micros, std::uint64_t>, std::function<void()>> agenda_;
  bool asked_ = false, sent_ = false, read_ = false, stopped_ = false;
  Row row_ = Row::none, row_then_ = Row::none;
  std::optional<Ending> ending_;
  std::string text_, trace_;
  int finals_ = 0;
  Event final_;
  Micros final_at_ = 0;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("calls through every fault end once, booked, and never cheaper than the bill") {
  const std::uint64_t first = number_from("WAYFARE_SEED", std::random_device()());
  const std::uint64_t calls = number_from("WAYFARE_CALLS", std::getenv("WAYFARE_SEED") ? 1 : 100'000);
  std::printf("simulation: %llu calls from seed %llu\n", static_cast<unsigned long long>(calls), static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + calls; ++seed) {
    INFO("replay with WAYFARE_SEED=" << seed);
    World(seed).run();
  }
}

TEST_CASE("a seed replays the same events at the same times") {
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    World one(seed), other(seed);
    one.run();
    other.run();
    CHECK(one.trace() == other.trace());
  }
}
