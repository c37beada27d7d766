// The builder of bodies, and the printing of values.

#include <sstream>
#include <string>

#include <wayfare/wayfare.hpp>

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace wayfare;

namespace {

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

} // namespace

TEST_CASE("a body has its messages and its members in order") {
  CHECK(Body().str() == R"({"messages":[]})");
  const std::string body = Body()
                               .system("Be brief.")
                               .user("Say \"hi\"\n")
                               .assistant("hi")
                               .message(R"({"role":"assistant","content":null,"tool_calls":[]})")
                               .message("")
                               .tool("call-1", "{}")
                               .model("a/b")
                               .max_tokens(100)
                               .json("temperature", "0.5")
                               .text("user", "42")
                               .max_tokens(7);
  CHECK(body == R"({"messages":[{"role":"system","content":"Be brief."},)"
                R"({"role":"user","content":"Say \"hi\"\n"},{"role":"assistant","content":"hi"},)"
                R"({"role":"assistant","content":null,"tool_calls":[]},)"
                R"({"role":"tool","tool_call_id":"call-1","content":"{}"}],)"
                R"("model":"a/b","max_tokens":7,"temperature":0.5,"user":"42"})");
  json::Document document;
  CHECK(document.parse(body));
}

TEST_CASE("a text that is not UTF-8 gives a body that is refused") {
  auto client = Client::open({.ledger = ":memory:"}).value();
  Request request;
  request.body = Body().user("\xFF\"");
  CHECK(client.chat(std::move(request)).error().code == Code::invalid);
}

TEST_CASE("values are printed as their names and exact texts") {
  CHECK(printed(Amount::parse("0.0000012").value()) == "0.0000012");
  CHECK(printed(Price::parse("0.15").value()) == "0.15");
  CHECK(printed(Code::rate_limited) == "rate_limited");
  CHECK(printed(State::voided) == "void");
  CHECK(printed(Error{.code = Code::invalid, .message = "no", .advice = "yes"}) ==
        "invalid: no; yes");
  CHECK(printed(Error{.code = Code::closed, .message = "no"}) == "closed: no");
}
