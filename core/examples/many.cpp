// Many calls at once in one thread: ready() names a call that has events.   ./many [CALLS]
//
// A program with an event loop of its own watches fd() in place of waiting in ready().
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/wayfare.hpp>

int main(int count, char** arguments) {
  const int calls = count > 1 ? std::atoi(arguments[1]) : 10;
  auto client = wayfare::Client::open().value();

  int open = 0, failed = 0, pieces = 0;
  for (int number = 0; number < calls; ++number) {
    wayfare::Chat chat;
    chat.request.body = wayfare::user_message("Hello " + std::to_string(number));
    chat.request.charge_to.run = "many";
    chat.stream = true;
    if (client.submit(std::move(chat)) > 0) ++open; // a code below 0: closed, full, forked
  }

  wayfare::Amount cost;
  std::vector<wayfare::Event> events;
  while (open > 0) {
    const std::int64_t id = client.ready(std::chrono::milliseconds(-1)); // waits
    if (id <= 0) break;
    events.clear();
    client.next(id, std::chrono::milliseconds(0), events); // takes what is there
    for (const wayfare::Event& event : events) {
      if (event.type == wayfare::EventType::text) ++pieces;
      if (!event.is_final()) continue;
      --open; // each call has exactly one final event
      if (event.error) ++failed;
      if (event.reply && event.reply->cost) cost.picodollars += event.reply->cost->picodollars;
    }
  }
  std::cout << calls << " calls, " << failed << " failed, " << pieces << " pieces of text, "
            << cost.text() << " USD\n";
  return failed == 0 && open == 0 ? 0 : 1;
}
