// A hard budget for an agent, and how to stop the agent at once.   ./budgets [LIMIT]
//
// The limit is in US dollars. The budget is removed at the end.
#include <iostream>
#include <utility>

#include <wayfare/wayfare.hpp>

namespace {

constexpr const char* budget_name = "example-agent-day";

// Makes a call of the agent. Tells whether the ledger let it go out.
bool call(wayfare::Client& client) {
  wayfare::Request request;
  // Give max_tokens: else the budget holds the longest answer that the model can give.
  request.body = R"({"messages":[{"role":"user","content":"Hello"}],"max_tokens":20})";
  request.charge_to.agent = "example";
  const auto reply = client.chat(std::move(request));
  if (reply) return true;
  const wayfare::Error& error = reply.error();
  std::cout << "refused: " << name(error.code) << ": " << error.message << "\n";
  return false;
}

} // namespace

int main(int count, char** arguments) {
  const auto limit = wayfare::Amount::parse(count > 1 ? arguments[1] : "0.01");
  if (!limit) return std::cerr << "the limit is not an amount, such as 0.01\n", 1;

  auto client = wayfare::Client::open().value();
  wayfare::SetBudget budget;
  budget.name = budget_name;
  budget.limit = *limit;
  budget.window = wayfare::Window::day;
  budget.scope.agent = "example";
  client.budget(budget).value(); // throws wayfare::Exception where the ledger refuses

  int sent = 0;
  while (sent < 5 && call(client)) ++sent;
  std::cout << sent << " calls were sent\n";
  for (const wayfare::Budget& one : client.budgets().value())
    std::cout << one.name << ": " << one.spent.text() << " of " << one.limit.text()
              << " USD are spent\n";

  client.block(budget.scope).value(); // holds in every process of the ledger
  call(client);
  client.unblock(budget.scope).value();

  wayfare::SetBudget removal;
  removal.name = budget_name;
  removal.remove = true;
  client.budget(removal).value();
}
