// Attempts after a failed attempt: the table of remedies, the waits, and calls driven by hand.

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "call/call.hpp"
#include "support/catch.hpp"
#include "support/walk.hpp"
#include "wire/retry_after.hpp"

using namespace wayfare;
using namespace std::chrono_literals;
using call::decide;
using call::Left;
using call::Micros;
using call::Step;
using simulated::plan;
using simulated::Walk;

namespace {

constexpr Micros second = 1'000'000;

Error failed(Code code, bool retryable = true) {
  return {.code = code, .message = "no", .retryable = retryable};
}

std::string in_words(const Step& step) {
  return step.kind == Step::Kind::give_up       ? "give up"
         : step.kind == Step::Kind::next        ? "next"
         : step.kind == Step::Kind::next_server ? "next server"
         : step.kind == Step::Kind::again       ? "again"
                                                : "without usage";
}

// The remedy with another model left, and for the last model.
std::string remedy(const Error& error, State state = State::voided) {
  const Left some{.model = true, .retries = 1, .time = 1000 * second},
      last{.retries = 1, .time = 1000 * second};
  return in_words(decide(error, state, false, some, 0)) + ", " +
         in_words(decide(error, state, false, last, 0));
}

} // namespace

TEST_CASE("each code has its remedy, with another model left and without") {
  const std::map<std::string, std::set<Code>> expected{
      {"again, again", {Code::dns, Code::connect, Code::connect_timeout, Code::connection_lost}},
      {"next, again",
       {Code::request_timeout, Code::rate_limited, Code::server_error, Code::provider_failed,
        Code::overloaded, Code::provider_timeout, Code::payment_required, Code::first_byte_timeout,
        Code::idle_timeout, Code::content_timeout, Code::stream_broken, Code::malformed}},
      {"next, give up",
       {Code::not_found, Code::moderated, Code::context_exceeded, Code::request_too_large}}};
  for (int number = -1; number >= -200; --number) {
    const Code code = static_cast<Code>(number);
    if (name(code).empty()) continue;
    std::string wanted = "give up, give up";
    for (const auto& [words, codes] : expected)
      if (codes.contains(code)) wanted = words;
    INFO(name(code));
    CHECK(remedy(failed(code)) == wanted);
  }
}

TEST_CASE("the next server is asked where this one cannot be reached or refuses the key") {
  const std::set<Code> codes{Code::dns,      Code::connect,      Code::connect_timeout,
                             Code::tls,      Code::unauthorized, Code::connection_lost,
                             Code::forbidden};
  const Left left{.server = true, .retries = 1, .time = 1000 * second};
  for (int number = -1; number >= -200; --number) {
    const Code code = static_cast<Code>(number);
    if (name(code).empty()) continue;
    INFO(name(code));
    CHECK((in_words(decide(failed(code), State::voided, false, left, 0)) == "next server") ==
          codes.contains(code));
  }
  Left limited = left; // the first server may have billed it
  limited.limited = true;
  const Error lost = failed(Code::connection_lost);
  CHECK(in_words(decide(lost, State::unknown, false, left, 0)) == "next server");
  CHECK(in_words(decide(lost, State::unknown, false, limited, 0)) == "give up");
}

TEST_CASE(
    "what the server calls final is not tried again, and a provider's own 400 may not be "
    "another's") {
  CHECK(remedy(failed(Code::payment_required, false)) == "next, give up");
  CHECK(remedy(failed(Code::overloaded, false)) == "next, give up");
  CHECK(remedy(failed(Code::stream_broken, false)) == "next, give up");
  CHECK(remedy(failed(Code::malformed, false)) == "next, give up");
  Error provider = failed(Code::bad_request, false);
  CHECK(remedy(provider) == "give up, give up");
  provider.provider = "Azure";
  CHECK(remedy(provider) == "next, give up");
}

TEST_CASE(
    "no other attempt after content, after a lost booking, past the deadline, or beside a guard "
    "that cannot hold it") {
  const Error error = failed(Code::overloaded);
  const Left left{.model = true, .retries = 3, .time = 100 * second};
  CHECK(in_words(decide(error, State::voided, true, left, 0)) == "give up");
  CHECK(in_words(decide(error, State::reserved, false, left, 0)) == "give up");
  Left answered = left; // the answer was whole and is paid, though it is called an error
  answered.answered = true;
  CHECK(in_words(decide(error, State::settled, false, answered, 0)) == "give up");
  CHECK(in_words(decide(error, State::settled, false, left, 0)) == "next");
  Left late = left;
  late.time = 0;
  CHECK(in_words(decide(error, State::voided, false, late, 0)) == "give up");
  Left limited = left;
  limited.limited = true;
  CHECK(in_words(decide(error, State::unknown, false, limited, 0)) == "give up");
  CHECK(in_words(decide(error, State::voided, false, limited, 0)) == "next");
  CHECK(in_words(decide(error, State::unknown, false, left, 0)) == "next");
  CHECK(in_words(decide(error, State::voided, false, {.retries = 0, .time = 100 * second}, 0)) ==
        "give up");
}

TEST_CASE("the wait is random, up to a bound that grows by half and ends at a minute") {
  Micros bound = call::wait_first;
  for (int waits = 0; waits < 30; ++waits) {
    const Left left{.retries = 1, .waits = waits, .time = 1'000'000 * second};
    const auto most = static_cast<std::uint64_t>(std::min(bound, call::wait_max));
    CHECK(decide(failed(Code::overloaded), State::voided, false, left, 0).wait == 0);
    CHECK(decide(failed(Code::overloaded), State::voided, false, left, most).wait ==
          static_cast<Micros>(most));
    CHECK(decide(failed(Code::overloaded), State::voided, false, left, most + 1).wait == 0);
    bound = std::min(bound + bound / 2, 2 * call::wait_max);
  }
}

TEST_CASE(
    "what the server asks to wait is waited, within a minute and the deadline, else the call ends "
    "with its word") {
  Error error = failed(Code::rate_limited);
  const Left left{.retries = 1, .time = 100 * second};
  error.retry_after = 7s;
  CHECK(decide(error, State::voided, false, left, 1000).wait == 7 * second + 1000);
  error.retry_after = 60s;
  CHECK(decide(error, State::voided, false, left, 0).wait == 60 * second);
  error.retry_after = 61s;
  CHECK(in_words(decide(error, State::voided, false, left, 0)) == "give up");
  error.retry_after = 50s;
  CHECK(in_words(decide(error, State::voided, false, {.retries = 1, .time = 50 * second}, 0)) ==
        "give up");
  error.retry_after = 3600s; // another model does not wait
  CHECK(in_words(decide(error, State::voided, false,
                        {.model = true, .retries = 1, .time = 50 * second}, 0)) == "next");
}

TEST_CASE("Retry-After is seconds or a date, and any other text counts as missing") {
  constexpr std::int64_t now = 1'445'412'470; // Wed, 21 Oct 2015 07:27:50 GMT
  CHECK(wire::wait_of("0", now) == 0ms);
  CHECK(wire::wait_of("120", now) == 120s);
  CHECK(wire::wait_of(" 3 ", now) == 3s);
  CHECK(wire::wait_of("1.5", now) == 1500ms);
  CHECK(wire::wait_of("0.0001", now) == 1ms);
  CHECK(wire::wait_of("99999999999999999999", now) == 366 * 24h);
  CHECK(wire::wait_of("Wed, 21 Oct 2015 07:28:00 GMT", now) == 10s);
  CHECK(wire::wait_of("Wed, 21 Oct 2015 07:27:00 GMT", now) == 0ms);
  CHECK(wire::wait_of("Mon, 29 Feb 2016 00:00:00 GMT", now) ==
        std::chrono::seconds(1'456'704'000 - now));
  for (const char* none :
       {"", "-1", "soon", "1.", ".5", "1e3", "0x10", "Wed, 31 Feb 2015 07:28:00 GMT",
        "Wed, 21 Okt 2015 07:28:00 GMT", "Wed, 21 Oct 2015 25:28:00 GMT",
        "Wednesday, 21-Oct-15 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00"})
    CHECK_FALSE(wire::wait_of(none, now));
  CHECK(wire::wait_until(1'445'412'480'000, now) == 10s); // milliseconds
  CHECK(wire::wait_until(1'445'412'480, now) == 10s);
  CHECK(wire::wait_until(1'445'412'000'000, now) == 0ms);
  CHECK_FALSE(wire::wait_until(0, now));
  CHECK_FALSE(wire::wait_until(-5, now));
}

namespace {

const std::string good =
    R"({"id":"gen-1","model":"b","choices":[{"index":0,"finish_reason":"stop","message":)"
    R"({"content":"hi"}}],)"
    R"("usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.5}})";
const std::string busy = R"({"error":{"code":503,"message":"busy"}})";

} // namespace

TEST_CASE(
    "what was being sent is void where the network took no byte of it, and unknown where it may "
    "have") {
  for (const bool unsent : {true, false}) {
    Walk walk(plan({{.model = "a"}}, 0));
    walk.lose(unsent);
    REQUIRE(walk.booked.size() == 1);
    CHECK(walk.booked.front().state == (unsent ? State::voided : State::unknown));
    CHECK(walk.last().error->code == (unsent ? Code::connect : Code::connection_lost));
  }
}

TEST_CASE("a call tries its models, and each attempt has an entry and a line in the reply") {
  Walk walk(plan({{.model = "a"}, {.model = "b"}}));
  walk.answer(503, busy);
  REQUIRE(walk.asked.size() == 2); // without a wait
  CHECK(walk.choice().model == "b");
  CHECK(walk.asked[1].uid != walk.asked[0].uid);
  walk.answer(200, good);
  CHECK(walk.over());
  REQUIRE(walk.last().type == EventType::done);
  const Reply& reply = *walk.last().reply;
  CHECK(reply.attempts ==
        std::vector<Attempt>{
            {walk.asked[0].uid.text(), "", "a", Code::overloaded, 503, State::voided, {}, 0},
            {walk.asked[1].uid.text(), "", "b", Code::ok, 200, State::settled, Amount::parse("0.5"),
             0}});
  CHECK(reply.entry == walk.asked[1].uid.text());
  CHECK(reply.metadata.find(reply.entry) != std::string::npos);
  CHECK(reply.generation_id == "gen-2");
  CHECK(walk.booked.size() == 2);
}

TEST_CASE("an error inside a 200 also leads to the next model") {
  Walk walk(plan({{.model = "a"}, {.model = "b"}}));
  walk.answer(200, R"({"error":{"code":502,"message":"Upstream error from Nvidia"}})")
      .answer(200, good);
  CHECK(walk.last().type == EventType::done);
  CHECK(walk.last().reply->attempts[0].status == 502);
}

TEST_CASE(
    "the last model is tried again after a wait, and the error that stays tells of all attempts") {
  Walk walk(plan({{.model = "a"}}, 1));
  walk.answer(503, busy);
  CHECK(walk.asked.size() == 1);
  REQUIRE(walk.wake_at);
  const Micros wait = *walk.wake_at;
  CHECK(wait <= call::wait_first);
  walk.wait(wait - 1);
  CHECK(walk.asked.size() == 1);
  walk.wait(1).answer(503, busy);
  CHECK(walk.over());
  const Error& error = *walk.last().error;
  CHECK(error.message == "the server answered 503: busy (attempt 2)");
  REQUIRE(error.reply->attempts.size() == 2);
  CHECK(error.reply->attempts[1].waited_us == wait);
}

TEST_CASE("a call that is cancelled between two attempts ends at once and lists its attempts") {
  Walk walk(plan({{.model = "a"}}));
  walk.answer(503, busy).cancel();
  CHECK(walk.over());
  CHECK(walk.last().error->code == Code::cancelled);
  CHECK(walk.last().error->reply->attempts.size() == 1);
  CHECK(walk.booked.size() == 1); // nothing more was booked
  walk.wait(100 * second);
  CHECK(walk.asked.size() == 1);
  CHECK(walk.events.size() == 1);
}

TEST_CASE("max_cost limits the whole call: bounds before an attempt, costs after it") {
  const Amount one{1'000'000'000'000}, half{500'000'000'000};
  auto limited = plan({{.model = "a", .bound = one}, {.model = "b", .bound = one}});
  limited.max_cost = half;
  Walk never(limited);
  CHECK(never.asked.empty());
  CHECK(never.over());
  CHECK(never.last().error->code == Code::max_cost);
  CHECK(never.last().error->message ==
        "the call can cost up to 1 USD, and route.max_cost is 0.5; nothing was sent");

  limited.max_cost = one; // a settled failure uses part of max_cost, a void one does not
  Walk spent(limited);
  spent.answer(200, R"({"error":{"code":502,"message":"no"},"usage":{"prompt_tokens":1,)"
                    R"("completion_tokens":0,"cost":0.1}})");
  CHECK(spent.over());
  CHECK(spent.last().error->code == Code::provider_failed);
  Walk voided(limited);
  voided.answer(503, busy).answer(200, good);
  CHECK(voided.last().type == EventType::done);
}

TEST_CASE("a call is planned again if the ledger asks, at most three times") {
  const Amount one{1'000'000'000'000};
  Walk walk(plan({{.model = "a"}, {.model = "b"}}));
  walk.plan_again(one);
  REQUIRE(walk.asked.size() == 2);
  CHECK(walk.asked[1].uid == walk.asked[0].uid); // the first reservation did not reserve anything
  CHECK(walk.choice().bound == one);
  walk.answer(503, busy);
  CHECK(walk.choice().model == "b");
  CHECK(walk.choice().bound == one);    // the models after it were planned again too
  walk.plan_again(one).plan_again(one); // each attempt may be planned again
  CHECK_FALSE(walk.over());
  walk.plan_again(one);
  CHECK(walk.over());
  CHECK(walk.last().error->code == Code::busy);
  CHECK(walk.last().error->retryable);
  CHECK(walk.last().error->reply->attempts.size() == 1);
}

TEST_CASE("a call that ends while it is planned again asks for nothing more") {
  Walk walk(plan({{.model = "a"}}));
  walk.between_plans = [&] { walk.cancel(); };
  walk.plan_again(std::nullopt);
  CHECK(walk.over());
  CHECK(walk.last().error->code == Code::cancelled);
  CHECK(walk.asked.size() == 1);
  CHECK(walk.booked.empty());
}

TEST_CASE("the usage event of an attempt without content is not sent twice") {
  auto streamed = plan({{.model = "a"}, {.model = "b"}});
  streamed.streamed = true;
  Walk walk(streamed);
  walk.answer(200,
              "data: "
              "{\"error\":{\"code\":502,\"message\":\"no\"},\"choices\":[],\"usage\":{\"prompt_"
              "tokens\":1,\"cost\":0.1}}\n\n",
              "text/event-stream");
  CHECK(walk.events.empty());
  walk.answer(
      200,
      "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"cost\":0.5}}\n\ndata: [DONE]\n\n",
      "text/event-stream");
  REQUIRE(walk.events.size() == 3); // text, usage, done
  CHECK(walk.events[1].reply->cost == Amount::parse("0.5"));
  CHECK(walk.last().reply->attempts[0].cost == Amount::parse("0.1"));
}
