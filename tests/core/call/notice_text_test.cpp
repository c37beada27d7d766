// Notices in words.

#include "call/notice_text.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using call::text_of;

TEST_CASE("each notice is one line of English") {
  CHECK(text_of({.model = "a/b",
                 .state = State::settled,
                 .cost = Amount::parse("0.5"),
                 .prompt_tokens = 3,
                 .completion_tokens = 4,
                 .total_us = 1'200'000}) == "a/b: settled, 3 + 4 tokens, 0.5 USD, 1.2 s");
  CHECK(text_of({.model = "a/b", .state = State::unknown, .error = Code::idle_timeout}) ==
        "a/b: idle_timeout, unknown, cost not known");
  CHECK(text_of({.state = State::voided, .error = Code::rate_limited, .status = 429}) ==
        "the server's choice: rate_limited (429), void");
  CHECK(text_of({.type = NoticeType::retry,
                 .model = "a/b",
                 .error = Code::overloaded,
                 .status = 503,
                 .wait_us = 500'000}) == "a/b is tried again in 0.5 s after overloaded (503)");
  CHECK(text_of({.type = NoticeType::fallback, .model = "c/d", .error = Code::connect}) ==
        "c/d is tried after connect of another model");
  CHECK(text_of({.type = NoticeType::waits, .budget = "team"}) ==
        "a call waits for the budget team");
  CHECK(text_of(
            {.type = NoticeType::looked_up, .state = State::settled, .cost = Amount::parse("2")}) ==
        "a cost was looked up: 2 USD");
  CHECK(text_of({.type = NoticeType::looked_up, .state = State::unknown}) ==
        "the lookup of a cost was given up: cost not known");
  CHECK(text_of({.type = NoticeType::crossing, .budget = "each", .value = "ann", .percent = 80}) ==
        "the budget each of ann has spent 80 % of its limit");
}

TEST_CASE("no name of a server breaks a line or commands a terminal") {
  const std::string text = text_of({.model = "a\nb\x1B[2J\xE2\x80\xAE", .state = State::settled});
  CHECK(text.find_first_of("\n\x1B\xE2") == text.npos);
  CHECK(text.starts_with("a?b?[2J???: settled"));
}
