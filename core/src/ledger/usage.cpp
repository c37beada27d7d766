// The report of sums.
#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "ledger/reports.hpp"
#include "ledger/rollups.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::array<std::string_view, 9> dimensions{"day", "app", "agent", "model", "provider", "key", "user", "tag", "run"};
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

std::int64_t micros(const std::optional<Time>& time, std::int64_t otherwise) { return time ? time->time_since_epoch().count() : otherwise; }

const std::string sums = "calls, unknown, prompt, completion, cached, written, reasoning, cost_p";

// The rows that the sums are made of: day, the dimensions that are asked for, and `sums`. ?1 and ?2 are days; the entries are read from
// that id on.
std::string source_of(const std::vector<std::string>& by, std::int64_t first) {
  const auto within = [&](std::initializer_list<std::string_view> known) {
    return std::ranges::all_of(by, [&](const std::string& one) { return std::ranges::find(known, one) != known.end(); });
  };
  const std::string days = " WHERE day >= ?1 AND day < ?2";
  if (within({"day", "app", "agent", "model", "provider", "key"}))
    return "SELECT day, app, agent, model, provider, key, 0 AS user, '' AS tag, '' AS run, " + sums + " FROM rollup_day" + days;
  if (within({"day", "app", "model", "tag"}))
    return "SELECT day, app, 0 AS agent, model, 0 AS provider, 0 AS key, 0 AS user, (SELECT text FROM dim WHERE id = r.tag) AS tag, '' AS "
           "run, " +
           sums + " FROM rollup_tag r" + days;
  if (within({"day", "app", "model", "user"})) { // those without a user are the rest
    const std::string columns = "day, app, 0 AS agent, model, 0 AS provider, 0 AS key, ", rest = ", '' AS tag, '' AS run, ";
    return "SELECT " + columns + "user" + rest + sums + " FROM rollup_user" + days + " UNION ALL SELECT " + columns + "0 AS user" + rest +
           sums + " FROM rollup_day" + days + " UNION ALL SELECT " + columns + "0 AS user" + rest +
           "-calls, -unknown, -prompt, -completion, -cached, -written, -reasoning, -cost_p FROM rollup_user" + days;
  }
  const bool by_tag = std::ranges::find(by, "tag") != by.end();
  const std::string from = ".id >= " + std::to_string(first);
  return "SELECT reserved_us / 86400000000 AS day, app, agent, CASE served WHEN 0 THEN requested ELSE served END AS model, provider, key, "
         "user, " +
         std::string(by_tag ? "tags.value" : "''") +
         " AS tag, coalesce(run, '') AS run, kind <> 3 AS calls, CASE kind WHEN 3 THEN -1 ELSE cost_p IS NULL END AS unknown, "
         "coalesce(prompt, 0) AS prompt, coalesce(completion, 0) AS completion, coalesce(cached, 0) AS cached, "
         "coalesce(written, 0) AS written, coalesce(reasoning, 0) AS reasoning, coalesce(cost_p, 0) AS cost_p FROM entry" +
         (by_tag ? ", (SELECT DISTINCT e.id AS entry, value FROM entry e, json_each(e.tags) WHERE e" + from + ") tags" : "") +
         " WHERE entry" + from + (by_tag ? " AND tags.entry = entry.id" : "") +
         " AND kind <> 1 AND reserved_us / 86400000000 >= ?1 AND reserved_us / 86400000000 < ?2";
}

// Attempts without an end, of which there are few.
std::string pending_of(const std::vector<std::string>& by) {
  const bool by_tag = std::ranges::find(by, "tag") != by.end();
  return "SELECT reserved_us / 86400000000, app, agent, CASE served WHEN 0 THEN requested ELSE served END, provider, key, user, " +
         std::string(by_tag ? "tags.value" : "''") +
         ", coalesce(run, ''), 1, 1, coalesce(prompt, 0), coalesce(completion, 0), coalesce(cached, 0), coalesce(written, 0), "
         "coalesce(reasoning, 0), 0, coalesce(bound_p, 0) FROM pending" +
         (by_tag ? ", (SELECT DISTINCT p.uid AS entry, value FROM pending p, json_each(p.tags)) tags" : "") + " WHERE " +
         (by_tag ? "tags.entry = pending.uid AND " : "") + "reserved_us >= ?3 AND reserved_us < ?4";
}

} // namespace

std::string fault_of(const UsageQuery& query) {
  for (std::size_t at = 0; at < query.by.size(); ++at) {
    const auto& by = query.by[at];
    if (std::ranges::find(dimensions, by) == dimensions.end())
      return "usage cannot be told by \"" + by.substr(0, 64) + "\": it is one of day, app, agent, model, provider, key, user, tag, run";
    if (std::count(query.by.begin(), query.by.end(), by) > 1) return "usage is asked for by \"" + by + "\" twice";
  }
  for (const auto& [what, time] : {std::pair{"since", query.since}, std::pair{"until", query.until}})
    if (time && micros(time, 0) % day_us != 0)
      return std::string(what) + " of usage is not a UTC midnight: sums are kept by day; use entries() for less";
  return {};
}

Report usage(sqlite::Database& database, const UsageQuery& query) {
  std::string names, group;
  for (const auto& by : query.by) {
    if (by == "day")
      names += "date(u.day * 86400, 'unixepoch'), ";
    else if (by == "key")
      names += "(SELECT substr(text, 1, 12) FROM dim WHERE id = u.key), ";
    else if (by == "run" || by == "tag")
      names += "u." + by + ", ";
    else
      names += "(SELECT text FROM dim WHERE id = u." + by + "), ";
    group += (group.empty() ? " GROUP BY u." : ", u.") + by;
  }
  const std::int64_t since = micros(query.since, 0), until = micros(query.until, never);
  sqlite::Statement statement = database.prepare(
      "SELECT " + names +
      "sum(u.calls), sum(u.unknown), sum(u.prompt), sum(u.completion), sum(u.cached), sum(u.written), sum(u.reasoning), sum(u.cost_p), "
      "sum(u.held_p) FROM (SELECT *, 0 AS held_p FROM (" +
      source_of(query.by, first_booked(database, since)) + ") UNION ALL " + pending_of(query.by) + ") u" + group +
      " HAVING sum(u.calls) > 0" + (query.by.empty() ? "" : " ORDER BY " + group.substr(10)));
  statement.bind(1, since / day_us).bind(2, until == never ? never : until / day_us).bind(3, since).bind(4, until);

  Report report{.kind = Report::Kind::usage, .by = query.by};
  while (statement.step()) {
    UsageRow row;
    int column = 0;
    for (; column < static_cast<int>(query.by.size()); ++column) row.by.emplace_back(statement.text(column));
    for (std::int64_t* sum : {&row.calls, &row.unknown, &row.prompt_tokens, &row.completion_tokens, &row.cached_tokens, &row.written_tokens,
                              &row.reasoning_tokens, &row.cost.picodollars, &row.held.picodollars})
      *sum = statement.integer(column++);
    report.usage.push_back(std::move(row));
  }
  return report;
}

} // namespace wayfare::ledger
