#include "values/time_zone.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <utility>

#include "values/digit.hpp"

namespace wayfare {

namespace {

constexpr std::int64_t day_s = 86'400;

// Sources: POSIX.1-2017, 8.3, and RFC 8536, 3.2 and 3.3.1.
constexpr int offset_hours_max = 24, change_hours_max = 167;
constexpr std::int64_t offset_s_min = -89'999, offset_s_max = 93'599;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// ---- The rule at the end of a file, such as CET-1CEST,M3.5.0,M10.5.0/3.

class RuleText {
 public:
  explicit RuleText(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_name() { // letters, or anything between < and >
    const bool quoted = take('<');
    const auto letters = std::ranges::find_if_not(rest_, is_letter) - rest_.begin();
    const std::size_t end = quoted ? rest_.find('>') : static_cast<std::size_t>(letters);
    if (end == rest_.npos || end == 0) return false;
    rest_.remove_prefix(end + (quoted ? 1 : 0));
    return true;
  }
  std::optional<int> take_number() {
    int number = 0;
    const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (failed != std::errc() || rest_.empty() || !is_digit(rest_.front())) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  std::optional<std::int64_t> take_time(int hours_max) {
    const bool is_negative = take('-');
    if (!is_negative) take('+');
    std::int64_t total = 0;
    for (const std::int64_t unit : {3600, 60, 1}) {
      if (unit != 3600 && !take(':')) break;
      const auto number = take_number();
      if (!number || *number > (unit == 3600 ? hours_max : 59)) return std::nullopt;
      total += *number * unit;
    }
    return is_negative ? -total : total;
  }
  std::optional<ZoneRule::Day> take_day() {
    using Kind = ZoneRule::Day::Kind;
    ZoneRule::Day day{.kind = Kind::zero_based};
    if (take('M')) {
      day.kind = Kind::month_week_day;
      const auto month = take_number(), week = take('.') ? take_number() : std::nullopt,
                 weekday = take('.') ? take_number() : std::nullopt;
      if (!month || !week || !weekday || *month < 1 || *month > 12 || *week < 1 || *week > 5 ||
          *weekday > 6)
        return std::nullopt;
      day.month = *month;
      day.week = *week;
      day.day = *weekday;
    } else {
      if (take('J')) day.kind = Kind::julian;
      const auto number = take_number();
      if (!number || *number > 365 || (day.kind == Kind::julian && *number < 1))
        return std::nullopt;
      day.day = *number;
    }
    if (!take('/')) return day;
    const auto time = take_time(change_hours_max);
    if (!time) return std::nullopt;
    day.time_s = *time;
    return day;
  }

 private:
  std::string_view rest_;
};

int year_of(std::int64_t local_s) {
  using namespace std::chrono;
  return static_cast<int>(year_month_day(floor<days>(sys_seconds(seconds(local_s)))).year());
}

// The time of a change in a year, by the clocks before the change.
std::int64_t local_time_of(const ZoneRule::Day& day, std::chrono::year year) {
  using namespace std::chrono;
  using Kind = ZoneRule::Day::Kind;
  sys_days date;
  if (day.kind == Kind::month_week_day) {
    const month in(static_cast<unsigned>(day.month));
    const weekday on(static_cast<unsigned>(day.day));
    date = day.week == 5 ? sys_days(year / in / on[last])
                         : sys_days(year / in / on[static_cast<unsigned>(day.week)]);
  } else {
    int number = day.day;
    if (day.kind == Kind::julian) { // counts no 29th of February
      number -= 1;
      if (year.is_leap() && day.day >= 60) number += 1;
    }
    date = sys_days(year / January / 1) + days(number);
  }
  return date.time_since_epoch().count() * day_s + day.time_s;
}

// ---- The file.

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool has(std::size_t size) const { return rest_.size() >= size; }
  std::string_view take(std::size_t size) { // which it has
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::int64_t take_number(std::size_t size) { // big-endian
    std::uint64_t number = 0;
    for (const char c : take(size)) number = number << 8 | static_cast<unsigned char>(c);
    if (size == 4) return static_cast<std::int32_t>(number);
    return static_cast<std::int64_t>(number);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Header {
  char version = 0;
  std::size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0;
  std::size_t size(std::size_t time) const { // of the data behind it
    return times * time + times + types * 6 + letters + leaps * (time + 4) + standard + ut;
  }
};

std::optional<Header> take_header(Bytes& bytes) {
  constexpr std::size_t size = 44, most = 1 << 16;
  if (!bytes.has(size) || bytes.take(4) != "TZif") return std::nullopt;
  Header header{.version = bytes.take(1).front()};
  bytes.take(15);
  for (std::size_t* count : {&header.ut, &header.standard, &header.leaps, &header.times,
                             &header.types, &header.letters}) {
    const std::int64_t number = bytes.take_number(4);
    if (number < 0 || number > static_cast<std::int64_t>(most)) return std::nullopt;
    *count = static_cast<std::size_t>(number);
  }
  return header;
}

} // namespace

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  RuleText rest(text);
  ZoneRule rule;
  if (!rest.take_name()) return std::nullopt;
  const auto west = rest.take_time(offset_hours_max);
  if (!west) return std::nullopt;
  rule.standard_s = -*west;
  if (rest.empty()) return rule;
  if (!rest.take_name()) return std::nullopt;
  rule.has_summer = true;
  rule.summer_s = rule.standard_s + 3600;
  if (!rest.take(',')) {
    const auto summer_west = rest.take_time(offset_hours_max);
    if (!summer_west || !rest.take(',')) return std::nullopt;
    rule.summer_s = -*summer_west;
  }
  const auto begin = rest.take_day();
  const auto end = begin && rest.take(',') ? rest.take_day() : std::nullopt;
  if (!end || !rest.empty()) return std::nullopt;
  rule.begin = *begin;
  rule.end = *end;
  return rule;
}

std::int64_t ZoneRule::offset_at(std::int64_t utc_s) const {
  if (!has_summer) return standard_s;
  // A change is up to 167 hours from its day, the two clocks up to 50 hours from each other, and
  // the day 365 may be in the next year: near a new year the changes of two years count.
  constexpr std::int64_t near_s = 11 * day_s;
  const int first = year_of(utc_s + standard_s - near_s);
  const int last = year_of(utc_s + standard_s + near_s);
  bool is_summer = false;
  for (int each = first; each <= last; ++each) {
    const std::chrono::year year(each);
    const std::int64_t from = local_time_of(begin, year) - standard_s;
    const std::int64_t to = local_time_of(end, year) - summer_s;
    if (each != first && utc_s < std::min(from, to)) break;
    const bool is_between = utc_s >= std::min(from, to) && utc_s < std::max(from, to);
    is_summer = is_between == (from < to);
  }
  return is_summer ? summer_s : standard_s;
}

std::optional<TimeZone> TimeZone::of_offset(std::string_view text) {
  TimeZone zone;
  if (text == "UTC" || text == "Z") return zone;
  const bool has_form = text.size() == 6 && (text[0] == '+' || text[0] == '-') &&
                        is_digit(text[1]) && is_digit(text[2]) && text[3] == ':' &&
                        is_digit(text[4]) && is_digit(text[5]);
  if (!has_form) return std::nullopt;
  const int hours = (text[1] - '0') * 10 + text[2] - '0';
  const int minutes = (text[4] - '0') * 10 + text[5] - '0';
  if (hours > 18 || minutes > 59) return std::nullopt;
  zone.first_s_ = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  return zone;
}

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
  Bytes bytes(file);
  auto header = take_header(bytes);
  std::size_t time = 4;
  if (header && header->version >= '2') { // behind the old data stand the same with longer times
    if (!bytes.has(header->size(time))) return std::nullopt;
    bytes.take(header->size(time));
    header = take_header(bytes);
    time = 8;
  }
  if (!header || header->types == 0 || !bytes.has(header->size(time))) return std::nullopt;
  TimeZone zone;
  for (std::size_t at = 0; at < header->times; ++at)
    zone.changes_.push_back({bytes.take_number(time), 0});
  std::vector<std::size_t> types;
  types.reserve(header->times);
  for (std::size_t at = 0; at < header->times; ++at)
    types.push_back(static_cast<unsigned char>(bytes.take(1).front()));
  std::vector<std::int64_t> offsets;
  for (std::size_t at = 0; at < header->types; ++at) {
    offsets.push_back(bytes.take_number(4));
    if (offsets.back() < offset_s_min || offsets.back() > offset_s_max) return std::nullopt;
    bytes.take(2);
  }
  zone.first_s_ = offsets.front();
  for (std::size_t at = 0; at < header->times; ++at) {
    if (types[at] >= offsets.size()) return std::nullopt;
    zone.changes_[at].offset_s = offsets[types[at]];
  }
  if (!std::ranges::is_sorted(zone.changes_, {}, &Change::since_s)) return std::nullopt;
  bytes.take(header->letters + header->leaps * (time + 4) + header->standard + header->ut);
  std::string_view rule = bytes.rest();
  if (time == 8 && rule.size() > 2 && rule.front() == '\n' && rule.back() == '\n')
    zone.rule_ = ZoneRule::parse(rule.substr(1, rule.size() - 2));
  return zone;
}

bool TimeZone::is_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '/' || text.back() == '/') return false;
  if (text.find("..") != text.npos || text.find("//") != text.npos) return false;
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

std::int64_t TimeZone::offset_at(std::int64_t utc_s) const {
  const auto after = std::ranges::upper_bound(changes_, utc_s, {}, &Change::since_s);
  if (after == changes_.end() && rule_) return rule_->offset_at(utc_s);
  return after == changes_.begin() ? first_s_ : std::prev(after)->offset_s;
}

} // namespace wayfare
