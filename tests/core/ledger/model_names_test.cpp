// Blocks and budgets of a model hold whatever name a request calls the model by.
#include <future>
#include <string>

#include "support/catch.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

namespace {

Verdict verdict(Ledger& ledger, const Reservation& r) {
  std::promise<Verdict> answer;
  ledger.reserve(std::make_shared<const Reservation>(r),
                 [&](const Verdict& given) { answer.set_value(given); });
  return answer.get_future().get();
}

Reservation of_model(const std::string& model, std::int64_t picodollars = 10) {
  Reservation r = reservation("a", model);
  r.bound = Amount{picodollars};
  return r;
}

bool is_blocked(Ledger& ledger, const Reservation& r) {
  const Verdict given = verdict(ledger, r);
  return given.refused && given.refused->code == Code::blocked;
}

} // namespace

TEST_CASE("a block of a model holds for its name with any suffix, and among the body's models") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, BlockCalls{.scope = {.model = "m/x"}}).ok());
  CHECK(is_blocked(ledger, of_model("m/x")));
  CHECK(is_blocked(ledger, of_model("m/x:nitro")));
  CHECK(is_blocked(ledger, of_model("m/x:online")));
  CHECK_FALSE(is_blocked(ledger, of_model("m/xy")));
  Reservation fallback = of_model("m/other");
  fallback.other_models = {"m/third", "m/x:floor"};
  CHECK(is_blocked(ledger, fallback));
  fallback.other_models = {"m/third"};
  CHECK_FALSE(is_blocked(ledger, fallback));
}

TEST_CASE("a budget of a model counts its name with any suffix, also those before it was made") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  const Reservation before = of_model("m/x:floor", 40);
  REQUIRE_FALSE(verdict(ledger, before).refused);
  REQUIRE(ask(ledger, SetBudget{.name = "b",
                                .limit = Amount{100},
                                .window = Window::lifetime,
                                .scope = {.model = "m/x"}})
              .ok());
  CHECK(ask(ledger, ListBudgets{}).value().at(0).reserved == Amount{40});
  CHECK_FALSE(verdict(ledger, of_model("m/x:nitro", 60)).refused);
  CHECK(verdict(ledger, of_model("m/x", 1)).refused->code == Code::budget_exceeded);
  CHECK_FALSE(verdict(ledger, of_model("m/y", 60)).refused);
  CHECK(ask(ledger, Verify{}).value().ok);
}

TEST_CASE("a budget for each model has one window for all names of a model") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  const Reservation before = of_model("m/x:floor", 40);
  REQUIRE_FALSE(verdict(ledger, before).refused);
  REQUIRE(ask(ledger, SetBudget{.name = "each",
                                .limit = Amount{100},
                                .window = Window::lifetime,
                                .scope = {.model = "*"}})
              .ok());
  CHECK_FALSE(verdict(ledger, of_model("m/x:nitro", 60)).refused);
  CHECK(verdict(ledger, of_model("m/x", 1)).refused->code == Code::budget_exceeded);
  CHECK_FALSE(verdict(ledger, of_model("m/y:nitro", 100)).refused);
  const auto windows = ask(ledger, ListBudgets{}).value();
  REQUIRE(windows.size() == 2);
  CHECK(ask(ledger, Verify{}).value().ok);
}
