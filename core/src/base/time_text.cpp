#include "base/time_text.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace wayfare {

namespace {

using namespace std::chrono;

// Reads exactly `digits` digits at the start and removes them.
std::optional<int> number(std::string_view& text, std::size_t digits) noexcept {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t at = 0; at < digits; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, std::string_view any_of) noexcept {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<microseconds> fraction(std::string_view& text) noexcept {
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 6; ++digits)
    value = value * 10 + *number(text, 1);
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) value *= 10;
  return microseconds(value);
}

// Reads "Z" or "+hh:mm". Nothing may follow.
std::optional<minutes> offset(std::string_view text) noexcept {
  if (text == "Z" || text == "z") return minutes(0);
  const bool west = text.starts_with('-');
  if (!skip(text, "+-")) return std::nullopt;
  const auto hour = number(text, 2);
  if (!hour || *hour > 23 || !skip(text, ":")) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute || *minute > 59 || !text.empty()) return std::nullopt;
  const minutes east = hours(*hour) + minutes(*minute);
  return west ? -east : east;
}

} // namespace

std::string day_text(sys_days day) {
  const year_month_day date(day);
  std::array<char, 32> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string time_text(Time time) {
  const auto day = floor<days>(time);
  const hh_mm_ss clock(time - day);
  std::array<char, 32> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "T%02d:%02d:%02d.%06dZ", static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return day_text(day) + std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<Time> parse_time(std::string_view text) noexcept {
  const auto y = number(text, 4);
  if (!y || !skip(text, "-")) return std::nullopt;
  const auto m = number(text, 2);
  if (!m || !skip(text, "-")) return std::nullopt;
  const auto d = number(text, 2);
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(d.value_or(0))));
  if (!date.ok()) return std::nullopt;
  const Time midnight = sys_days(date);
  if (text.empty()) return midnight;

  if (!skip(text, "Tt ")) return std::nullopt;
  const auto hour = number(text, 2);
  if (!hour || *hour > 23 || !skip(text, ":")) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute || *minute > 59 || !skip(text, ":")) return std::nullopt;
  const auto second = number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  microseconds part(0);
  if (skip(text, ".")) {
    const auto read = fraction(text);
    if (!read) return std::nullopt;
    part = *read;
  }
  const auto east = offset(text);
  if (!east) return std::nullopt;
  return midnight + hours(*hour) + minutes(*minute) + seconds(*second) + part - *east;
}

} // namespace wayfare
