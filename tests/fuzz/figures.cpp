// Amounts, prices, times and waits in texts: by exact arithmetic of another writing, and read again
// from what they write. The first byte tells which of them the text is.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "base/time_text.hpp"
#include "catalogue/freshness.hpp"
#include "fuzz/check.hpp"
#include "fuzz/decimals.hpp"
#include "fuzz/targets.hpp"
#include "select/cost.hpp"
#include "values/booking.hpp"
#include "values/sums.hpp"
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
  const Price per_million = found->per_million();
  check(per_million.from_per_million() == *found || per_million == Price{sum_max, 0},
        "a price per million is wrong", text);
  // It is the largest one only where it does not fit.
  check(per_million.from_per_million() <= *found, "a price per million is too high", text);
  check(per_million.mantissa >= 0 && per_million.scale >= 0 && per_million.scale <= 30,
        "a price per million is out of range", text);

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
}

// How long a models list is fresh by its header, read in another way.
void freshness(std::string_view header) {
  std::vector<std::string> words(1);
  for (const char c : header) {
    if (c == ',')
      words.emplace_back();
    else if (c != ' ' && c != '\t')
      words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  std::int64_t expected = 300;
  bool may_keep = true, is_fleeting = false;
  for (const std::string& word : words) {
    may_keep = may_keep && word != "no-store";
    is_fleeting = is_fleeting || word.starts_with("no-store") || word.starts_with("no-cache");
    if (!word.starts_with("max-age=")) continue;
    const std::string number = word.substr(8);
    const std::size_t minus = number.starts_with('-') ? 1 : 0;
    const std::size_t end = std::min(number.find_first_not_of("0123456789", minus), number.size());
    const std::string digits = number.substr(minus, end - minus);
    const auto first = digits.find_first_not_of('0');
    const std::string_view kept =
        first == digits.npos ? std::string_view() : std::string_view(digits).substr(first);
    // What does not fit is no number.
    const std::string_view most = minus == 1 ? "9223372036854775808" : "9223372036854775807";
    if (digits.empty() || kept.size() > 19 || (kept.size() == 19 && kept > most)) continue;
    expected = minus == 1 || kept.empty() ? 0 : std::stoll(std::string(kept));
  }
  expected = is_fleeting ? 60 : std::clamp<std::int64_t>(expected, 60, 86'400);
  check(select::fresh_for(header) == expected, "a list is fresh for another time", header);
  check(select::may_keep(header) == may_keep, "a list may be kept, or not", header);
}

// When a failed fetch of the list is tried again: within an hour, and later after more failures.
void next_try(Choices& choices) {
  const auto failed = static_cast<int>(whole_number(choices));
  const auto chance = static_cast<std::uint64_t>(whole_number(choices));
  const std::int64_t wait = select::next_try(failed, chance);
  check(wait >= 15 && wait <= 3600, "a fetch is tried again at a wrong time");
  check(failed >= 2 || wait <= 30, "a fetch is tried again late");
  check(failed < 8 || wait >= 1800, "a fetch is tried again early");
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
    case 'f': return freshness(choices.text(std::string_view::npos));
    case 'n': return next_try(choices);
    case 'u': return uid(choices.text(std::string_view::npos));
    default: return amount(input);
  }
}

} // namespace fuzz
