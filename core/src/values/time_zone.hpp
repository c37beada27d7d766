// A time zone: how far its clocks are ahead of UTC at a given time. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wayfare {

// A rule for the years after the last listed change of a zone. Source: POSIX.1-2017, 8.3 (TZ).
struct ZoneRule {
  struct Day { // when the clocks change: a day of the year, and seconds after its midnight
    enum class Kind : std::uint8_t { month_week_day, julian, zero_based } kind;
    int month = 0, week = 0, day = 0;
    std::int64_t time_s = 7200;
  };
  std::int64_t standard_s = 0, summer_s = 0; // ahead of UTC
  bool has_summer = false;
  Day begin{}, end{}; // of the summer time

  static std::optional<ZoneRule> parse(std::string_view text);
  std::int64_t offset_at(std::int64_t utc_s) const;
};

class TimeZone {
 public:
  // "UTC", "Z", or an offset such as "+02:00" or "-03:30". Nothing for another text.
  static std::optional<TimeZone> of_offset(std::string_view text);

  // A file of the zone database. Source: RFC 8536. Nothing for another content.
  static std::optional<TimeZone> parse(std::string_view file);

  // Whether a text may be the name of a zone, such as "Europe/Berlin": no name leads out of the
  // folder of the zones.
  static bool is_name(std::string_view text);

  // The seconds that the clocks are ahead of UTC.
  std::int64_t offset_at(std::int64_t utc_s) const;

 private:
  struct Change {
    std::int64_t since_s, offset_s;
  };
  std::int64_t first_s_ = 0;    // before the first change
  std::vector<Change> changes_; // in order
  std::optional<ZoneRule> rule_;
};

} // namespace wayfare
