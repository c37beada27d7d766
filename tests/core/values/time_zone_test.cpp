// Time zones, from files in the form of RFC 8536 that are made here.

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "values/time_zone.hpp"

using namespace wayfare;

namespace {

std::string number(std::int64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t at = size; at-- > 0;) bytes += static_cast<char>(value >> (8 * at) & 0xFF);
  return bytes;
}

using Changes = std::vector<std::pair<std::int64_t, std::int64_t>>; // since, offset

std::string block(char version, std::size_t time, std::int64_t first, const Changes& changes) {
  std::string bytes = std::string("TZif") + version + std::string(15, '\0');
  for (const std::size_t count : {0UL, 0UL, 0UL, changes.size(), changes.size() + 1, 4UL})
    bytes += number(static_cast<std::int64_t>(count), 4);
  for (const auto& [since, offset] : changes) bytes += number(since, time);
  for (std::size_t at = 0; at < changes.size(); ++at) bytes += static_cast<char>(at + 1);
  bytes += number(first, 4) + std::string(2, '\0');
  for (const auto& [since, offset] : changes) bytes += number(offset, 4) + std::string(2, '\0');
  return bytes + std::string("ABC\0", 4);
}

std::string file(std::int64_t first, const Changes& changes, const std::string& rule) {
  return block('2', 4, 0, {}) + block('2', 8, first, changes) + "\n" + rule + "\n";
}

constexpr std::int64_t hour = 3600;
// 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC: the clocks of Berlin change.
constexpr std::int64_t spring = 1'774'746'000, autumn = 1'792'890'000;

} // namespace

TEST_CASE("offsets are read, and nothing else is an offset") {
  const auto offset = [](const char* text) {
    const auto zone = TimeZone::of_offset(text);
    return zone ? zone->offset_at(spring) : -1;
  };
  CHECK(offset("UTC") == 0);
  CHECK(offset("Z") == 0);
  CHECK(offset("+02:00") == 2 * hour);
  CHECK(offset("-03:30") == -3 * hour - 1800);
  for (const char* odd : {"", "2", "+2:00", "+02:0", "+0200", "+19:00", "+02:60", "02:00", "+a2:00",
                          "utc", "+02:00 "})
    CHECK_FALSE(TimeZone::of_offset(odd));
}

TEST_CASE("the rule behind the last change of a file gives the summer time of every year") {
  const auto zone = TimeZone::parse(file(hour, {}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  REQUIRE(zone);
  CHECK(zone->offset_at(spring - 1) == hour);
  CHECK(zone->offset_at(spring) == 2 * hour);
  CHECK(zone->offset_at(autumn - 1) == 2 * hour);
  CHECK(zone->offset_at(autumn) == hour);
  // in the south summer goes over the new year
  const auto south = TimeZone::parse(file(0, {}, "AEST-10AEDT,M10.1.0,M4.1.0/3")).value();
  CHECK(south.offset_at(1'767'225'600) == 11 * hour); // January
  CHECK(south.offset_at(1'783'000'000) == 10 * hour); // July
  // a name between < and >, an own summer offset, Julian days and times below zero
  const auto odd = TimeZone::parse(file(0, {}, "<-02>2<-01>1,M3.5.0/-1,M10.5.0/0")).value();
  CHECK(odd.offset_at(spring - 1) == -2 * hour);
  CHECK(odd.offset_at(spring) == -hour);
  const auto julian = TimeZone::parse(file(0, {}, "AAA0BBB,J60/0,364/0")).value();
  CHECK(julian.offset_at(1'709'251'199) == 0);    // 2024-02-29 23:59:59: day 60 is the 1st of March
  CHECK(julian.offset_at(1'709'251'200) == hour); // 2024-03-01
}

TEST_CASE("a change of a rule may be in the year before or after its day") {
  const auto offset = [](const char* rule, std::int64_t utc_s) {
    return ZoneRule::parse(rule).value().offset_at(utc_s);
  };
  constexpr std::int64_t new_year = 1'798'761'600; // 2027-01-01
  constexpr std::int64_t day = 24 * hour;
  // Summer ends on the second of January, at the hour 48 of the 31st of December in summer time.
  const char* after = "AAA0BBB,M4.1.0,J365/48";
  CHECK(offset(after, new_year + day - hour - 1) == hour);
  CHECK(offset(after, new_year + day - hour) == 0);
  CHECK(offset(after, new_year - 300 * day) == 0);
  const char* before = "AAA0BBB,J1/-48,M4.1.0"; // begins on the 30th of December
  CHECK(offset(before, new_year - 2 * day - 1) == 0);
  CHECK(offset(before, new_year - 2 * day) == hour);
  CHECK(offset(before, new_year) == hour);
  const char* always = "EST5EDT,0/0,J365/25"; // RFC 8536, 3.3.1: summer time in all the year
  for (const std::int64_t from : {-5 * hour, std::int64_t{0}, 5 * hour, 200 * day})
    for (const std::int64_t second : {-1, 0, 1})
      CHECK(offset(always, new_year + from + second) == -4 * hour);
}

TEST_CASE("the name in a rule has letters, or anything between < and >") {
  CHECK(ZoneRule::parse("AAA1<+:1>,J60,J90"));
  for (const char* odd : {"A:B1", "AAA1:BB,J60,J90", "AAA1B B,J60,J90", "<>1", "<A1", "1", "ä1"})
    CHECK_FALSE(ZoneRule::parse(odd));
}

TEST_CASE("an offset of more than a day is none") {
  CHECK(ZoneRule::parse("XXX-24:59:59")->offset_at(0) == 25 * hour - 1);
  CHECK_FALSE(ZoneRule::parse("XXX-25"));
  CHECK_FALSE(ZoneRule::parse("XXX0YYY25,M3.5.0,M10.5.0"));
  CHECK(ZoneRule::parse("XXX0YYY,M3.5.0/-167,M10.5.0/167"));
  CHECK(TimeZone::parse(file(26 * hour - 1, {}, "")));
  CHECK(TimeZone::parse(file(-25 * hour + 1, {}, "")));
  CHECK_FALSE(TimeZone::parse(file(26 * hour, {}, "")));
  CHECK_FALSE(TimeZone::parse(file(-25 * hour, {}, "")));
  CHECK_FALSE(TimeZone::parse(file(0, {{1000, 1 << 30}}, "")));
}

TEST_CASE("listed changes count until the last one") {
  const auto zone = TimeZone::parse(file(100, {{1000, 200}, {2000, 300}}, "XXX-5")).value();
  CHECK(zone.offset_at(-5) == 100);
  CHECK(zone.offset_at(999) == 100);
  CHECK(zone.offset_at(1000) == 200);
  CHECK(zone.offset_at(1999) == 200);
  CHECK(zone.offset_at(2000) == 5 * hour); // by the rule
  CHECK(TimeZone::parse(file(100, {{1000, 200}}, ""))->offset_at(5000) == 200);
  const auto old = TimeZone::parse(block('\0', 4, 7, {{1000, 9}})); // the first version
  REQUIRE(old);
  CHECK(old->offset_at(1000) == 9);
}

TEST_CASE("a file that is cut or damaged is refused or read, and never read beyond its end") {
  const std::string whole = file(100, {{1000, 200}, {2000, 300}}, "CET-1CEST,M3.5.0,M10.5.0/3");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto zone = TimeZone::parse(whole.substr(0, size));
    if (zone) CHECK(zone->offset_at(1500) == 200);
  }
  CHECK_FALSE(TimeZone::parse(""));
  CHECK_FALSE(TimeZone::parse("TZif2"));
  CHECK_FALSE(TimeZone::parse(file(0, {{2000, 1}, {1000, 2}}, "")));
  std::mt19937 random(7); // NOLINT: the same bytes in every run
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 3; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto zone = TimeZone::parse(bytes)) zone->offset_at(spring);
  }
}

TEST_CASE("a name of a zone leads out of no folder") {
  for (const char* good : {"Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires"})
    CHECK(TimeZone::is_name(good));
  for (const char* bad : {"", "/etc/passwd", "../../etc/passwd", "Europe/../x", "a//b", "Europe/",
                          "a b", "a\n", "~/x"})
    CHECK_FALSE(TimeZone::is_name(bad));
}
