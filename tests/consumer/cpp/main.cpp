#include <iostream>

#include <wayfare/wayfare.hpp>

int main(int count, char** arguments) {
  auto client = wayfare::Client::open(
                    {.ledger = count > 1 ? arguments[1] : "", .deadline = std::chrono::seconds(60)})
                    .value();
  auto stream =
      client.stream({.body = wayfare::user_message("Hello"), .charge_to = {.app = "cpp"}});
  while (auto event = stream.next()) std::cout << event->text;
  const auto reply = stream.reply();
  if (!reply) return std::cerr << reply.error().message << "\n", 1;
  std::cout << "\n" << reply->entry << "\n";
}
