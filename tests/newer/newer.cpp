// A newer wayfare: the same source with one more migration of the schema, which an older wayfare
// does not know. `newer FILE WORDS...` does one thing to a ledger and prints an error, if any.
#include <cstdio>
#include <string>

#include "support/ledger.hpp"

using namespace ledger_words;

namespace {

std::string message(const std::optional<Error>& error) {
  return error ? std::string(name(error->code)) + ": " + error->message : std::string();
}

std::string run(Ledger& ledger, const std::string& order, const std::string& budget) {
  if (order == "call") {
    Reservation r = reservation("a");
    r.bound = Amount{40};
    const auto refused = reserve(ledger, r);
    if (refused) return message(refused);
    Ending ending = settled(7);
    ending.billing.is_byok = true;
    ending.billing.upstream_cost = Amount{3};
    return book(ledger, r.uid, ending), "";
  }
  if (order == "verify") {
    const auto found = ask(ledger, Verify{});
    if (!found) return message(found.error());
    return found->ok ? "" : found->problems.front();
  }
  SetBudget change{.name = budget};
  if (order == "delete")
    change.remove = true;
  else
    change.limit = Amount{1000}, change.window = Window::lifetime, change.byok = BudgetByok::ignore;
  const auto done = ask(ledger, change);
  return done ? "" : message(done.error());
}

} // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  Opened opened(words[1]);
  const std::string error = run(*opened.ledger, words[2], count > 3 ? words[3] : "");
  std::printf("%s\n", error.c_str());
  return error.empty() ? 0 : 1;
}
