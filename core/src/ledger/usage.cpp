// The report `usage`.
#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/calendar.hpp"
#include "ledger/groups.hpp"
#include "ledger/reports.hpp"
#include "ledger/rollups.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t dimensions = values_of<Dimension>.values.size();
// The member of a row for each Dimension.
constexpr std::array<std::optional<std::string> UsageRow::*, dimensions> dimension_values{
    &UsageRow::day,
    &UsageRow::app,
    &UsageRow::agent,
    &UsageRow::model,
    &UsageRow::provider,
    &UsageRow::key,
    &UsageRow::user,
    &UsageRow::tag,
    &UsageRow::run,
    &UsageRow::hour,
    &UsageRow::week,
    &UsageRow::month,
    &UsageRow::requested_model,
    &UsageRow::agent_version};

constexpr const char* sum_columns =
    "calls, unknown, prompt, completion, cached, cache_write, reasoning, cost_p, byok_calls, "
    "upstream_unknown, upstream_p";

// A family of tables of sums adds these to sum_columns, and the same below zero.
struct Sums {
  const char* family;
  const char* columns;
  const char* negative;
};
constexpr Sums all_calls{
    "rollup_",
    "calls, unknown, prompt, completion, cached, cache_write, reasoning, cost_p, 0 AS byok_calls, "
    "0 AS upstream_unknown, 0 AS upstream_p",
    "-calls, -unknown, -prompt, -completion, -cached, -cache_write, -reasoning, -cost_p, 0, 0, 0"};
constexpr Sums byok_calls{
    "byok_",
    "0 AS calls, 0 AS unknown, 0 AS prompt, 0 AS completion, 0 AS cached, 0 AS cache_write, 0 AS "
    "reasoning, 0 AS cost_p, calls AS byok_calls, unknown AS upstream_unknown, cost_p AS "
    "upstream_p",
    "0, 0, 0, 0, 0, 0, 0, 0, -calls, -unknown, -cost_p"};

bool is_within(const std::vector<Dimension>& by, std::initializer_list<Dimension> known) {
  return std::ranges::all_of(by, [&](Dimension one) {
    if (one == Dimension::week || one == Dimension::month) one = Dimension::day;
    return std::ranges::find(known, one) != known.end();
  });
}

// The SQL for the rows of the sums by day; empty if they do not have all dimensions. ?1 and ?2 are
// days. `us` is the midnight with which the day begins.
std::string sums_of(const UsageQuery& query, const Sums& sums) {
  using enum Dimension;
  const std::vector<Dimension>& by = query.by;
  if (!query.time_zone.empty()) return {};
  const std::string days = " WHERE day >= ?1 AND day < ?2",
                    us = "SELECT day * 86400000000 AS us, app, 0 AS requested_model, 0 AS "
                         "agent_version, ";
  if (is_within(by, {day, app, agent, model, provider, key}))
    return us + "agent, model, provider, key, 0 AS user, '' AS tag, '' AS run, " + sums.columns +
           " FROM " + sums.family + "day" + days;
  const std::string others = us + "0 AS agent, model, 0 AS provider, 0 AS key, ";
  if (is_within(by, {day, app, model, tag}))
    return others + "0 AS user, (SELECT text FROM name WHERE id = r.tag) AS tag, '' AS run, " +
           sums.columns + " FROM " + sums.family + "tag r" + days;
  if (!is_within(by, {day, app, model, user})) return {};
  // calls without a user are the difference to all calls
  const std::string rest = ", '' AS tag, '' AS run, ", by_user = std::string(sums.family) + "user";
  return others + "user" + rest + sums.columns + " FROM " + by_user + days + " UNION ALL " +
         others + "0 AS user" + rest + sums.columns + " FROM " + sums.family + "day" + days +
         " UNION ALL " + others + "0 AS user" + rest + sums.negative + " FROM " + by_user + days;
}

// The columns of one attempt, for both tables.
std::string columns_of_attempt(bool by_tag) {
  return "SELECT reserved_us AS us, app, requested AS requested_model, coalesce(agent_version, 0) "
         "AS "
         "agent_version, agent, CASE served WHEN 0 "
         "THEN requested ELSE served END AS model, provider, key, user, " +
         std::string(by_tag ? "tags.value" : "''") + " AS tag, coalesce(run, '') AS run, ";
}

bool goes_by_tag(const UsageQuery& query) {
  return std::ranges::find(query.by, Dimension::tag) != query.by.end();
}

// The SQL for the rows to sum: the dimensions and sum_columns. Entries are read from the id `first`
// on.
std::string source_of(const UsageQuery& query, std::int64_t first) {
  if (const std::string sums = sums_of(query, all_calls); !sums.empty())
    return sums + " UNION ALL " + sums_of(query, byok_calls);
  const bool by_tag = goes_by_tag(query);
  const std::string from = ".id >= " + std::to_string(first);
  return columns_of_attempt(by_tag) +
         "kind <> 3 AS calls, CASE kind WHEN 3 THEN -(cost_p IS "
         "NOT NULL) ELSE cost_p IS NULL END AS unknown, "
         "coalesce(prompt, 0) AS prompt, coalesce(completion, 0) AS completion, coalesce(cached, "
         "0) AS cached, "
         "coalesce(cache_write, 0) AS cache_write, coalesce(reasoning, 0) AS reasoning, "
         "coalesce(cost_p, 0) AS cost_p, byok IS 1 AS byok_calls, CASE WHEN byok = 1 THEN "
         "upstream_p IS NULL ELSE -(upstream_p IS NOT NULL) END AS upstream_unknown, "
         "coalesce(upstream_p, 0) AS upstream_p FROM entry" +
         (by_tag
              ? ", (SELECT DISTINCT e.id AS entry, value FROM entry e, json_each(e.tags) WHERE e" +
                    from + ") tags"
              : "") +
         " WHERE entry" + from + (by_tag ? " AND tags.entry = entry.id" : "") +
         " AND kind <> 1 AND reserved_us >= ?3 AND reserved_us < ?4";
}

// The SQL for the attempts without an end. There are few of them.
std::string pending_of(const UsageQuery& query) {
  const bool by_tag = goes_by_tag(query);
  return columns_of_attempt(by_tag) +
         "1 AS calls, 1 AS unknown, coalesce(prompt, 0) AS "
         "prompt, coalesce(completion, 0) AS "
         "completion, "
         "coalesce(cached, 0) AS cached, coalesce(cache_write, 0) AS cache_write, "
         "coalesce(reasoning, 0) AS reasoning, 0 AS cost_p, 0 AS byok_calls, 0 AS "
         "upstream_unknown, 0 AS upstream_p, coalesce(bound_p, 0) AS held_p FROM pending" +
         (by_tag
              ? ", (SELECT DISTINCT p.uid AS entry, value FROM pending p, json_each(p.tags)) tags"
              : "") +
         " WHERE " + (by_tag ? "tags.entry = pending.uid AND " : "") +
         "reserved_us >= ?3 AND reserved_us < ?4";
}

} // namespace

std::string fault_of(const UsageQuery& query) {
  for (const Dimension by : query.by) {
    if (name(by).empty()) return "by of usage has an unknown dimension";
    if (std::ranges::count(query.by, by) > 1)
      return "usage is asked for by \"" + std::string(name(by)) + "\" twice";
  }
  if (!query.time_zone.empty()) {
    if (std::ranges::none_of(query.by, is_of_time))
      return "time_zone of usage is given without an hour, day, week or month in by";
    if (!zone_of(query.time_zone))
      return "time_zone of usage is neither an offset such as +02:00 nor a zone that this machine "
             "knows, such as Europe/Berlin (package tzdata)";
  }
  if (sums_of(query, all_calls).empty()) return {};
  for (const auto& [what, time] :
       {std::pair{"since", query.since}, std::pair{"until", query.until}})
    if (time && micros(time, 0) % day_us != 0)
      return std::string(what) +
             " of usage is not a UTC midnight: sums are kept by day; use entries() for less";
  return {};
}

namespace {

// The members for the sums of a row, in the order of the columns. A null stands for an amount.
constexpr std::array<std::int64_t UsageRow::*, 12> counted_members{&UsageRow::calls,
                                                                   &UsageRow::unknown,
                                                                   &UsageRow::prompt_tokens,
                                                                   &UsageRow::completion_tokens,
                                                                   &UsageRow::cached_tokens,
                                                                   &UsageRow::cache_write_tokens,
                                                                   &UsageRow::reasoning_tokens,
                                                                   nullptr,
                                                                   &UsageRow::byok_calls,
                                                                   &UsageRow::upstream_unknown,
                                                                   nullptr,
                                                                   nullptr};
constexpr std::array<std::pair<std::size_t, Amount UsageRow::*>, 3> amount_members{
    {{7, &UsageRow::cost}, {10, &UsageRow::upstream_cost}, {11, &UsageRow::held}}};

// The sums of a row. They are exact in themselves, whatever the order of the rows.
struct Group {
  std::array<Wide, counted_members.size()> sums{};
  bool saturated = false; // what was added was saturated itself

  void add(std::size_t at, std::int64_t more) {
    sums[at] += more;
    saturated = saturated || more >= sum_max || more <= -sum_max;
  }
  UsageRow row() const {
    UsageRow row;
    row.saturated = saturated;
    const auto told = [&](Wide sum) {
      row.saturated = row.saturated || sum > sum_max;
      // Without a user: a difference, which what was saturated may bring below zero.
      return std::max(narrowed(sum), saturated ? std::int64_t{0} : -sum_max);
    };
    for (std::size_t at = 0; at < sums.size(); ++at)
      if (counted_members[at]) row.*counted_members[at] = told(sums[at]);
    for (const auto& [at, member] : amount_members) (row.*member).picodollars = told(sums[at]);
    return row;
  }
};

// Sums the rows with a hash table. SQLite's GROUP BY would sort them first, which takes most of the
// time of a report over a month.
class UsageGroups {
 public:
  UsageGroups(sqlite::Database& database, const std::vector<Dimension>& by, TimeZone zone)
      : by_(by),
        calendar_(std::move(zone)),
        name_(database.prepare("SELECT text FROM name WHERE id = ?1")) {
    for (std::size_t at = 0; at < by_.size(); ++at)
      is_text_[at] = by_[at] == Dimension::run || by_[at] == Dimension::tag;
  }

  void add(const sqlite::Statement& row) {
    GroupKey key{};
    int column = 0;
    for (std::size_t at = 0; at < by_.size(); ++at, ++column)
      key[at] = is_text_[at]          ? number_of(row.text(column))
                : is_of_time(by_[at]) ? calendar_.period_of(by_[at], row.integer(column))
                                      : row.integer(column);
    Group& group = groups_[key];
    for (std::size_t at = 0; at < group.sums.size(); ++at) group.add(at, row.integer(column++));
  }

  // Returns the rows in the order of the ids.
  std::vector<UsageRow> take() {
    std::vector<std::pair<GroupKey, const Group*>> sorted;
    for (const auto& [key, group] : groups_)
      if (group.sums.front() > 0) sorted.emplace_back(key, &group); // it has calls
    std::ranges::sort(sorted, [this](const auto& one, const auto& other) {
      return is_before(one.first, other.first);
    });
    std::vector<UsageRow> rows;
    rows.reserve(sorted.size());
    for (const auto& [key, group] : sorted) {
      UsageRow& row = rows.emplace_back(group->row());
      for (std::size_t at = 0; at < by_.size(); ++at)
        row.*dimension_values[static_cast<std::size_t>(by_[at])] = text_of(at, key[at]);
    }
    return rows;
  }

 private:
  std::int64_t number_of(std::string_view text) {
    const auto [known, is_new] = numbers_.try_emplace(std::string(text), std::ssize(texts_));
    if (is_new) texts_.push_back(&known->first);
    return known->second;
  }
  bool is_before(const GroupKey& one, const GroupKey& other) const {
    for (std::size_t at = 0; at < by_.size(); ++at) {
      if (one[at] == other[at]) continue;
      return is_text_[at] ? *texts_[static_cast<std::size_t>(one[at])] <
                                *texts_[static_cast<std::size_t>(other[at])]
                          : one[at] < other[at];
    }
    return false;
  }
  std::string text_of(std::size_t at, std::int64_t value) {
    if (is_text_[at]) return *texts_[static_cast<std::size_t>(value)];
    if (is_of_time(by_[at])) return Calendar::text_of(by_[at], value);
    if (by_[at] == Dimension::agent_version) return value == 0 ? "" : std::to_string(value);
    const auto [known, is_new] = names_.try_emplace(value);
    if (is_new && name_.bind(1, value).step()) known->second = name_.text(0);
    if (is_new) name_.reset();
    return by_[at] == Dimension::key ? known->second.substr(0, 12) : known->second;
  }

  const std::vector<Dimension>& by_;
  const Calendar calendar_;
  std::array<bool, dimensions> is_text_{};
  sqlite::Statement name_;
  std::unordered_map<GroupKey, Group, GroupHash> groups_;
  std::unordered_map<std::int64_t, std::string> names_; // names by id, as they were looked up
  // numbers of texts, in the order of first occurrence
  std::map<std::string, std::int64_t> numbers_;
  std::vector<const std::string*> texts_;
};

} // namespace

std::vector<UsageRow> usage(sqlite::Database& database, const UsageQuery& query) {
  std::string columns;
  for (const Dimension one : query.by)
    columns += std::string(is_of_time(one) ? "us" : name(one)) + ", ";
  const std::int64_t since = micros(query.since, 0), until = micros(query.until, never);
  sqlite::Statement statement = database.prepare(
      "SELECT " + columns + std::string(sum_columns) + ", 0 FROM (" +
      source_of(query, first_booked(database, since)) + ") UNION ALL SELECT " + columns +
      std::string(sum_columns) + ", held_p FROM (" + pending_of(query) + ")");
  statement.bind(1, since / day_us)
      .bind(2, until == never ? never : until / day_us)
      .bind(3, since)
      .bind(4, until);
  UsageGroups groups(database, query.by, zone_of(query.time_zone).value_or(TimeZone()));
  while (statement.step()) groups.add(statement);
  return groups.take();
}

} // namespace wayfare::ledger
