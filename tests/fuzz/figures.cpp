// Amounts, prices, times and waits in texts: by exact arithmetic of another writing, and read again
// from what they write. The first byte tells which of them the text is.

#include <charconv>
#include <chrono>
#include <string>

#include "base/time_text.hpp"
#include "catalogue/freshness.hpp"
#include "fuzz/check.hpp"
#include "fuzz/decimals.hpp"
#include "fuzz/targets.hpp"
#include "select/cost.hpp"
#include "values/booking.hpp"
#include "wire/retry_after.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

std::optional<Decimal> decimal(std::string_view text) { return Decimal::read(text); }

std::int64_t whole_number(Choices& choices) {
  const std::string digits(choices.text(8));
  std::uint64_t number = 0;
  for (const char c : digits) number = number << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(number);
}

void amount(std::string_view text) {
  const auto expected = decimal(text);
  const auto picounits = expected ? expected->picounits() : std::nullopt;
  const auto found = Amount::parse(text);
  check(found.has_value() == picounits.has_value(),
        found ? "an amount is read that is none" : "an amount is not read", text);
  if (!found) return;
  check(found->picodollars == *picounits, "an amount is read wrong", text);
  check(Amount::parse(found->text()) == found, "an amount is written wrong", text);
}

void price(Choices& choices) {
  const std::int64_t units = whole_number(choices) & std::numeric_limits<std::int64_t>::max();
  const std::string_view text = choices.text(std::string_view::npos);
  const auto found = Price::parse(text);
  if (!found) return;
  check(found->mantissa >= 0 && found->scale >= 0 && found->scale <= 30, "a price is out of range",
        text);
  check(decimal(text) == decimal(found->text()), "a price is read wrong", text);
  check(Price::parse(found->text()) == *found, "a price is written wrong", text);
  check(found->from_per_million().per_million() == *found, "a price per token is wrong", text);

  __extension__ typedef unsigned __int128 Wide;
  Decimal product{"", -found->scale};
  for (Wide left = Wide(found->mantissa) * Wide(units); left != 0; left /= 10)
    product.digits.insert(0, 1, static_cast<char>('0' + static_cast<int>(left % 10)));
  product.trim();
  for (const bool up : {false, true}) {
    const auto cost = select::times(*found, units, up);
    const auto by_hand = product.picounits(up);
    check(cost.has_value() == by_hand.has_value() && (!cost || cost->picodollars == *by_hand),
          "a price times units is wrong", std::string(text) + " * " + std::to_string(units));
  }
}

void time(std::string_view text) {
  const auto found = parse_time(text);
  if (!found) return;
  const std::string written = time_text(*found);
  check_utf8(written, "a time");
  using namespace std::chrono;
  const int year = static_cast<int>(year_month_day(floor<days>(*found)).year());
  if (year >= 0 && year <= 9999) // an offset may lead out of the years of four digits
    check(parse_time(written) == found, "a time is written wrong", written);
}

void wait(Choices& choices) {
  // Half of the clocks are near the dates of the texts.
  const std::int64_t now = whole_number(choices) % 100'000'000'000;
  const std::string_view text = choices.text(std::string_view::npos);
  const auto check_wait = [&](const auto& found) {
    check(!found || (found->count() >= 0 && *found <= std::chrono::hours(24 * 366)),
          "a wait is out of range", text);
  };
  check_wait(wire::wait_of(text, now));
  check_wait(wire::wait_of({.retry_after = "7", .retry_after_ms = std::string(text)}));
  check_wait(wire::wait_until(now, 1'700'000'000));
  check_wait(wire::wait_until(1'700'000'000, now));
  const bool is_number =
      !text.empty() && text.size() <= 7 && text.find_first_not_of("0123456789") == text.npos;
  if (is_number)
    check(wire::wait_of(text, now) == std::chrono::seconds(std::stoll(std::string(text))),
          "a wait in seconds is read wrong", text);
  const auto fresh = select::fresh_for(text);
  check(fresh >= 60 && fresh <= 86'400, "a list is fresh for too long or not long enough", text);
  select::may_keep(text);
}

void uid(std::string_view text) {
  if (const auto found = Uid::parse(text))
    check_equal(found->text(), text, "the id of an entry changes");
  Uid made;
  for (std::size_t at = 0; at < made.bytes.size() && at < text.size(); ++at)
    made.bytes[at] = static_cast<std::uint8_t>(text[at]);
  check(Uid::parse(made.text()) == made, "the id of an entry is not read again", made.text());
}

} // namespace

void figures(std::string_view input) {
  Choices choices(input);
  const unsigned which = choices.next();
  switch (which) {
    case 'p': return price(choices);
    case 't': return time(choices.text(std::string_view::npos));
    case 'w': return wait(choices);
    case 'u': return uid(choices.text(std::string_view::npos));
    default: return amount(input);
  }
}

} // namespace fuzz
