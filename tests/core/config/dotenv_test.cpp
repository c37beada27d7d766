// The parser of .env files.

#include "config/dotenv.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace wayfare;

namespace {

// Returns "NAME=value" for each assignment, separated by bars.
std::string read(std::string_view text) {
  std::string all;
  for (const auto& one : dotenv::parse(text))
    all += (all.empty() ? "" : "|") + one.name + "=" + one.value;
  return all;
}

bool expands(std::string_view text) {
  const auto all = dotenv::parse(text);
  REQUIRE(all.size() == 1);
  return all[0].expands;
}

} // namespace

TEST_CASE("an assignment is read as other parsers read it") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", ""},
      {"A=1", "A=1"},
      {"A=1\n", "A=1"},
      {"A=1\nB=2", "A=1|B=2"},
      {"A=1\r\nB=2\r\n", "A=1|B=2"},
      {"A=1\rB=2\r", "A=1|B=2"},
      {"\xEF\xBB\xBF"
       "A=1",
       "A=1"},
      {"\n\n  \t\nA=1\n\n", "A=1"},
      {"  A  =  x y  ", "A=x y"},
      {"export A=1", "A=1"},
      {"\texport \t A = 1", "A=1"},
      {"export=1", "export=1"},
      {"exportA=1", "exportA=1"},
      {"A.b-c_9=1", "A.b-c_9=1"},
      {"A=", "A="},
      {"A=\nB=2", "A=|B=2"},
      {"A=a=b==", "A=a=b=="},
      {"A: b", "A=b"},
      {"A:\tb", "A=b"},
      {"A=\xC3\xA4", "A=\xC3\xA4"},
      {"A=1\nA=2", "A=1|A=2"},
  };
  for (const auto& [text, wanted] : cases) {
    INFO(text);
    CHECK(read(text) == wanted);
  }
}

TEST_CASE("a comment ends a value if white space precedes it") {
  CHECK(read("# A=1\nB=2") == "B=2");
  CHECK(read("  #A=1\nB=2") == "B=2");
  CHECK(read("A=b # c") == "A=b");
  CHECK(read("A=b\t# c # d") == "A=b");
  CHECK(read("A=b#c") == "A=b#c"); // as in a URL
  CHECK(read("A=#c") == "A=#c");
  CHECK(read("A= # c\nB=2") == "A=|B=2");
  CHECK(read("A=\"b # c\" # d") == "A=b # c");
  CHECK(read("A='b # c'#d") == "A=b # c");
}

TEST_CASE("quotes are removed, and escapes are read only in double quotes") {
  CHECK(read("A=\"a b\"") == "A=a b");
  CHECK(read("A='a b'") == "A=a b");
  CHECK(read("A=`a 'b' \"c\"`") == "A=a 'b' \"c\"");
  CHECK(read("A=\"\"\nB=''") == "A=|B=");
  CHECK(read("A=\" a \"  \nB=2") == "A= a |B=2");
  CHECK(read(R"(A="a\nb\rc\td\"e\\f\$g\h")") == "A=a\nb\rc\td\"e\\f$g\\h");
  CHECK(read(R"(A='a\nb\"c\\d')") == R"(A=a\nb\"c\\d)");
  CHECK(read(R"(A=a\nb\"c)") == R"(A=a\nb\"c)");
  CHECK(read(R"(A='it\'s')") == R"(A=it\'s)");
  CHECK(read("A=it's") == "A=it's");
}

TEST_CASE("a quoted value may span lines") {
  CHECK(read("A=\"a\nb\"\nB=2") == "A=a\nb|B=2");
  CHECK(read("A='a\r\n\r\nb'\r\nB=2") == "A=a\n\nb|B=2");
  CHECK(read("A=\"a\rb\"") == "A=a\nb");
  CHECK(read("A=\"a\nB=2\"") == "A=a\nB=2");
}

TEST_CASE("an unclosed quote stays in the value and swallows no other line") {
  CHECK(read("A=\"abc\nB=2") == "A=\"abc|B=2");
  CHECK(read("A=\"abc\nB=\"2\"") == "A=\"abc|B=2");
  CHECK(read("A=\"b\" c\nB=2") == "A=\"b\" c|B=2");
  CHECK(read("A='C:\\'\nB='x'") == "A='C:\\'|B=x");
  CHECK(read("A=\"") == "A=\"");
  CHECK(read("A=\"b\\\"") == "A=\"b\\\"");
}

TEST_CASE("a line that is not an assignment is skipped") {
  for (const std::string_view text : {"A", "export A", "export", "=x", "A:b", "A : b", "set A=1",
                                      "A B=1", "'A'=1", "[part]", "\xEF\xBB\xBF", "\xC3\xA4=1"}) {
    INFO(text);
    CHECK(read(text).empty());
    CHECK(read(std::string(text) + "\nB=2") == "B=2");
  }
}

TEST_CASE("the line is the one where the assignment begins") {
  const auto all = dotenv::parse("# one\r\n\r\nA=1\rB='x\r\ny\n'\n\nC=\"open\nD=4");
  REQUIRE(all.size() == 4);
  CHECK(all[0].line == 3);
  CHECK(all[1].line == 4);
  CHECK(all[2].line == 8);
  CHECK(all[3].line == 9);
}

TEST_CASE("a value that another parser would expand is marked") {
  for (const char* text :
       {"A=$B", "A=${B}", "A=http://localhost:${PORT}/", "A=\"${B}\"", "A='$B'", "A=x$_y"}) {
    INFO(text);
    CHECK(expands(text));
  }
  for (const char* text : {"A=$", "A=5$", "A=$5", "A=\"\\$B\"", "A=\"\\${B}\"", "A=x # $B"}) {
    INFO(text);
    CHECK_FALSE(expands(text));
  }
}

TEST_CASE("every short text is read, and at most one assignment begins on a line") {
  static constexpr std::string_view alphabet = "A=\"' \\#\n\r$";
  // All texts of six characters of an alphabet, and so all of their beginnings.
  for (int number = 0; number < 1'000'000; ++number) {
    std::string text;
    for (int rest = number, left = 6; left > 0; --left, rest /= 10)
      text += alphabet[static_cast<std::size_t>(rest % 10)];
    int last = 0;
    for (const auto& one : dotenv::parse(text)) {
      if (one.name.empty() || one.line <= last) FAIL("of " << number);
      last = one.line;
    }
  }
}

TEST_CASE("unclosed quotes do not make the parser slow") {
  std::string large;
  while (large.size() < (1 << 20)) large += "A=\"\\\"'`\n";
  CHECK(dotenv::parse(large).size() > 100'000);
}
