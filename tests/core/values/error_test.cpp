// The codes, Result and Exception.

#include <map>
#include <set>
#include <sstream>

#include <wayfare/error.hpp>

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace wayfare;

namespace {

std::map<int, std::string> codes_with_a_name() {
  std::map<int, std::string> codes;
  for (int number = -1; number >= -200; --number)
    if (const auto text = name(static_cast<Code>(number)); !text.empty())
      codes.emplace(number, text);
  return codes;
}

Error some_error() {
  return {.code = Code::rate_limited,
          .message = "the server answered 429",
          .advice = "wait",
          .retryable = true,
          .status = 429};
}

} // namespace

TEST_CASE("every code has the name and the number of the golden list") {
  std::map<int, std::string> listed;
  std::istringstream lines(golden::read(golden::folder() / "codes.txt"));
  int number = 0, last = 0;
  for (std::string text; lines >> number >> text; last = number) {
    INFO(number << " " << text);
    CHECK(number < last); // ordered and unique
    CHECK(listed.emplace(number, text).second);
  }
  CHECK(lines.eof());
  CHECK(listed.size() == 55);
  CHECK(codes_with_a_name() == listed);
}

TEST_CASE("no two codes share a name") {
  std::set<std::string> names;
  for (const auto& [number, text] : codes_with_a_name()) {
    CHECK(names.insert(text).second);
    CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
  }
}

TEST_CASE("numbers that are not codes have no name") {
  CHECK(name(Code::ok) == "ok");
  CHECK(name(static_cast<Code>(1)).empty());
  CHECK(name(static_cast<Code>(-6)).empty());
  CHECK(name(static_cast<Code>(-1'000'000)).empty());
}

TEST_CASE("a result holds a value") {
  Result<std::string> result = std::string("good");
  CHECK(result.ok());
  CHECK(static_cast<bool>(result));
  CHECK(result.value() == "good");
  CHECK(*result == "good");
  CHECK(result->size() == 4);
  result.value() += "!";
  CHECK(std::as_const(result).value() == "good!");
  CHECK(*std::as_const(result) == "good!");
  CHECK(std::as_const(result)->size() == 5);
  const std::string taken = std::move(result).value();
  CHECK(taken == "good!");
}

TEST_CASE("a result holds an error, and its value throws it") {
  const Result<std::string> result = some_error();
  CHECK_FALSE(result.ok());
  CHECK_FALSE(static_cast<bool>(result));
  CHECK(result.error().code == Code::rate_limited);
  CHECK_THROWS_AS(result.value(), Exception);
  Result<std::string> changing = some_error();
  CHECK_THROWS_AS(changing.value(), Exception);
  CHECK_THROWS_AS(Result<std::string>(some_error()).value(), Exception);
}

TEST_CASE("a result whose value is an error keeps the two apart") {
  const Result<int> zero = 0;
  CHECK(zero.ok());
  CHECK(zero.value() == 0);
}

TEST_CASE("the text of an exception is one line with the message and the advice") {
  try {
    (void)Result<int>(some_error()).value();
    FAIL("nothing was thrown");
  } catch (const Exception& thrown) {
    CHECK(std::string(thrown.what()) == "rate_limited: the server answered 429; wait");
    CHECK(thrown.error().status == 429);
    CHECK(thrown.error().retryable);
    CHECK(thrown.error().code == Code::rate_limited);
  }
  CHECK(std::string(Exception({.code = Code::closed, .message = "the client is closed"}).what()) ==
        "closed: the client is closed");
  const std::runtime_error& base = Exception(some_error()); // the type that hosts catch
  CHECK(std::string(base.what()).starts_with("rate_limited: "));
}

TEST_CASE("the default code of an error is internal, so that a forgotten code is noticed") {
  CHECK(Error{}.code == Code::internal);
  CHECK_FALSE(Error{}.retryable);
  CHECK(Error{}.status == 0);
}

TEST_CASE(
    "a negative code of submit and next has an error in words, and a number that is none is a "
    "defect") {
  for (const Code code :
       {Code::forked, Code::closed, Code::full, Code::no_memory, Code::busy, Code::cancelled}) {
    const Error error = error_of(code);
    CHECK(error.code == code);
    CHECK_FALSE(error.message.empty());
    CHECK(error.retryable == (code == Code::full || code == Code::no_memory));
  }
  CHECK(error_of(static_cast<Code>(-12345)).code == Code::internal);
  CHECK(error_of(static_cast<Code>(-12345)).message.find("-12345") != std::string::npos);
}
