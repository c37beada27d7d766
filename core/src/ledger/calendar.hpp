// Hours, days, weeks and months of a report, in a time zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/ledger.hpp>

#include "values/time_zone.hpp"

namespace wayfare::ledger {

// The zone with this name or offset; UTC for "". Reads the zone files of the system. Nothing for a
// zone that they do not have.
std::optional<TimeZone> zone_of(const std::string& text);

// Whether it is a period of a Calendar.
inline bool is_of_time(Dimension one) {
  return one == Dimension::hour || one == Dimension::day || one == Dimension::week ||
         one == Dimension::month;
}

class Calendar {
 public:
  explicit Calendar(TimeZone zone) : zone_(std::move(zone)) {}

  // The number of the period that has this time, for Dimension hour, day, week or month: of a day,
  // week or month, the first day. Later periods have higher numbers.
  std::int64_t period_of(Dimension dimension, std::int64_t utc_us) const;

  // As UsageRow has it.
  static std::string text_of(Dimension dimension, std::int64_t period);

 private:
  const TimeZone zone_;
};

} // namespace wayfare::ledger
