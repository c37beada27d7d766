// Parts of the prompt are removed from error messages.

#include <chrono>
#include <string>

#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "wire/redact_prompt.hpp"

using namespace wayfare;

namespace {

std::string hidden(std::string message, const std::string& body) {
  wire::hide_prompt(message, body);
  return message;
}

const std::string body =
    R"({"model":"openai/gpt-4o-mini","messages":[{"role":"system","content":"Be brief."},)"
    R"({"role":"user","content":[{"type":"text",)"
    R"("text":"My account number is 4711-0815, my name is Jörg Müller\nand that's it"}]}]})";

} // namespace

TEST_CASE("runs that a message shares with the prompt are hidden, and the rest stays") {
  CHECK(
      hidden(
          "the server answered 400: cannot read: My account number is 4711-0815, my name is J (P)",
          body) == "the server answered 400: cannot read: [prompt] (P)");
  CHECK(hidden("the server answered 400: ccount number is 4711", body) ==
        "the server answered 400: [prompt]");
  CHECK(hidden("the server answered 400: \"Be brief.\" is not allowed", body) ==
        "the server answered 400: \"[prompt]\" is not allowed");
}

TEST_CASE("the name of the model and other words stay") {
  const std::string message = "the server answered 404: openai/gpt-4o-mini is not a valid model ID";
  CHECK(hidden(message, body) == message);
  // Ten common bytes of a longer text are not enough.
  CHECK(hidden("My account", body) == "My account");
}

TEST_CASE("only whole characters remain") {
  const std::string cut = hidden(
      "said: name is J\xC3\xB6rg M\xC3\xBC"
      "cke",
      body); // "ü" begins with the byte of the prompt, the next byte differs
  CHECK(cut.find("rg M") == std::string::npos);
  CHECK(json::is_utf8(cut));
  for (std::size_t from = 0; from < 40; ++from) { // a message with any run of the prompt
    const std::string text = "My account number is 4711-0815, my name is Jörg Müller";
    std::string piece = text.substr(from);
    while (!piece.empty() && (piece.front() & 0xC0) == 0x80) piece.erase(0, 1);
    const std::string rest = hidden("é" + piece + "é", body);
    CHECK(json::is_utf8(rest));
    if (piece.size() >= wire::echo_run) CHECK(rest == "é[prompt]é");
  }
}

TEST_CASE("a prompt with JSON escapes is found") {
  CHECK(hidden("bad: Jörg Müller\nand that's it",
               R"({"messages":[{"content":"J\u00f6rg M\u00fcller\nand that's it"}]})") ==
        "bad: [prompt]");
}

TEST_CASE("prompts in other members, and bodies without a prompt") {
  CHECK(hidden("bad: something secret", R"({"prompt":"something secret"})") == "bad: [prompt]");
  CHECK(hidden("bad: something secret", R"({"input":["x",{"text":"something secret"}]})") ==
        "bad: [prompt]");
  CHECK(hidden("bad: something secret", R"({"user":"something secret"})") ==
        "bad: something secret");
  CHECK(hidden("bad", "{}") == "bad");
  CHECK(hidden("", body).empty());
}

TEST_CASE("for a body that is too long to search, the server's message is removed") {
  const std::string big =
      R"({"messages":[{"content":")" + std::string(wire::echo_body_max, 'x') + "\"}]}";
  CHECK(hidden("the server answered 400: my secret words", big) == "the server answered 400");
}
