#include "wire/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace wayfare::wire {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds longest = std::chrono::hours(24 * 366);

milliseconds within(milliseconds wait) { return std::clamp(wait, milliseconds(0), longest); }

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() && value >= 0
             ? std::optional(value)
             : std::nullopt;
}

// Reads "1", "1.5" or "120". Rounds up to milliseconds.
std::optional<milliseconds> seconds_of(std::string_view text) {
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string thousandths(point == text.npos ? "" : text.substr(point + 1));
  const auto is_digits = [](std::string_view digits) {
    return digits.find_first_not_of("0123456789") == digits.npos;
  };
  if (whole.empty() || !is_digits(whole) || !is_digits(thousandths) ||
      (point != text.npos && thousandths.empty()))
    return std::nullopt;
  if (whole.size() > 9) return longest;
  const bool more =
      thousandths.size() > 3 && thousandths.find_first_not_of('0', 3) != std::string::npos;
  thousandths.resize(3, '0');
  return milliseconds(*number(whole) * std::int64_t{1000} + *number(thousandths) + (more ? 1 : 0));
}

// Reads the IMF-fixdate of RFC 9110, the only form still in use: "Wed, 21 Oct 2015 07:28:00 GMT".
std::optional<std::int64_t> date_of(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
      text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2)), minute = number(text.substr(20, 2)),
             second = number(text.substr(23, 2));
  const auto month = std::ranges::find(months, text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == months.end() || *hour > 23 ||
      *minute > 59 || *second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} +
         *hour * 3600 + *minute * 60 + *second;
}

} // namespace

std::optional<milliseconds> wait_of(std::string_view retry_after, std::int64_t now_s) {
  while (!retry_after.empty() && retry_after.front() == ' ') retry_after.remove_prefix(1);
  while (!retry_after.empty() && retry_after.back() == ' ') retry_after.remove_suffix(1);
  if (const auto wait = seconds_of(retry_after)) return within(*wait);
  if (const auto date = date_of(retry_after)) return within(milliseconds((*date - now_s) * 1000));
  return std::nullopt;
}

std::optional<milliseconds> wait_of(const ResponseHead& head) {
  // "700" or "700.5"
  if (const auto thousandfold = seconds_of(head.retry_after_ms))
    return within(milliseconds((thousandfold->count() + 999) / 1000));
  return wait_of(head.retry_after, head.wall_s);
}

std::optional<milliseconds> wait_until(std::int64_t reset, std::int64_t now_s) {
  if (reset <= 0 || reset > 100'000'000'000'000) return std::nullopt;
  const std::int64_t reset_ms = reset > 100'000'000'000 ? reset : reset * 1000;
  return within(milliseconds(reset_ms - now_s * 1000));
}

} // namespace wayfare::wire
