// Whether another model served, how fast, and what a pinned attempt does then. In virtual time.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "call/attempt.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using call::Actions;
using call::Micros;

namespace {

constexpr Micros ms = 1000;

std::string chunk(std::string_view model, std::string_view delta) {
  return R"(data: {"id":"gen-1","model":")" + std::string(model) +
         R"(","service_tier":"flex","choices":[{"index":0,"delta":{)" + std::string(delta) +
         "}}]}\n\n";
}
constexpr std::string_view word = R"("content":"word")";

std::string last(std::string_view model, std::string_view usage) {
  return R"(data: {"id":"gen-1","model":")" + std::string(model) +
         R"(","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{)" +
         std::string(usage) + "}}\n\ndata: [DONE]\n\n";
}
constexpr std::string_view usage =
    R"("prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.25)";

std::string whole(std::string_view model) {
  return R"({"id":"gen-1","model":")" + std::string(model) +
         R"(","choices":[{"index":0,"message":{"role":"assistant","content":"word"},)"
         R"("finish_reason":"stop"}],"usage":{)" +
         std::string(usage) + "}}";
}

struct Answer {
  Actions actions;
  call::Attempt attempt;
  explicit Answer(bool streamed, bool pin, bool tells_cost = true)
      : attempt(call::Attempt::Plan{.uid = Uid::make(1, {}),
                                    .model = "a/asked",
                                    .streamed = streamed,
                                    .tells_cost = tells_cost,
                                    .scratch = std::make_shared<json::Document>(),
                                    .deadline_us = 1000'000 * ms,
                                    .first_byte_us = 1000'000 * ms,
                                    .idle_us = 1000'000 * ms,
                                    .other_names = {},
                                    .catalogue = nullptr,
                                    .pin = pin}) {
    attempt.start(0, actions);
    attempt.reserved(100 * ms, actions);
    attempt.given(110 * ms, actions);
    attempt.head(200 * ms, {.status = 200}, actions);
  }
  // Ends the transfer. The texts of the events that were given.
  std::string end(Micros now) {
    if (!actions.book) attempt.ended(now, {TransferEnd::How::whole}, actions);
    std::string text;
    for (const Event& event : actions.events) text += event.text;
    return text;
  }
  call::Attempt::Result result() {
    attempt.booked();
    return attempt.take_result();
  }
};

} // namespace

TEST_CASE("an attempt tells when its first piece came, its tier, and what model served") {
  Answer answer(true, false);
  answer.attempt.bytes(300 * ms, chunk("b/other", R"("role":"assistant")"), answer.actions);
  answer.attempt.bytes(450 * ms, chunk("b/other", word), answer.actions);
  answer.attempt.bytes(500 * ms, last("b/other", usage), answer.actions);
  CHECK(answer.end(510 * ms) == "word");
  REQUIRE(answer.actions.book);
  const Ending& booked = *answer.actions.book;
  CHECK(booked.first_us == 350 * ms); // from the begin of the request, not of the reservation
  CHECK(booked.total_us == 510 * ms);
  CHECK(booked.billing.tier == "flex");
  CHECK(booked.billing.served_otherwise == true);
  CHECK(booked.state == State::settled);
  const auto result = answer.result();
  CHECK_FALSE(result.error);
  CHECK(result.reply->served_otherwise == true);
  CHECK(result.reply->warnings.empty());
}

TEST_CASE("an answer that is not streamed has no time of a first piece") {
  Answer answer(false, false);
  answer.attempt.bytes(300 * ms, whole("a/asked"), answer.actions);
  answer.end(310 * ms);
  CHECK(answer.actions.book->first_us == std::nullopt);
  CHECK(answer.actions.book->billing.served_otherwise == false);
  CHECK(answer.actions.book->billing.tier.empty());
}

TEST_CASE("a pinned stream of another model is stopped before its first piece") {
  for (const bool at_once : {false, true}) {
    CAPTURE(at_once);
    Answer answer(true, true);
    const std::string role = chunk("b/other", R"("role":"assistant")");
    answer.attempt.bytes(300 * ms, at_once ? role + chunk("b/other", word) : role, answer.actions);
    CHECK(answer.actions.stop);
    CHECK(answer.end(310 * ms).empty());
    REQUIRE(answer.actions.book);
    CHECK(answer.actions.book->state == State::unknown); // its cost is looked up
    CHECK(answer.actions.book->billing.generation_id == "gen-1");
    CHECK(answer.actions.book->billing.model == "b/other");
    CHECK(answer.actions.book->billing.served_otherwise == true);
    const auto result = answer.result();
    REQUIRE(result.error);
    CHECK(result.error->code == Code::served_otherwise);
    CHECK_FALSE(result.error->retryable);
    CHECK(result.error->generation_id == "gen-1");
    CHECK(result.error->message.find("\"b/other\"") != std::string::npos);
    CHECK(result.error->message.find("\"a/asked\"") != std::string::npos);
  }
}

TEST_CASE("a pinned stream whose whole answer comes at once is settled with its cost") {
  Answer answer(true, true);
  answer.attempt.bytes(300 * ms, chunk("b/other", word) + last("b/other", usage), answer.actions);
  CHECK(answer.end(310 * ms).empty());
  CHECK(answer.actions.book->state == State::settled);
  CHECK(answer.actions.book->billing.cost == Amount::parse("0.25"));
}

TEST_CASE("a pinned answer of another model is settled with its cost, and is an error") {
  for (const bool tells_cost : {true, false}) {
    Answer answer(false, true, tells_cost);
    answer.attempt.bytes(300 * ms, whole("b/other"), answer.actions);
    CHECK(answer.end(310 * ms).empty());
    CHECK(answer.actions.book->state == State::settled);
    CHECK(answer.actions.book->error == Code::served_otherwise);
    CHECK(answer.actions.book->billing.cost == Amount::parse("0.25"));
    const auto result = answer.result();
    CHECK(result.error->code == Code::served_otherwise);
    CHECK(result.reply->text == "word"); // it is paid
  }
}

TEST_CASE("a plain answer to a pinned stream gives no piece of another model") {
  Answer answer(true, true);
  answer.attempt.bytes(300 * ms, whole("b/other"), answer.actions);
  CHECK(answer.end(310 * ms).empty());
  CHECK(answer.result().error->code == Code::served_otherwise);
}

TEST_CASE("a pinned answer of the model goes on as ever") {
  for (const std::string_view served :
       {"a/asked", "A/Asked", "a/asked-20260101", "a/asked:nitro"}) {
    Answer answer(true, true);
    answer.attempt.bytes(300 * ms, chunk(served, word), answer.actions);
    answer.attempt.bytes(400 * ms, last(served, usage), answer.actions);
    CHECK(answer.end(410 * ms) == "word");
    const auto result = answer.result();
    CHECK_FALSE(result.error);
    CHECK(result.reply->served_otherwise == false);
    CHECK(result.reply->warnings.empty());
  }
}

TEST_CASE("where it is not certain, a pinned answer has a warning") {
  Answer answer(true, true);
  answer.attempt.bytes(300 * ms, chunk("a/asked-too", word), answer.actions);
  answer.attempt.bytes(400 * ms, last("a/asked-too", usage), answer.actions);
  CHECK(answer.end(410 * ms) == "word");
  const auto result = answer.result();
  CHECK_FALSE(result.error);
  CHECK(result.reply->served_otherwise == std::nullopt);
  REQUIRE(result.reply->warnings.size() == 1);
  CHECK(result.reply->warnings.front().find("route.pin") != std::string::npos);
}

TEST_CASE("a refusal of a pinned attempt stays a refusal") {
  Answer answer(false, true);
  answer.attempt.bytes(300 * ms, R"({"error":{"code":503,"message":"busy"},"model":"b/other"})",
                       answer.actions);
  answer.end(310 * ms);
  CHECK(answer.result().error->code == Code::overloaded);
}
