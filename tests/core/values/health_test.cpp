// When a model cools down, by the ends of its attempts.
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "values/health.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000, begin = 1'795'000'000 * second;

// One model. Times are seconds since the begin, with negative ones where the clock goes back.
struct Story {
  std::optional<Health> known;
  int attempts = 0;

  // The uid of an attempt that is the probe where one is due.
  std::string send(double at) {
    const std::int64_t now = begin + static_cast<std::int64_t>(at * second);
    const std::string uid = std::to_string(++attempts);
    if (known && standing_of(*known, now) == Standing::due && !is_probed(*known, now)) {
      known->probe = uid;
      known->probing_us = now;
    }
    return uid;
  }
  std::string end(const std::string& uid, double at, const Outcome& outcome, double reserved) {
    const auto us = [](double s) { return begin + static_cast<std::int64_t>(s * second); };
    known = after(known, {uid, us(reserved), Code::overloaded, 503}, outcome, us(at));
    return shown(at);
  }
  std::string fails(double at, double retry_after = 0) {
    return end(send(at), at, {Told::fails, static_cast<std::int64_t>(retry_after * second), "P"},
               at);
  }
  std::string serves(double at) { return end(send(at), at, {Told::serves}, at); }

  std::string shown(double at) const {
    if (!known) return "well";
    const std::int64_t now = begin + static_cast<std::int64_t>(at * second);
    const Standing standing = standing_of(*known, now);
    std::string text = std::to_string(known->failures) + " failed";
    if (standing == Standing::due) return text + ", due";
    if (standing == Standing::cooling)
      text += ", cools for " + std::to_string((known->until_us - now) / second) + " s";
    return text;
  }
};

} // namespace

TEST_CASE("three failures in a row within a minute cool a model, and failed probes double that") {
  Story story;
  CHECK(story.fails(0) == "1 failed");
  CHECK(story.fails(30) == "2 failed");
  CHECK(story.fails(60) == "3 failed, cools for 30 s");
  CHECK(story.shown(89.9) == "3 failed, cools for 0 s");
  CHECK(story.shown(90) == "3 failed, due");
  double at = 90;
  for (const int span : {60, 120, 240, 480, 600, 600}) {
    const int failures = static_cast<int>(story.known->failures) + 1;
    CHECK(story.fails(at) ==
          std::to_string(failures) + " failed, cools for " + std::to_string(span) + " s");
    at += span;
  }
  CHECK(story.known->since_us == begin + 60 * second);
  CHECK(story.known->entry == "3");
  CHECK(story.serves(at) == "well");
  CHECK(story.fails(at) == "1 failed"); // nothing of it is left
}

TEST_CASE("failures that are not in a row or not within a minute do not cool") {
  Story story;
  story.fails(0);
  story.fails(1);
  CHECK(story.serves(2) == "well");
  CHECK(story.fails(3) == "1 failed");
  CHECK(story.fails(40) == "2 failed");
  CHECK(story.fails(70) == "3 failed"); // the first is 67 s old
  CHECK(story.fails(99) == "4 failed, cools for 30 s");

  Story slow;
  for (int at = 0; at < 1000; at += 61) CHECK(slow.fails(at) == "1 failed");
}

TEST_CASE("a Retry-After cools at once, for an hour at most") {
  Story story;
  CHECK(story.fails(0, 7) == "1 failed, cools for 7 s");
  CHECK(story.fails(1, 2) == "2 failed, cools for 6 s"); // never earlier than was told before
  CHECK(story.fails(2, 9) == "3 failed, cools for 9 s");
  CHECK(story.fails(11, 1) == "4 failed, cools for 1 s"); // a probe: the server's word counts
  CHECK(story.fails(12) == "5 failed, cools for 30 s");
  CHECK(story.fails(42) == "6 failed, cools for 60 s");
  Story long_one;
  CHECK(long_one.fails(0, 86'400) == "1 failed, cools for 3600 s");
  CHECK(long_one.shown(3600) == "1 failed, due");
}

TEST_CASE("only the probe of a cool-down makes it longer") {
  Story story;
  for (int at = 0; at < 3; ++at) story.fails(at);
  CHECK(story.fails(3) == "4 failed, cools for 29 s"); // was on its way, or had no other model
  const std::string probe = story.send(40), other = story.send(40);
  CHECK(story.known->probe == probe);
  CHECK(story.end(other, 41, {Told::fails}, 40) == "5 failed, due");
  CHECK(is_probed(*story.known, begin + 41 * second));
  CHECK(story.end(probe, 42, {Told::fails}, 40) == "6 failed, cools for 60 s");
}

TEST_CASE("a probe that tells nothing gives the model back to the next attempt") {
  Story story;
  story.fails(0, 5);
  const std::string probe = story.send(6);
  CHECK(story.end("another", 7, {Told::nothing}, 0) == "1 failed, due");
  CHECK(is_probed(*story.known, begin + 7 * second));
  CHECK(story.end(probe, 7, {Told::nothing}, 6) == "1 failed, due");
  CHECK_FALSE(is_probed(*story.known, begin + 7 * second));
  const std::string next = story.send(8);
  CHECK(story.known->probe == next);
}

TEST_CASE("a probe keeps the model for a minute at most") {
  Story story;
  story.fails(0, 5);
  const std::string lost = story.send(6);
  CHECK(is_probed(*story.known, begin + 66 * second - 1));
  CHECK_FALSE(is_probed(*story.known, begin + 66 * second));
  const std::string next = story.send(66);
  CHECK(story.known->probe == next);
  CHECK(story.end(lost, 67, {Told::fails}, 6) == "2 failed, due"); // no longer the probe
  CHECK(story.end(next, 68, {Told::serves}, 66) == "well");
}

TEST_CASE("an answer that was asked for before the cool-down does not end it") {
  Story story;
  story.fails(10, 60);
  CHECK(story.end("early", 11, {Told::serves}, 9) == "1 failed, cools for 59 s");
  CHECK(story.end("late", 12, {Told::serves}, 11) == "well");
  story.fails(20);
  CHECK(story.end("early", 21, {Told::serves}, 9) == "well"); // there is no cool-down
}

TEST_CASE("what is long past is forgotten, and a clock that goes back frees the model") {
  Story story;
  story.fails(0, 10);
  CHECK(story.shown(3610) == "1 failed, due");
  CHECK(story.shown(3611) == "1 failed");
  CHECK(is_forgotten(*story.known, begin + 3611 * second));
  CHECK(story.fails(3700) == "1 failed");
  Story back;
  back.fails(0, 10);
  CHECK(back.shown(-3000) == "1 failed, cools for 3010 s");
  CHECK(back.shown(-4000) == "1 failed, due");
  back.fails(-4000);
  Story counted;
  counted.fails(0);
  counted.fails(1);
  CHECK(counted.fails(-5) == "1 failed");
}

TEST_CASE("each code tells something about the model or nothing") {
  const std::vector<Code> blamed{
      Code::request_timeout, Code::rate_limited,       Code::server_error, Code::provider_failed,
      Code::overloaded,      Code::provider_timeout,   Code::idle_timeout, Code::content_timeout,
      Code::stream_broken,   Code::first_byte_timeout, Code::malformed};
  CHECK(outcome_of(nullptr).told == Told::serves);
  for (int number = -1; number >= -200; --number) {
    Error error{.code = static_cast<Code>(number), .retryable = true, .provider = "P"};
    error.retry_after = 1500ms;
    if (name(error.code).empty()) continue;
    const bool is_blamed = std::ranges::find(blamed, error.code) != blamed.end();
    const bool is_unreachable = error.code == Code::dns || error.code == Code::connect ||
                                error.code == Code::connect_timeout || error.code == Code::tls ||
                                error.code == Code::connection_lost;
    INFO(name(error.code));
    CHECK((outcome_of(&error).told == Told::fails) == is_blamed);
    CHECK((outcome_of(&error, true).told == Told::fails) == (is_blamed || is_unreachable));
    CHECK(outcome_of(&error).retry_after_us == (is_blamed ? 1'500'000 : 0));
  }
  const Error odd{.code = Code::malformed, .message = "another form"};
  CHECK(outcome_of(&odd).told == Told::nothing);
}

TEST_CASE("a model cools down under its name without the suffixes that only steer it") {
  CHECK(health_name("m/one") == "m/one");
  CHECK(health_name("m/one:nitro") == "m/one");
  CHECK(health_name("m/one:floor") == "m/one");
  CHECK(health_name("m/one:exacto") == "m/one");
  CHECK(health_name("m/one:online") == "m/one");
  CHECK(health_name("m/one:free") == "m/one:free");
  CHECK(health_name("m/one:free:online") == "m/one:free");
  CHECK(health_name("m/one:online:free") == "m/one:free");
  CHECK(health_name("m/one:onlin") == "m/one:onlin");
  CHECK(health_name("llama3:8b") == "llama3:8b");
  CHECK(health_name(":") == ":");
  CHECK(health_name("").empty());
}
