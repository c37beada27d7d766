#include "ledger/sums_of_entries.hpp"

namespace wayfare::ledger {

namespace {

// The rows of the attempts that the caller's own key paid. They have the columns of entry: there
// cost_p is the upstream cost, and kind 3 is a row of a call that an earlier row counts.
constexpr const char* rows_paid_directly =
    "(SELECT id, reserved_us, app, agent, user, tags, requested, served, provider, key, prompt, "
    "completion, cached, cache_write, reasoning, upstream_p AS cost_p, iif(byok = 1, 0, 3) AS "
    "kind FROM entry WHERE kind <> 1 AND uid IN (SELECT uid FROM entry WHERE byok = 1))";

// Each entry once for each of its tags.
std::string by_tag(const std::string& rows) {
  return "(SELECT DISTINCT e.*, d.id AS tag FROM " + rows +
         " e, json_each(e.tags) t JOIN name d ON d.text = t.value) WHERE 1";
}

} // namespace

std::vector<SumTable> sum_tables() {
  const std::vector<const char*> day{"app", "agent", "model", "provider", "key"},
      user{"user", "app", "model"}, tag{"tag", "app", "model"};
  const std::string paid_directly = rows_paid_directly;
  return {{"rollup_day", day, "entry WHERE 1"},
          {"rollup_user", user, "entry WHERE user <> 0"},
          {"rollup_tag", tag, by_tag("entry")},
          {"byok_day", day, paid_directly + " WHERE 1"},
          {"byok_user", user, paid_directly + " WHERE user <> 0"},
          {"byok_tag", tag, by_tag(paid_directly)}};
}

std::string columns_of(const SumTable& table) {
  std::string names = "day";
  for (const std::string key : table.keys) names += ", " + key;
  return names + ", calls, unknown, prompt, completion, cached, cache_write, reasoning, cost_p";
}

std::string sums_of_entries(const SumTable& table) {
  std::string keys;
  for (const std::string key : table.keys)
    keys += ", " + (key == "model" ? "iif(served = 0, requested, served)" : key);
  return "SELECT reserved_us / 86400000000" + keys +
         ", sum_of(kind <> 3), sum_of(CASE kind WHEN 3 THEN -(cost_p IS NOT NULL) ELSE cost_p IS "
         "NULL "
         "END), sum_of(coalesce(prompt, 0)), sum_of(coalesce(completion, 0)), "
         "sum_of(coalesce(cached, 0)), "
         "sum_of(coalesce(cache_write, 0)), sum_of(coalesce(reasoning, 0)), "
         "sum_of(coalesce(cost_p, 0)) "
         "FROM " +
         table.from + " AND kind <> 1 AND reserved_us >= ?1 * 86400000000 GROUP BY 1" + keys;
}

const char* start_in_sql(Window window) {
  switch (window) {
    case Window::hour: return "t.reserved_us / 3600000000 * 3600000000";
    case Window::day: return "t.reserved_us / 86400000000 * 86400000000";
    case Window::week: return "((t.reserved_us / 86400000000 + 3) / 7 * 7 - 3) * 86400000000";
    case Window::month:
      return "CAST(strftime('%s', t.reserved_us / 1000000, 'unixepoch', 'start of month') AS "
             "INTEGER) * 1000000";
    case Window::lifetime: break;
  }
  return "0";
}

} // namespace wayfare::ledger
