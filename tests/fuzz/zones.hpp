// Time zones read in another way, to compare wayfare's with: by the offsets of a file, a regular
// expression, and lists of changes. Slow.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzz {

// When the clocks change (seconds of UTC), and how far they are ahead of UTC from then on.
using Changes = std::vector<std::pair<std::int64_t, std::int64_t>>;
inline std::int64_t offset_in(const Changes& changes, std::int64_t first, std::int64_t utc_s) {
  std::int64_t offset = first;
  for (const auto& [since, ahead] : changes)
    if (since <= utc_s) offset = ahead;
  return offset;
}

// The rule behind the changes of a file. Source: POSIX.1-2017, 8.3 (TZ), and RFC 8536, 3.3.1.
class RuleByHand {
 public:
  static constexpr std::size_t size_max = 200; // of a text: a regular expression is slow

  static std::optional<RuleByHand> read(const std::string& text) {
    const std::string name = "(?:<[^>]+>|[A-Za-z]+)";
    const std::string time = "([-+]?)([0-9]+)(?::([0-9]+))?(?::([0-9]+))?";
    const std::string day = ",(M([0-9]+)\\.([0-9]+)\\.([0-9]+)|J?([0-9]+))(?:/" + time + ")?";
    static const std::regex form(name + time + "(?:" + name + "(?:" + time + ")?" + day + day +
                                 ")?");
    std::smatch parts;
    if (!std::regex_match(text, parts, form)) return std::nullopt;
    RuleByHand rule;
    rule.parts_ = {parts.begin(), parts.end()};
    const auto standard = rule.time(1, 24), summer = rule.time(5, 24);
    if (!standard) return std::nullopt;
    rule.standard_ = -*standard;
    rule.has_summer_ = !rule.parts_[9].empty();
    if (!rule.has_summer_) return rule;
    if (!rule.parts_[6].empty() && !summer) return std::nullopt;
    rule.summer_ = summer ? -*summer : rule.standard_ + 3600;
    for (const std::size_t at : {9, 18})
      if (!rule.is_day(at)) return std::nullopt;
    return rule;
  }

  // Around that year. Nothing where the rule does not tell one order of summers and winters.
  std::optional<Changes> changes_near(int year) const {
    if (!has_summer_) return Changes{{std::numeric_limits<std::int64_t>::min(), standard_}};
    Changes changes;
    for (int each = year - 2; each <= year + 2; ++each) {
      changes.emplace_back(moment(9, each) - standard_, summer_);
      changes.emplace_back(moment(18, each) - summer_, standard_);
    }
    const bool begins_in_summer = changes[1].first < changes[0].first;
    if (begins_in_summer)
      for (std::size_t at = 0; at < changes.size(); at += 2)
        std::swap(changes[at], changes[at + 1]);
    for (std::size_t at = 1; at < changes.size(); ++at)
      if (changes[at].first <= changes[at - 1].first ||
          changes[at].second == changes[at - 1].second)
        return std::nullopt;
    return changes;
  }

 private:
  std::optional<std::int64_t> number(std::size_t part, std::int64_t least,
                                     std::int64_t most) const {
    const std::string& digits = parts_[part];
    const auto from = digits.find_first_not_of('0');
    const std::string significant = from == digits.npos ? "0" : digits.substr(from);
    if (digits.empty() || significant.size() > 4) return std::nullopt;
    const std::int64_t value = std::stoll(significant);
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
  }
  // In seconds: a sign, hours, minutes, seconds.
  std::optional<std::int64_t> time(std::size_t part, std::int64_t hours_max) const {
    const auto hours = number(part + 1, 0, hours_max);
    std::int64_t seconds = hours.value_or(0) * 3600;
    for (const std::size_t at : {std::size_t{2}, std::size_t{3}}) {
      if (parts_[part + at].empty()) continue;
      const auto some = number(part + at, 0, 59);
      if (!some) return std::nullopt;
      seconds += at == 2 ? *some * 60 : *some;
    }
    if (!hours) return std::nullopt;
    return parts_[part] == "-" ? -seconds : seconds;
  }
  // The parts of a day: all of it, month, week, weekday, the number of the day, and its time.
  bool is_day(std::size_t part) const {
    if (!parts_[part + 6].empty() && !time(part + 5, 167)) return false;
    if (parts_[part].front() == 'M')
      return number(part + 1, 1, 12) && number(part + 2, 1, 5) && number(part + 3, 0, 6);
    return number(part + 4, parts_[part].front() == 'J' ? 1 : 0, 365).has_value();
  }
  // By the clocks before the change.
  std::int64_t moment(std::size_t part, int year) const {
    using namespace std::chrono;
    const auto number_of = [&](std::size_t at) { return *number(part + at, 0, 365); };
    const std::int64_t time_of_day = time(part + 5, 167).value_or(2 * 3600);
    sys_days day = sys_days(std::chrono::year(year) / January / 1);
    if (parts_[part].front() == 'M') { // by walking over the days of the month
      const auto of_month = static_cast<unsigned>(number_of(1));
      const weekday wanted(static_cast<unsigned>(number_of(3)));
      day = sys_days(std::chrono::year(year) / month(of_month) / 1);
      while (weekday(day) != wanted) day += days(1);
      for (std::int64_t week = 1; week < number_of(2); ++week)
        if (year_month_day(day + days(7)).month() == month(of_month)) day += days(7);
    } else if (parts_[part].front() == 'J') { // by walking over the days of the year
      for (std::int64_t left = number_of(4) - 1; left > 0; --left) {
        day += days(1);
        const year_month_day date(day);
        if (date.month() == February && date.day() == std::chrono::day(29)) day += days(1);
      }
    } else {
      day += days(number_of(4));
    }
    return sys_seconds(day).time_since_epoch().count() + time_of_day;
  }

  std::vector<std::string> parts_;
  std::int64_t standard_ = 0, summer_ = 0;
  bool has_summer_ = false;
};

// A file of the zone database. Source: RFC 8536.
class ZoneByHand {
 public:
  static std::optional<ZoneByHand> read(std::string_view file) {
    ZoneByHand zone;
    Block block{file, 0, 4};
    if (!block.is_whole()) return std::nullopt;
    if (file[4] >= '2') {
      block = {file, block.end(), 8};
      if (!block.is_whole()) return std::nullopt;
    }
    if (block.count(4) == 0) return std::nullopt;
    zone.first_ = block.offset(0);
    for (std::int64_t at = 0; at < block.count(4); ++at)
      if (!is_offset(block.offset(at))) return std::nullopt;
    for (std::int64_t at = 0; at < block.count(3); ++at) {
      const std::int64_t type = block.type(at);
      if (type >= block.count(4)) return std::nullopt;
      zone.changes_.emplace_back(block.time_of(at), block.offset(type));
      if (at > 0 && zone.changes_[at].first < zone.changes_[at - 1].first) return std::nullopt;
    }
    const std::string_view rest = file.substr(block.end());
    if (block.time == 8 && rest.size() > 2 && rest.front() == '\n' && rest.back() == '\n')
      zone.rule_ = rest.substr(1, rest.size() - 2);
    return zone;
  }

  const Changes& changes() const { return changes_; }
  // Empty if there is none.
  const std::string& rule() const { return rule_; }

  // By the listed changes alone.
  std::int64_t offset_at(std::int64_t utc_s) const { return offset_in(changes_, first_, utc_s); }
  // Whether the rule counts then.
  bool is_behind(std::int64_t utc_s) const {
    return changes_.empty() || changes_.back().first <= utc_s;
  }

 private:
  static bool is_offset(std::int64_t offset) { // RFC 8536, 3.2
    return offset > -25 * 3600 && offset < 26 * 3600;
  }

  // A header and its data, at a place of the file. `time` is the size of one time.
  struct Block {
    std::string_view file;
    std::size_t at;
    std::int64_t time;

    std::int64_t number(std::size_t place, std::int64_t size) const { // with a sign
      std::int64_t value = static_cast<signed char>(file[place]);
      for (std::int64_t byte = 1; byte < size; ++byte)
        value = value * 256 + static_cast<unsigned char>(file[place + byte]);
      return value;
    }
    // Of those in the header: 0 to 5 are UT marks, standard marks, leap seconds, times, types and
    // letters.
    std::int64_t count(std::size_t which) const { return number(at + 20 + 4 * which, 4); }
    std::size_t types_begin() const { return at + 44 + count(3) * (time + 1); }
    std::size_t end() const {
      return types_begin() + count(4) * 6 + count(5) + count(2) * (time + 4) + count(1) + count(0);
    }
    bool is_whole() const {
      if (file.size() < at + 44 || file.substr(at, 4) != "TZif") return false;
      for (const std::size_t which : {0, 1, 2, 3, 4, 5})
        if (count(which) < 0 || count(which) > 65536) return false;
      return file.size() >= end();
    }
    std::int64_t time_of(std::int64_t which) const { return number(at + 44 + which * time, time); }
    std::int64_t type(std::int64_t which) const {
      return static_cast<unsigned char>(file[at + 44 + count(3) * time + which]);
    }
    std::int64_t offset(std::int64_t type) const { return number(types_begin() + type * 6, 4); }
  };

  std::int64_t first_ = 0;
  Changes changes_;
  std::string rule_;
};

} // namespace fuzz
