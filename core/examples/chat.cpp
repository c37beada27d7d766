// One call, and what it cost.   ./chat [PROMPT]
//
// The key comes from OPENROUTER_API_KEY, and the ledger is the one that WAYFARE_LEDGER names, or
// the default one of the user.
#include <iostream>
#include <optional>
#include <utility>

#include <wayfare/wayfare.hpp>

namespace {

int fail(const wayfare::Error& error) {
  std::cerr << name(error.code) << ": " << error.message << "; " << error.advice << "\n";
  return 1;
}

} // namespace

int main(int count, char** arguments) {
  auto client = wayfare::Client::open();
  if (!client) return fail(client.error());

  // user_message() makes the body of the simplest request. Any other body is JSON text.
  wayfare::Request request;
  request.body = wayfare::user_message(count > 1 ? arguments[1] : "Say hello in five words.");
  // The second model is tried where the first one fails. route and charge_to are not sent.
  request.route.models = {"openai/gpt-4o-mini", "anthropic/claude-3-haiku"};
  request.charge_to.app = "examples";
  const auto reply = client->chat(std::move(request));
  if (!reply) return fail(reply.error());

  const auto& answer = *reply;
  std::cout << answer.text << "\n" << answer.model << ": ";
  // A cost that is not known has no value. It is not zero.
  std::cout << (answer.cost ? answer.cost->text() : "unknown") << " USD, entry " << answer.entry
            << "\n";

  // The ledger has the call already, and every other process sees it there.
  const auto rows = client->usage({.by = {wayfare::Dimension::day, wayfare::Dimension::model},
                                   .since = std::nullopt,
                                   .until = std::nullopt});
  if (!rows) return fail(rows.error());
  for (const wayfare::UsageRow& row : *rows)
    std::cout << row.day.value_or("") << " " << row.model.value_or("") << ": " << row.calls
              << " calls, " << row.cost.text() << " USD\n";
}
