// JSON that RapidJSON alone refuses: numbers that do not fit in a double, and texts with a wrong
// encoding.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "support/catch.hpp"

using namespace wayfare;

TEST_CASE("a number that does not fit in a double is kept unchanged, and so are its neighbours") {
  json::Document document;
  const std::string text = R"({"a":1e999,"b":"1e999 \" 2","c":[-5E+4000,0.1e-999,12],"d":)" +
                           std::string(500, '9') + R"(,"e":true})";
  REQUIRE(document.parse(text));
  const json::Value root = document.root();
  CHECK(root["a"].number() == "1e999");
  CHECK(root["b"].string() == "1e999 \" 2");
  CHECK(root["c"].raw() == "[-5E+4000,0.1e-999,12]");
  CHECK(root["c"].first().number() == "-5E+4000");
  CHECK(root["c"].first().next().next().integer() == 12);
  CHECK(root["d"].number() == std::string(500, '9'));
  CHECK(root["e"].is_true());
  for (const char* wrong : {"[1e999,1.]", "[1e999,01]", "[1e999,1e]", "[1e999,--1]", "[1e999 2]",
                            "[1e999,.5]", "[1e999,+1]", "[1e999x]"}) {
    INFO(wrong);
    CHECK_FALSE(document.parse(wrong));
  }
  REQUIRE(document.parse("[7]")); // the document can be used again
  CHECK(document.root().first().integer() == 7);
}

TEST_CASE("a server's text with a wrong encoding is repaired once") {
  const auto read = [](std::string_view text) {
    json::Document document;
    return document.parse_repaired(text) ? std::string(document.root().first().string())
                                         : "refused: " + document.error();
  };
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(read("[\"a\xFFz\"]") == "a" + replaced + "z");
  CHECK(read("[\"\xE2\x82\"]") == replaced + replaced); // cut in the middle of a character
  CHECK(read(R"(["\ud83dx"])") == replaced + "x");
  CHECK(read(R"(["x\ude00"])") == "x" + replaced);
  CHECK(read(R"(["\ude00\ud83d"])") == replaced + replaced);
  CHECK(read(R"(["\ud83d\ud83d\ude00"])") == replaced + "\xF0\x9F\x98\x80");
  CHECK(read("[\"\\ud83d\\ude00 \xFF\"]") == "\xF0\x9F\x98\x80 " + replaced);
  CHECK(read("[\"a\nb\tc\"]") == "a\nb\tc"); // control characters that should have been escaped
  CHECK(read("[\"\\\"\xFF\\\\\"]") == "\"" + replaced + "\\");
  // Outside a string it is never JSON.
  CHECK(read("\xFF[1]") == "refused: not UTF-8");
  CHECK(read("[\"\xFF\"") == "refused: not UTF-8");
  CHECK(read(R"(["\x"])").starts_with("refused: Invalid escape character"));
  // A backslash does not keep the byte behind it.
  CHECK(json::repaired("[\"\\\xFF\"]") == "[\"\\" + replaced + "\"]");
  CHECK(json::repaired("[\"\\\xC3\xA9\"]") == "[\"\\\xC3\xA9\"]");

  json::Document document;
  REQUIRE(document.parse_repaired("{\"k\":\"\xFF\",\"n\": 1e999}"));
  CHECK(document.is_repaired());
  CHECK(document.root()["k"].raw() == "\"" + replaced + "\"");
  CHECK(document.root()["n"].raw() == "1e999");
  REQUIRE(document.parse_repaired("{\"k\":1}"));
  CHECK_FALSE(document.is_repaired());
  CHECK_FALSE(document.parse("[\"\xFF\"]")); // parse() never repairs a text
}

TEST_CASE("the repair does not change correct text") {
  for (const std::string text : {R"({"a":"\ud83d\ude00 é \\ \" \u0000","b":[1,2e9]})", "", "\"",
                                 "\\", "[\"\\", "[\"\\u12", "{\"\\ud83d"})
    if (json::is_utf8(text) && text != "{\"\\ud83d") CHECK(json::repaired(text) == text);
}
