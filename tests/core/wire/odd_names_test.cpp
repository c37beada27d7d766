// Names in a body that are probably not what the caller meant.

#include <random>
#include <set>
#include <string>
#include <vector>

#include <wayfare/body_names.hpp>

#include "support/catch.hpp"
#include "wire/odd_names.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;
using wire::distance;
using wire::near_miss;
using Lines = std::vector<std::string>;

namespace {

Lines lines(const std::string& body) {
  Request request;
  request.body = body;
  const wire::Prepared prepared =
      wire::prepare(std::move(request), false, openrouter_server()).value();
  CHECK(*prepared.body_of(prepared.source, prepared.models.front(), {}).text == body);
  return prepared.odd_names;
}

std::string line(const std::string& name, const std::string& hint) {
  return "the server gets the body's \"" + name + "\" as it is: " + hint;
}

} // namespace

TEST_CASE("the distance counts letters that are more, less, other, or in the other order") {
  CHECK(distance("stop", "stop", 2) == 0);
  CHECK(distance("stop", "stops", 2) == 1);
  CHECK(distance("stop", "top", 2) == 1);
  CHECK(distance("stop", "step", 2) == 1);
  CHECK(distance("stop", "sotp", 2) == 1);
  CHECK(distance("temperature", "temprature", 2) == 1);
  CHECK(distance("temperature", "tempreture", 2) == 2);
  CHECK(distance("stop", "seed", 2) == 3);
  CHECK(distance("stop", "stopped", 2) == 3);
  CHECK(distance("", "ab", 2) == 2);
  CHECK(distance(std::string(33, 'a'), std::string(33, 'a'), 2) == 3); // longer than any member
}

TEST_CASE("a near miss names the member, and a known name is none") {
  CHECK(near_miss("temprature") == "temperature");
  CHECK(near_miss("max_token") == "max_tokens");
  CHECK(near_miss("mesages") == "messages");
  CHECK(near_miss("tool_choise") == "tool_choice");
  CHECK(near_miss("respones_format") == "response_format");
  CHECK(near_miss("modle") == "model");
  for (const std::string_view name : body_names) CHECK(near_miss(name).empty());
  for (const char* far : {"", "x", "to", "nn", "custom_member", "agent_options_of_mine"})
    CHECK(near_miss(far).empty());
}

TEST_CASE("one change in a long name is always found, as some member that is as near") {
  std::mt19937_64 engine(7);
  for (const std::string_view name : body_names) {
    if (name.size() < 8) continue;
    for (int left = 20; left > 0; --left) {
      std::string changed(name);
      const std::size_t at = engine() % changed.size();
      if (left % 3 == 0) changed.erase(at, 1);
      if (left % 3 == 1) changed.insert(at, 1, 'q');
      if (left % 3 == 2) changed[at] = 'q';
      const auto near = near_miss(changed);
      const bool is_known = std::ranges::find(body_names, changed) != body_names.end();
      INFO(changed);
      CHECK(near.empty() == is_known);
      if (!is_known) CHECK(distance(near, changed, 2) == 1);
    }
  }
}

TEST_CASE("each name stands once, and none that has its place elsewhere is a member") {
  CHECK(std::ranges::is_sorted(body_names));
  CHECK(std::set<std::string_view>(body_names.begin(), body_names.end()).size() ==
        body_names.size());
  int count = 0;
  for_each_misplaced([&](std::string_view name, const std::string& hint) {
    ++count;
    INFO(name);
    CHECK_FALSE(hint.empty());
    CHECK(std::ranges::find(body_names, name) == body_names.end());
  });
  CHECK(count > 50);
}

TEST_CASE("odd names pass and are told, as long as they have a value") {
  CHECK(lines(R"({"model":"m","messages":[],"temperature":1,"metadata":{},"user":"u"})").empty());
  CHECK(lines(R"({"model":"m","timeout":5})") ==
        Lines{line("timeout", "give it as route.deadline, in seconds")});
  CHECK(lines(R"({"model":"m","agent":"a","base_url":"b","charge_to":{},"max_cost":"1"})") ==
        Lines{line("agent", "give it as agent, beside the body"),
              line("base_url", "give it as the option base_url"),
              line("charge_to", "give it as charge_to, beside the body"),
              line("max_cost", "give it as route.max_cost")});
  CHECK(lines(R"({"model":"m","temprature":1})") ==
        Lines{line("temprature", "did you mean temperature?")});
  CHECK(lines(R"({"model":"m","timeout":null,"temprature":null})").empty());
  CHECK(lines(R"({"model":"m","messages":[{"temprature":1,"timeout":2}]})").empty());
  CHECK(lines(R"({"model":"m","some_new_member":1})").empty());
}

TEST_CASE("only some lines are told, and only some names compared") {
  std::string body = R"({"model":"m")";
  for (int at = 0; at < 9; ++at) body += ",\"temperatur" + std::to_string(at) + "\":1";
  const Lines some = lines(body + "}");
  REQUIRE(some.size() == 6);
  CHECK(some.back() == "the body has 4 more odd names");
  std::string many = R"({"model":"m")";
  for (int at = 0; at < 40; ++at) many += ",\"k" + std::to_string(at) + "\":1";
  CHECK(lines(many + R"(,"timeout":5})").empty());
}

TEST_CASE("a name with DEL in it is not shown") {
  const auto told = lines(
      "{\"model\":\"a/b\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
      "\"temperatur\x7f\":1}");
  REQUIRE(told.size() == 1);
  CHECK(told.front().find('\x7f') == std::string::npos);
  CHECK(told.front().starts_with("the server gets the body's a name as it is: did you mean"));
}
