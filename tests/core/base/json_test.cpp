// The JSON reader: valid and invalid texts, and values that are returned byte for byte.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using json::Kind;

namespace {

bool parses(std::string_view text) { return json::Document().parse(text); }

// Returns the raw text of the root, or "refused".
std::string raw_of(std::string_view text) {
  json::Document document;
  return document.parse(text) ? std::string(document.root().raw()) : "refused";
}

std::string string_of(std::string_view text) {
  json::Document document;
  return document.parse(text) && document.root().is_string() ? std::string(document.root().string())
                                                             : "refused";
}

std::string integer_of(std::string_view text) {
  json::Document document;
  if (!document.parse(text)) return "refused";
  const auto number = document.root().integer();
  return number ? std::to_string(*number) : "none";
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close,
                   const std::string& inside = "") {
  std::string text;
  for (std::size_t at = 0; at < depth; ++at) text += open;
  text += inside;
  for (std::size_t at = 0; at < depth; ++at) text += close;
  return text;
}

} // namespace

TEST_CASE("each kind of value is read and returned") {
  for (const std::string text : {"null", "true", "false", "0", "-1.5e+3", "\"a\"", "\"\"", "[]",
                                 "{}", "[1,2]", "{\"a\":1}"}) {
    CHECK(raw_of(text) == text);
    CHECK(raw_of(" \t\r\n" + text + " \t\r\n") == text);
  }
  json::Document document;
  REQUIRE(document.parse(
      R"( {"n":null, "t":true,"f":false,"i":-7,"s":"x\ny","a":[1,[2]],"o":{"k":"v"}} )"));
  const json::Value root = document.root();
  CHECK(root.kind() == Kind::object);
  CHECK(root.size() == 7);
  CHECK(root["n"].is_null());
  CHECK(root["t"].is_true());
  CHECK_FALSE(root["f"].is_true());
  CHECK(root["f"].kind() == Kind::boolean);
  CHECK(root["i"].integer() == -7);
  CHECK(root["s"].string() == "x\ny");
  CHECK(root["s"].raw() == R"("x\ny")");
  CHECK(root["a"].first().next().first().number() == "2");
  CHECK(root["o"]["k"].string() == "v");
  CHECK(root.begin_offset() == 1);
  CHECK(root["a"].end_offset() - root["a"].begin_offset() == 7);
}

TEST_CASE("a lookup in a missing value gives a missing value") {
  json::Document document;
  CHECK_FALSE(document.root().exists()); // nothing was read
  REQUIRE(document.parse(R"({"a":{"b":1},"s":"x","n":null,"l":[]})"));
  const json::Value root = document.root();
  for (const json::Value missing :
       {json::Value(), root["x"], root["x"]["y"]["z"], root["s"]["x"], root["n"]["x"],
        root["l"]["x"], root["l"].first(), root["s"].first(), root.next(), root["l"].next().next(),
        root["a"]["b"].first()}) {
    CHECK(missing.kind() == Kind::missing);
    CHECK_FALSE((missing.exists() || missing.is_null() || missing.is_true() || missing.integer()));
    CHECK((missing.string().empty() && missing.number().empty() && missing.raw().empty() &&
           missing.key().empty()));
    CHECK(missing.size() == 0);
    CHECK_FALSE((missing.first().exists() || missing.next().exists()));
  }
}

TEST_CASE("a lookup finds the first member of a name, and a walk visits all") {
  json::Document document;
  REQUIRE(document.parse(R"({"a":1,"b":2,"a":3,"\u0061":4})"));
  CHECK(document.root()["a"].integer() == 1);
  std::string walked;
  for (json::Value member = document.root().first(); member.exists(); member = member.next())
    walked += std::string(member.key()) + std::string(member.raw());
  CHECK(walked == "a1b2a3a4");
}

TEST_CASE("escapes are decoded") {
  CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(string_of(R"("\u0041\u00e9\u00E9\u6f22")") == "Aéé漢");
  CHECK(string_of(R"("\ud83d\ude00\uD800\uDC00\uDBFF\uDFFF")") ==
        "😀\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  CHECK(string_of(R"("a\u0000b")") == std::string("a\0b", 3));
  for (const char* bad : {R"("\a")", R"("\u")", R"("\u12")", R"("\u12g4")", R"("\U0041")",
                          R"("\'")", R"("\x41")", R"("\)", R"("\")", R"("\u+041")"}) {
    INFO(bad);
    CHECK_FALSE(parses(bad));
  }
}

TEST_CASE("half a surrogate pair is refused") {
  for (const char* bad : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\n")",
                          R"("\ud83d\u0041")", R"("\ud83d\ud83d")", R"("\ude00\ud83d")",
                          R"("\ud83d\u")", "\"\xED\xA0\xBD\"", "\"\xED\xA0\xBD\xED\xB8\x80\""}) {
    INFO(bad);
    CHECK_FALSE(parses(bad));
    CHECK_FALSE(parses("{" + std::string(bad) + ":1}"));
  }
}

TEST_CASE(
    "strings are UTF-8: every sequence of one to three bytes, and those of four at their borders") {
  // By the definition of UTF-8: the shortest encoding of a scalar value.
  const auto is_character = [](std::string_view bytes) {
    const auto byte = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
    };
    const unsigned head = byte(0);
    const std::size_t size = head < 0x80       ? 1
                             : head >> 5 == 6  ? 2
                             : head >> 4 == 14 ? 3
                             : head >> 3 == 30 ? 4
                                               : 0;
    if (size != bytes.size()) return false;
    unsigned scalar = size == 1 ? head : head & (0x7Fu >> size);
    for (std::size_t at = 1; at < size; ++at) {
      if (byte(at) >> 6 != 2) return false;
      scalar = scalar << 6 | (byte(at) & 63);
    }
    static constexpr unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    return scalar >= smallest[size] && scalar <= 0x10FFFF &&
           !(scalar >= 0xD800 && scalar <= 0xDFFF);
  };
  const auto judge = [&](const std::string& bytes) {
    if (json::is_utf8(bytes) != is_character(bytes))
      FAIL("is_utf8 of " << Catch::StringMaker<std::string>::convert(bytes));
    if (parses("\"" + bytes + "\"") != is_character(bytes))
      FAIL("parse of " << Catch::StringMaker<std::string>::convert(bytes));
  };
  for (int one = 0x80; one < 0x100; ++one) {
    const std::string head(1, static_cast<char>(one));
    judge(head);
    for (int two = 0x80; two < 0x100; ++two) {
      if (one >= 0xC0) judge(head + static_cast<char>(two));
      for (int three : {0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF}) {
        if (one >= 0xE0) judge(head + static_cast<char>(two) + static_cast<char>(three));
        for (int four : {0x7F, 0x80, 0xBF, 0xC0})
          if (one >= 0xF0)
            judge(head + static_cast<char>(two) + static_cast<char>(three) +
                  static_cast<char>(four));
      }
    }
  }
  CHECK(json::is_utf8(""));
  CHECK(json::is_utf8(std::string("a\0b", 3)));
  CHECK_FALSE(json::is_utf8("good, then \xFF"));
}

TEST_CASE("128 levels are read, 129 are refused, and a million levels do no harm") {
  for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"{\"a\":", "}"}}) {
    const std::string inside = *open == '[' ? "" : "1";
    CHECK(parses(nested(128, open, close, inside)));
    CHECK(parses(nested(128, open, close, "\"leaf\"")));
    for (const std::size_t depth : {129, 1'000, 1'000'000}) {
      json::Document document;
      CHECK_FALSE(document.parse(nested(depth, open, close, inside)));
      CHECK(document.error() == "nested deeper than 128 levels");
      CHECK_FALSE(document.root().exists());
      CHECK_FALSE(document.parse(nested(depth, open, "")));
    }
  }
  // The depth counts, not the number of arrays.
  CHECK(parses("[" + nested(127, "[", "]") + "," + nested(127, "[", "]") + "]"));
}

TEST_CASE("numbers of any size are kept unchanged") {
  const std::string digits(5000, '9');
  for (const std::string text :
       {"0", "-0", "0.0", "1e400", "1E+400", "-1e-400", "1e99999999999", "1.0e-99999999999",
        "123456789012345678901234567890", "0.0076509169000000005", "1.7976931348623157e309", "2.50",
        "1e5", "0e0"}) {
    INFO(text);
    CHECK(raw_of(text) == text);
    CHECK(raw_of("[" + text + ",0]") == "[" + text + ",0]");
  }
  CHECK(raw_of(digits) == digits);
  CHECK(raw_of("-" + digits + "." + digits + "e-" + digits) ==
        "-" + digits + "." + digits + "e-" + digits);
}

TEST_CASE("text that is not a JSON number is refused") {
  for (const char* bad :
       {"-",         "+1",  "01",  "-01", "00",  ".5",    "1.",  "1.e5", "1e",
        "1e+",       "1e-", "1E",  "0x1", "1_0", "1,",    "NaN", "nan",  "Infinity",
        "-Infinity", "inf", "1 2", "1a",  "--1", "1e5.5", "0b1", "1f"}) {
    INFO(bad);
    CHECK_FALSE(parses(bad));
    CHECK_FALSE(parses("[" + std::string(bad) + "]"));
    CHECK_FALSE(parses("{\"a\":" + std::string(bad) + "}"));
  }
}

TEST_CASE("integer() reads a whole number that fits") {
  CHECK(integer_of("0") == "0");
  CHECK(integer_of("-0") == "0");
  CHECK(integer_of("9223372036854775807") == "9223372036854775807");
  CHECK(integer_of("-9223372036854775808") == "-9223372036854775808");
  for (const char* other : {"9223372036854775808", "-9223372036854775809", "1.0", "1e3", "1.5",
                            "99999999999999999999", "\"5\"", "null", "true", "[1]", "{}"}) {
    INFO(other);
    CHECK(integer_of(other) == "none");
  }
}

TEST_CASE("text that is not JSON is refused with a one-line message") {
  for (const std::string bad : {"",
                                " ",
                                "\n",
                                "nul",
                                "nulll",
                                "True",
                                "tru",
                                "undefined",
                                "'a'",
                                "\"a",
                                "a\"",
                                "[",
                                "]",
                                "{",
                                "}",
                                "[1",
                                "[1,",
                                "[1,]",
                                "[,1]",
                                "[1 2]",
                                "{\"a\"}",
                                "{\"a\":}",
                                "{\"a\":1,}",
                                "{a:1}",
                                "{\"a\":1 \"b\":2}",
                                "{1:2}",
                                "{\"a\" 1}",
                                "[1}",
                                "{\"a\":1]",
                                "{} {}",
                                "{}x",
                                "[] ]",
                                "null null",
                                "1 1",
                                "// c\n1",
                                "/* c */ 1",
                                "\"a\nb\"",
                                "\"a\tb\"",
                                "\"\x01\"",
                                "\"\x1F\"",
                                "\xEF\xBB\xBF{}",
                                "\xFF",
                                "\v1",
                                "\xC2\xA0{}"}) {
    INFO(bad);
    json::Document document;
    CHECK_FALSE(document.parse(bad));
    CHECK_FALSE(document.error().empty());
    CHECK(document.error().find('\n') == std::string::npos);
    CHECK_FALSE(document.root().exists());
  }
}

TEST_CASE("NUL bytes are refused everywhere") {
  for (const std::string text : {"{\"a\":[1,\"x\"]}", "12", "true", "\"s\""}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      std::string bad = text;
      bad.insert(at, 1, '\0');
      INFO(text << " with a NUL at " << at);
      CHECK_FALSE(parses(bad));
      bad.insert(at, 1, ' ');
      CHECK_FALSE(parses(bad));
    }
  }
  CHECK_FALSE(parses(std::string("{}\0{\"more\":1}", 13)));
}

TEST_CASE("a control character in a string is refused, wherever it stands, and repaired") {
  json::Document document;
  for (int c = 1; c < 0x20; ++c)
    for (std::size_t before = 0; before < 40; ++before) {
      const std::string text =
          std::string(before, 'a') + static_cast<char>(c) + std::string(before / 2, 'b');
      const std::string value = "{\"k\":\"" + text + "\"}", name = "{\"" + text + "\":\"k\"}";
      INFO("the character " << c << " after " << before);
      CHECK_FALSE(document.parse(value));
      CHECK_FALSE(document.parse(name));
      REQUIRE(document.parse_repaired(value));
      CHECK(document.root()["k"].string() == text);
      REQUIRE(document.parse_repaired(name));
      CHECK(document.root()[text].string() == "k");
      REQUIRE(document.parse_beginning(value + " \x1b"));
      CHECK(document.root()["k"].string() == text);
    }
}

TEST_CASE("a document can be reused") {
  json::Document document;
  REQUIRE(document.parse("[1,2,3]"));
  CHECK_FALSE(document.parse("[1,2"));
  CHECK_FALSE(document.error().empty());
  REQUIRE(document.parse("{\"a\":\"b\"}"));
  CHECK(document.error().empty());
  CHECK(document.root()["a"].string() == "b");
  CHECK(document.root().size() == 1);
  CHECK_FALSE(document.parse(nested(129, "[", "]")));
  REQUIRE(document.parse("7"));
  CHECK(document.root().integer() == 7);
}

TEST_CASE("a written string reads back as itself and stays on one line") {
  CHECK(json::quoted("") == "\"\"");
  CHECK(json::quoted("a\"b\\c\nd\te") == R"("a\"b\\c\nd\u0009e")");
  CHECK(json::quoted(std::string("\0\x1F\x7F", 3)) == "\"\\u0000\\u001f\x7F\"");
  CHECK(json::quoted("é漢😀/") == "\"é漢😀/\"");
  CHECK(json::quoted("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(json::quoted("a\xE6\xBC") == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(json::quoted("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  std::string out = "before";
  json::append_string(out, "x");
  CHECK(out == "before\"x\"");
}

TEST_CASE("a text with too many values is refused before it needs their memory", "[slow]") {
  std::string text = "[";
  for (std::size_t at = 1; at < json::values_max; ++at) text += "0,";
  text.back() = ']';
  json::Document document;
  CHECK(document.parse(text));
  text.back() = ',';
  text += "0]";
  CHECK_FALSE(document.parse(text));
  CHECK(document.error() == "more than " + std::to_string(json::values_max) + " values");
}
