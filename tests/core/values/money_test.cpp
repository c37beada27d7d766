// Exact dollars: the grammar, the rounding and the range, and a model that computes the same with
// strings.

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <wayfare/money.hpp>

#include "support/catch.hpp"
#include "support/environment.hpp"

using wayfare::Amount;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

// Returns the picodollars of a decimal text, or "none".
std::string read(std::string_view text) {
  const auto amount = Amount::parse(text);
  return amount ? std::to_string(amount->picodollars) : "none";
}

// Computes the same with strings only, rounding half to even: `digits` * 10^`exponent` dollars.
std::string model(std::string digits, long exponent) {
  exponent += 12;
  std::string dropped;
  if (exponent >= 0) {
    if (digits.find_first_not_of('0') == std::string::npos) return "0";
    digits.append(static_cast<std::size_t>(exponent), '0');
  } else {
    const auto count = static_cast<std::size_t>(-exponent);
    if (digits.size() < count) digits.insert(0, count - digits.size(), '0');
    dropped = digits.substr(digits.size() - count);
    digits.erase(digits.size() - count);
  }
  digits.insert(0, "0");
  const std::string half = dropped.empty() ? "" : "5" + std::string(dropped.size() - 1, '0');
  const bool up =
      !dropped.empty() && (dropped > half || (dropped == half && (digits.back() - '0') % 2 == 1));
  for (std::size_t at = digits.size(); up; digits[--at] = '0')
    if (digits[at - 1] != '9') {
      ++digits[at - 1];
      break;
    }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const std::string limit = std::to_string(most);
  return digits.size() > limit.size() || (digits.size() == limit.size() && digits > limit) ? "none"
                                                                                           : digits;
}

std::uint64_t seed() {
  const std::uint64_t seed = number_from("WAYFARE_SEED", std::random_device()());
  std::printf("money: WAYFARE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

} // namespace

TEST_CASE("decimal text is read exactly") {
  CHECK(read("0") == "0");
  CHECK(read("3") == "3000000000000");
  CHECK(read("0.00215798") == "2157980000");
  CHECK(read("7.634e-05") == "76340000");
  CHECK(read("7.634E-05") == "76340000");
  CHECK(read("1e-12") == "1");
  CHECK(read("1e0") == "1000000000000");
  CHECK(read("1E+2") == "100000000000000");
  CHECK(read("1e+00002") == "100000000000000");
  CHECK(read("0.000000000001") == "1");
  CHECK(read("0.10") == "100000000000");
  CHECK(read("9223372.036854775807") == std::to_string(most));
}

TEST_CASE("the rounding error of doubles is removed") {
  CHECK(read("0.0076509169000000005") == "7650916900");
  CHECK(read("0.30000000000000004") == "300000000000");
  CHECK(read("0.18000000000000002") == "180000000000");
  CHECK(read("0.0013299999999999998") == "1330000000");
  CHECK(read("8.999999999999999e-05") == "90000000");
  CHECK(read("9.999999999999999999999999") == "10000000000000");
}

TEST_CASE("digits below a picodollar are rounded half to even") {
  CHECK(read("0.0000000000005") == "0");
  CHECK(read("0.0000000000015") == "2");
  CHECK(read("0.0000000000025") == "2");
  CHECK(read("0.0000000000035") == "4");
  CHECK(read("0.00000000000050000000000000000000000000000000000000000000001") == "1");
  CHECK(read("0.0000000000024999999999999999999999999999999999999999999999") == "2");
  CHECK(read("25e-13") == "2");
  CHECK(read("35e-13") == "4");
  CHECK(read("0.00000000000049") == "0");
  CHECK(read("5e-14") == "0");
  CHECK(read("0.05e-12") == "0");
  CHECK(read("99e-14") == "1");
  // More digits before the rounding than the parser keeps.
  CHECK(read("1000000.0000000000005") == "1000000000000000000");
  CHECK(read("1000000.0000000000015") == "1000000000000000002");
  CHECK(read("1000000.0000000000006") == "1000000000000000001");
  CHECK(read("1000000.00000000000050001") == "1000000000000000001");
  CHECK(read("10000000000000000005e-13") == "1000000000000000000");
}

TEST_CASE("the range ends at 9.2 million dollars") {
  CHECK(read("9223372.0368547758070") == std::to_string(most));
  CHECK(read("9223372.0368547758074") == std::to_string(most));
  CHECK(read("9223372.03685477580749999999999") == std::to_string(most));
  CHECK(read("9223372.0368547758075") == "none"); // rounded to even, and then out of range
  CHECK(read("9223372.036854775808") == "none");
  CHECK(read("9223372.036854775806") == std::to_string(most - 1));
  CHECK(read("9223372036854775807e-12") == std::to_string(most));
  CHECK(read("9223372036854775808e-12") == "none");
  CHECK(read("9999999999999999999e-12") == "none");
  CHECK(read("18446744073709551616e-12") == "none"); // 2^64
  CHECK(read("92233720368547758070e-13") == std::to_string(most));
  CHECK(read("922337203685477580700000000000e-23") == std::to_string(most));
  CHECK(read("9223372036854775807000000000000") == "none");
  CHECK(read("9223373") == "none");
  CHECK(read("1e7") == "none");
  CHECK(read("1e6") == "1000000000000000000");
}

TEST_CASE("exponents of any size are read") {
  CHECK(read("1e400") == "none");
  CHECK(read("1e-400") == "0");
  CHECK(read("0e400") == "0");
  CHECK(read("0.000e99999999999999999999") == "0");
  CHECK(read("1e99999999999999999999") == "none");
  CHECK(read("1e2147483648") == "none");
  CHECK(read("1e-2147483648") == "0");
  CHECK(read("1e-99999999999999999999") == "0");
  CHECK(read("1" + std::string(500, '0') + "e-500") == "1000000000000");
  CHECK(read("0." + std::string(500, '0') + "1e501") == "1000000000000");
  CHECK(read(std::string(500, '0') + "1") == "1000000000000");
  CHECK(read("1." + std::string(100'000, '0') + "1") == "1000000000000");
}

TEST_CASE("text that is not a decimal number, or is negative, is refused") {
  for (const std::string text :
       {"",      "-1", "-0",   "-0.5", "+1",    "NaN", "nan",   "Infinity", "inf",
        ".5",    "1.", ".",    "1.e5", "1e",    "1e+", "1e-",   "e5",       "0x1",
        "0x1p3", "1f", "1 ",   " 1",   "1\n",   "1,5", "1.5.5", "1e5.5",    "1e5e5",
        "1_000", "$1", "1USD", "null", "\"1\"", "--1", "1-",    "١",        "1e −5"}) {
    INFO(text);
    CHECK(read(text) == "none");
  }
  CHECK(read(std::string("1\0", 2)) == "none");
  CHECK(read(std::string("\0", 1)) == "none");
  CHECK(read(std::string("1\0002", 3)) == "none");
}

TEST_CASE("an amount is written exactly, as short as possible and without exponent") {
  CHECK(Amount{}.text() == "0");
  CHECK(Amount{1}.text() == "0.000000000001");
  CHECK(Amount{-1}.text() == "-0.000000000001");
  CHECK(Amount{2157980000}.text() == "0.00215798");
  CHECK(Amount{-500000000000}.text() == "-0.5");
  CHECK(Amount{3000000000000}.text() == "3");
  CHECK(Amount{10000000000000}.text() == "10");
  CHECK(Amount{most}.text() == "9223372.036854775807");
  CHECK(Amount{least}.text() == "-9223372.036854775808");
}

TEST_CASE("amounts compare as numbers") {
  CHECK(Amount{1} < Amount{2});
  CHECK(Amount{-1} < Amount{0});
  CHECK(Amount{5} == *Amount::parse("0.000000000005"));
}

TEST_CASE("the parser agrees with a model that computes with strings") {
  std::mt19937_64 engine(seed());
  const auto up_to = [&](std::uint64_t last) { return engine() % (last + 1); };
  for (int left = 300'000; left > 0; --left) {
    // The digits are often 0, 4, 5 or 9, so that ties and carries occur. The point is anywhere, and
    // the exponent leads near the limit of the range.
    std::string digits(1 + up_to(left % 10 == 0 ? 60 : 24), '0');
    for (char& digit : digits)
      digit = up_to(2) == 0 ? static_cast<char>('0' + up_to(9)) : "00459"[up_to(4)];
    const auto point = up_to(digits.size() - 1) + 1;
    std::string text = digits;
    long exponent = 0;
    if (point < digits.size()) {
      text.insert(point, ".");
      exponent = static_cast<long>(point) - static_cast<long>(digits.size());
    }
    if (up_to(1) == 0) {
      const long written = static_cast<long>(up_to(50)) - 32;
      text += (up_to(1) ? "e" : "E") + std::string(written >= 0 && up_to(1) ? "+" : "") +
              std::to_string(written);
      exponent += written;
    }
    if (read(text) != model(digits, exponent))
      FAIL(text << " read as " << read(text) << ", not " << model(digits, exponent));
  }
}

TEST_CASE("the text of an amount reads as the same amount") {
  std::mt19937_64 engine(seed());
  for (int left = 200'000; left > 0; --left) {
    const auto picodollars = static_cast<std::int64_t>(engine() >> 1 >> engine() % 63);
    const std::string text = Amount{picodollars}.text();
    if (Amount::parse(text) != Amount{picodollars}) FAIL(picodollars << " is written " << text);
    if (text.find('.') != text.npos && text.back() == '0') FAIL(text << " is not the shortest");
    if (picodollars != 0 && Amount{-picodollars}.text() != "-" + text) FAIL("-" << text);
  }
}
