// The limit on heartbeats without content, in virtual time.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "call/attempt.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using call::Actions;

using call::Micros;

namespace {

constexpr Micros second = 1'000'000;

std::string delta(std::string_view members) {
  return R"(data: {"id":"g","choices":[{"index":0,"delta":{)" + std::string(members) + "}}]}\n\n";
}

// An answer that begins at 0 s and gets a piece each second.
struct Answer {
  Actions actions;
  call::Attempt attempt;
  Micros now = 0;
  explicit Answer(bool streamed, Micros content = 10 * second, Micros idle = 5 * second)
      : attempt(call::Attempt::Plan{.uid = Uid::make(1, {}),
                                    .model = "m/one",
                                    .streamed = streamed,
                                    .scratch = std::make_shared<json::Document>(),
                                    .deadline_us = 1000 * second,
                                    .first_byte_us = 20 * second,
                                    .idle_us = idle,
                                    .content_us = content}) {
    attempt.start(0, actions);
    attempt.reserved(0, actions);
    attempt.given(0, actions);
    attempt.head(0, {.status = 200}, actions);
  }
  void piece(std::string_view bytes) {
    now += second;
    attempt.timer(now, actions); // at every moment when it may be due
    attempt.bytes(now, bytes, actions);
  }
  // The code of its end; ok while it goes on.
  Code end() {
    if (!actions.book) return Code::ok;
    return actions.book->error;
  }
  // The seconds until it ends when this piece comes each second; 60 if it does not.
  int seconds_of(std::string_view bytes) {
    const Micros from = now;
    for (int at = 0; at < 60 && !actions.book; ++at) piece(bytes);
    return static_cast<int>((now - from) / second);
  }
};

const std::vector<std::string> heartbeats{
    ": OPENROUTER PROCESSING\n\n",
    "\n",
    "data: ping\n\n",
    "event: ping\ndata: {}\n\n",
    "data: null\n\n",
    R"(data: {"id":"g","choices":[]})"
    "\n\n",
    delta(""),
    delta(R"("content":"")"),
    delta(R"("role":"assistant","content":null)"),
    delta(R"("reasoning":"")"),
};

const std::vector<std::string> contents{
    delta(R"("content":"a")"),
    delta(R"("content":" ")"),
    delta(R"("reasoning":"b")"),
    delta(R"("refusal":"no")"),
    delta(R"("tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}])"),
    delta(R"("images":[{"type":"image_url","image_url":{"url":"data:,x"}}])"),
    "data: " + std::string(70'000, '{'), // a long event that is under way
};

} // namespace

TEST_CASE("heartbeats end a stream after content_timeout") {
  for (const std::string& heartbeat : heartbeats) {
    INFO(heartbeat);
    Answer from_the_head(true);
    CHECK(from_the_head.seconds_of(heartbeat) == 10);
    CHECK(from_the_head.end() == Code::content_timeout);
    CHECK(from_the_head.actions.book->state == State::unknown);
    Answer later(true);
    for (int at = 0; at < 8; ++at) later.piece(heartbeat);
    later.piece(contents[0]);
    CHECK(later.seconds_of(heartbeat) == 10);
    CHECK(later.end() == Code::content_timeout);
  }
}

TEST_CASE("each kind of content counts, and no limit means none") {
  for (const std::string& content : contents) {
    INFO(content.substr(0, 100));
    Answer answer(true);
    CHECK(answer.seconds_of(content) == 60);
  }
  Answer endless(true, 0);
  CHECK(endless.seconds_of(heartbeats[0]) == 60);
}

TEST_CASE("blanks before a plain answer are heartbeats too, and parts of it are content") {
  Answer blank(false);
  CHECK(blank.seconds_of(" \n") == 10);
  CHECK(blank.end() == Code::content_timeout);
  Answer slow(false);
  slow.piece(R"({"choices":[{"message":{"content":")");
  CHECK(slow.seconds_of("x") == 60);
}

TEST_CASE("the error of heartbeats tells what happened and whether to try again") {
  Answer empty(true);
  empty.seconds_of(heartbeats[0]);
  empty.attempt.booked();
  const auto none = empty.attempt.take_result();
  CHECK(none.error->message == "only heartbeats came for content_timeout of 10 s");
  CHECK(none.error->advice == "try again; this attempt may be billed");
  CHECK(none.error->retryable);
  Answer half(true);
  half.piece(contents[0]);
  half.seconds_of(heartbeats[0]);
  half.attempt.booked();
  const auto part = half.attempt.take_result();
  CHECK_FALSE(part.error->retryable);
  CHECK(part.reply->text == "a");
  // Silence is told as silence where both limits have passed.
  Answer silent(true, 4 * second, 4 * second);
  silent.now = 3 * second;
  silent.piece(heartbeats[0]);
  CHECK(silent.end() == Code::idle_timeout);
}

TEST_CASE("a caller who is slow does not use up content_timeout") {
  Answer answer(true);
  answer.piece(contents[0]);
  answer.attempt.paused();
  answer.now += 50 * second;
  answer.attempt.timer(answer.now, answer.actions);
  CHECK(answer.end() == Code::ok);
  answer.attempt.resumed(answer.now, answer.actions);
  CHECK(answer.seconds_of(heartbeats[0]) == 10);
}
