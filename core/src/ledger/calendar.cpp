#include "ledger/calendar.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>

#include "base/time_text.hpp"
#include "ledger/budgets.hpp"
#include "ledger/rollups.hpp"
#include "os/files.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t second_us = 1'000'000, minute_us = 60 * second_us;

std::int64_t floor_of(std::int64_t number, std::int64_t unit) {
  const std::int64_t rest = number % unit;
  return (number - (rest < 0 ? rest + unit : rest)) / unit;
}

// An hour is told by its begin in UTC, in minutes, and by the offset of the zone then. So the two
// hours of a night in which the clocks are set back stay apart.
constexpr std::int64_t offsets = 4096;

std::string hour_text(std::int64_t period) {
  const std::int64_t begin = floor_of(period, offsets);
  const std::int64_t offset = period - begin * offsets - offsets / 2;
  const Time local{std::chrono::microseconds((begin + offset) * minute_us)};
  std::string text = time_text(local).substr(0, 19);
  if (offset == 0) return text + "Z";
  std::array<char, 16> ahead{};
  const auto minutes = static_cast<int>(offset < 0 ? -offset : offset);
  std::snprintf(ahead.data(), ahead.size(), "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60,
                minutes % 60);
  return text + ahead.data();
}

} // namespace

std::optional<TimeZone> zone_of(const std::string& text) {
  if (text.empty()) return TimeZone();
  if (auto zone = TimeZone::of_offset(text)) return zone;
  if (!TimeZone::is_name(text)) return std::nullopt;
  constexpr std::size_t size_max = std::size_t{1} << 20;
  for (const char* folder : {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/etc/zoneinfo/"})
    if (const auto file = os::read_file(folder + text, size_max); file.found && file.fault.empty())
      if (auto zone = TimeZone::parse(file.text)) return zone;
  return std::nullopt;
}

std::int64_t Calendar::period_of(Dimension dimension, std::int64_t utc_us) const {
  const std::int64_t ahead_us = zone_.offset_at(floor_of(utc_us, second_us)) * second_us;
  const Window window = dimension == Dimension::hour    ? Window::hour
                        : dimension == Dimension::week  ? Window::week
                        : dimension == Dimension::month ? Window::month
                                                        : Window::day;
  const std::int64_t start_us = ledger::period_of(window, utc_us + ahead_us).start_us;
  if (window != Window::hour) return start_us / day_us;
  return (start_us - ahead_us) / minute_us * offsets + ahead_us / minute_us + offsets / 2;
}

std::string Calendar::text_of(Dimension dimension, std::int64_t period) {
  if (dimension == Dimension::hour) return hour_text(period);
  const std::string day = day_text(std::chrono::sys_days(std::chrono::days(period)));
  return dimension == Dimension::month ? day.substr(0, 7) : day;
}

} // namespace wayfare::ledger
