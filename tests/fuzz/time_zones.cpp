// Time zones: the file of a zone, or the rule of one, tells the clocks of another writing, and the
// hours and days of a report are those of that clock. An input that does not begin with "TZif" is
// the text of a rule, an offset or a name.

#include <chrono>
#include <limits>
#include <string>

#include "base/time_text.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "fuzz/zones.hpp"
#include "ledger/calendar.hpp"
#include "values/time_zone.hpp"

namespace fuzz {

namespace {

using namespace wayfare;
using namespace std::chrono;

constexpr std::int64_t hour_s = 3600;

void check_offset(std::int64_t found, std::int64_t by_hand, std::int64_t utc_s) {
  check(found == by_hand, "the clocks are wrong",
        "at " + std::to_string(utc_s) + " they are " + std::to_string(found) +
            " seconds ahead, by hand " + std::to_string(by_hand));
}

sys_seconds at(std::int64_t utc_s) { return sys_seconds(seconds(utc_s)); }

// The clocks by a rule, before and at each of its changes near some years.
template <class Found>
void check_rule(const RuleByHand& rule, const Found& found) {
  for (const int year : {1970, 1999, 2000, 2024, 2026, 2100, 9990}) {
    const auto changes = rule.changes_near(year);
    if (!changes) return;
    for (std::size_t each = 1; each < changes->size(); ++each) {
      const auto& [since, ahead] = (*changes)[each];
      found(since - 1, (*changes)[each - 1].second);
      found(since, ahead);
    }
    const sys_seconds summer = sys_days(std::chrono::year(year) / July / 1);
    const std::int64_t in_summer = summer.time_since_epoch().count();
    found(in_summer, offset_in(*changes, changes->front().second, in_summer));
  }
}

void rule(const std::string& text) {
  const auto found = ZoneRule::parse(text);
  if (text.size() > RuleByHand::size_max) return;
  const auto by_hand = RuleByHand::read(text);
  check(found.has_value() == by_hand.has_value(),
        found ? "a rule is read that is none" : "a rule is not read", text);
  if (!found) return;
  check_rule(*by_hand, [&](std::int64_t utc_s, std::int64_t ahead) {
    check_offset(found->offset_at(utc_s), ahead, utc_s);
  });
}

// The hour and the day of a report, of which the zone's clock tells the begin.
void check_periods(const TimeZone& zone, std::int64_t utc_s) {
  if (utc_s < 0 || at(utc_s) >= sys_days(year(9999) / January / 1)) return;
  const std::int64_t ahead = zone.offset_at(utc_s), utc_us = utc_s * 1'000'000;
  const ledger::Calendar calendar(zone);
  const auto text = [&](Dimension dimension) {
    return ledger::Calendar::text_of(dimension, calendar.period_of(dimension, utc_us));
  };
  check_equal(text(Dimension::day), day_text(floor<days>(at(utc_s + ahead))), "a day is wrong");
  if (ahead % 60 != 0 || ahead <= -24 * hour_s || ahead >= 24 * hour_s) return; // such have no text
  const auto begin = parse_time(text(Dimension::hour));
  check(begin && *begin <= at(utc_s) && at(utc_s) < *begin + hours(1), "a time is not in its hour",
        text(Dimension::hour) + " has " + std::to_string(utc_s));
}

void file(std::string_view bytes) {
  const auto found = TimeZone::parse(bytes);
  const auto by_hand = ZoneByHand::read(bytes);
  check(found.has_value() == by_hand.has_value(),
        found ? "a zone is read that is none" : "a zone is not read");
  if (!found) return;
  const bool is_short = by_hand->rule().size() <= RuleByHand::size_max;
  const auto behind = is_short ? RuleByHand::read(by_hand->rule()) : std::nullopt;
  const auto one = [&](std::int64_t utc_s) {
    if (!by_hand->is_behind(utc_s) || (is_short && !behind))
      check_offset(found->offset_at(utc_s), by_hand->offset_at(utc_s), utc_s);
    check_periods(*found, utc_s);
  };
  constexpr std::int64_t farthest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  for (const std::int64_t utc_s : {-farthest, -farthest / 2, std::int64_t{0}, farthest}) one(utc_s);
  for (const auto& [since, ahead] : by_hand->changes())
    if (since > -farthest && since < farthest) {
      one(since - 1);
      one(since);
      one(since + 30 * 60);
    }
  if (behind)
    check_rule(*behind, [&](std::int64_t utc_s, std::int64_t ahead) {
      if (by_hand->is_behind(utc_s)) check_offset(found->offset_at(utc_s), ahead, utc_s);
      check_periods(*found, utc_s);
    });
}

// A text that the caller gives: an offset, or the name of a zone.
void given(const std::string& text) {
  if (const auto zone = TimeZone::of_offset(text)) {
    const auto there = parse_time("2026-01-01T00:00:00" + (text == "UTC" ? "Z" : text));
    check(there && *there == sys_days(year(2026) / January / 1) - seconds(zone->offset_at(0)),
          "an offset is read wrong", text);
    check_periods(*zone, 1'790'000'000);
  }
  if (!TimeZone::is_name(text)) return;
  check(text.front() != '/' && ("/" + text + "/").find("/../") == text.npos &&
            text.find('\0') == text.npos,
        "a name leads out of the folder of the zones", text);
}

} // namespace

void time_zones(std::string_view input) {
  if (input.starts_with("TZif")) return file(input);
  rule(std::string(input));
  given(std::string(input));
}

} // namespace fuzz
