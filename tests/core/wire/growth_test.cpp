// Reading takes linear time, whatever part of a text is repeated. This measures growth, not speed.

#include <ctime>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "select/catalogue.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/repeated_parts.hpp"
#include "support/settings.hpp"
#include "wire/redact_prompt.hpp"

using namespace wayfare;
using repeated::list;
using repeated::times;

namespace {

constexpr double least = 0.05; // seconds; a shorter time says too little
constexpr int tries = 5, rounds = 4;
constexpr double most = 6; // four times as much may take so many times as long

// What is done with a text, and the text with so many of the part.
struct Kind {
  std::string name;
  std::function<std::string(std::size_t count)> text;
  std::function<void(const std::string& text)> read;
  // Where a text of this size is read in less than `least`, it is fast enough.
  std::size_t largest = std::size_t{16} << 20;
};

// The CPU time of this thread, in seconds.
double seconds_of(const Kind& kind, const std::string& text) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const double before = now();
  kind.read(text);
  return now() - before;
}

// How many times as long the kind takes for four times as many parts: the smallest times count.
// 0: it is faster than can be measured.
double growth_of(const Kind& kind) {
  std::size_t count = 2000;
  std::string text = kind.text(count);
  double once = seconds_of(kind, text);
  while (once < least) {
    if (text.size() >= kind.largest) return 0;
    text = kind.text(count *= 2);
    once = seconds_of(kind, text);
  }
  const std::string larger = kind.text(4 * count);
  double growth = seconds_of(kind, larger) / once;
  if (growth < most) return growth; // noise does not hide a square, which grows to 16
  // On a machine that is busy for a while all tries of a round may be slow. No noise makes a square
  // look linear in any round.
  for (int round = 0; round < rounds && growth >= most; ++round) {
    double four_times = seconds_of(kind, larger);
    once = seconds_of(kind, text);
    for (int left = tries - 1; left > 0; --left) {
      once = std::min(once, seconds_of(kind, text));
      four_times = std::min(four_times, seconds_of(kind, larger));
    }
    growth = std::min(growth, four_times / once);
  }
  return growth;
}

void check(const Kind& kind) {
  INFO(kind.name);
  CHECK(growth_of(kind) < most);
}

} // namespace

TEST_CASE("an answer is read in linear time, whatever part is repeated", "[slow]") {
  std::vector<repeated::Answer> all = repeated::answers();
  std::ranges::move(repeated::other_answers(), std::back_inserter(all));
  for (const repeated::Answer& answer : all)
    check({answer.name, answer.body,
           [&](const std::string& body) { repeated::read(body, answer.streamed, answer.status); }});
}

TEST_CASE("a prompt is taken out of a refusal in linear time", "[slow]") {
  // Both grow: the refusal quotes the beginning of the prompt.
  const auto read = [](const std::string& text) {
    std::string message = "refused: " + text.substr(0, 64 + text.size() / 256);
    const std::string body = R"({"messages":[)" + text + "]}";
    REQUIRE(body.size() <= wire::echo_body_max);
    wire::hide_prompt(message, body);
    CHECK(message.find("[prompt]") != message.npos);
  };
  const std::size_t largest = wire::echo_body_max / 10;
  check({"one letter", [](std::size_t count) { return '"' + std::string(count, 'z') + '"'; }, read,
         largest});
  check({"words", [](std::size_t count) { return '"' + times(count, "some words ") + '"'; }, read,
         largest});
  check({"short texts",
         [](std::size_t count) {
           return list(count, [](const std::string&) { return R"("abcdef")"; });
         },
         read, largest});
}

TEST_CASE("keys are taken out of a text in linear time", "[slow]") {
  const Environment environment{};
  const std::string key = "sk-or-v1-" + std::string(64, 'a');
  const Settings settings = settled({.api_key = key, .ledger = ":memory:"});
  const auto read = [&](std::string text) { settings.keys.hide(text); };
  check({"keys", [&](std::size_t count) { return times(count / 16, key); }, read});
  check({"beginnings of keys",
         [&](std::size_t count) { return times(count / 16, key.substr(0, key.size() - 1)); },
         read});
}

TEST_CASE("a models list is read in linear time, and so are its names", "[slow]") {
  const auto parse = [](const std::string& text) { (void)select::Catalogue::parse(text); };
  const auto in_model = [](std::string before, std::function<std::string(std::string)> one,
                           std::string after) {
    return [=](std::size_t count) {
      return R"({"data":[{"id":"a/b",)" + before + list(count, one) + after + "}]}";
    };
  };
  check({"models",
         [](std::size_t count) {
           return R"({"data":[)" +
                  list(count, [](std::string at) { return R"({"id":")" + at + "\"}"; }) + "]}";
         },
         parse});
  check({"members of a model",
         in_model("", [](std::string at) { return "\"k" + at + "\":1"; }, ""), parse});
  check({"parameters",
         in_model(
             R"("supported_parameters":[)", [](std::string at) { return '"' + at + '"'; }, "]"),
         parse});
  check({"overrides",
         in_model(R"("pricing":{"overrides":[)", [](std::string) { return "{}"; }, "]}"), parse});
  check({"words of a name", [](std::size_t count) { return "a/" + times(count, "b-"); },
         [](const std::string& id) {
           std::vector<Model> models(1);
           models.front().id = id + "c";
           (void)select::Catalogue(std::move(models)).nearest(id, "2026-11-23");
         }});
}
