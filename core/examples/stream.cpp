// One streamed call: the answer while it comes.   ./stream [PROMPT]
#include <chrono>
#include <iostream>
#include <utility>

#include <wayfare/wayfare.hpp>

int main(int count, char** arguments) {
  auto client = wayfare::Client::open().value(); // throws wayfare::Exception for a bad option
  wayfare::Request request;
  request.body = wayfare::user_message(count > 1 ? arguments[1] : "Tell a short story.");
  request.route.deadline = std::chrono::seconds(60);

  // Dropping the stream before its end cancels the call.
  auto stream = client.stream(std::move(request));
  while (const wayfare::Event* event = stream.next())
    if (event->type == wayfare::EventType::text) std::cout << event->text << std::flush;

  const auto reply = stream.reply(); // the whole answer, with what it cost
  if (!reply) {
    const wayfare::Error& error = reply.error();
    std::cerr << "\n" << name(error.code) << ": " << error.message << "\n";
    if (error.reply) std::cerr << "entry " << error.reply->entry << "\n"; // what had come
    return 1;
  }
  const auto& answer = *reply;
  std::cout << "\n"
            << answer.usage.prompt_tokens.value_or(0) << " + "
            << answer.usage.completion_tokens.value_or(0) << " tokens, "
            << (answer.cost ? answer.cost->text() : "unknown") << " USD\n";
}
