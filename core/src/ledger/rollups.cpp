#include "ledger/rollups.hpp"

#include <algorithm>
#include <string>

namespace wayfare::ledger {

namespace {

// The key columns are named: a newer wayfare may have added columns.
sqlite::Statement adding_to(sqlite::Database& database, const std::string& table,
                            const std::string& keys) {
  std::string values = "?1";
  const auto columns = std::ranges::count(keys, ',') + 1 + 8;
  for (std::ptrdiff_t at = 2; at <= columns; ++at) values += ", ?" + std::to_string(at);
  // A sum that does not fit in 64 bits stays at the largest number, and verify tells it.
  std::string sums;
  for (const std::string column :
       {"calls", "unknown", "prompt", "completion", "cached", "cache_write", "reasoning", "cost_p"})
    sums += (sums.empty() ? "" : ", ") + column + " = min(9223372036854775807, " + column +
            " + excluded." + column + ")";
  return database.prepare(
      "INSERT INTO " + table + "(" + keys +
      ", calls, unknown, prompt, completion, cached, cache_write, reasoning, cost_p) VALUES (" +
      values + ") ON CONFLICT DO UPDATE SET " + sums);
}

constexpr const char* day_keys = "day, app, agent, model, provider, key";
constexpr const char* user_keys = "day, user, app, model";
constexpr const char* tag_keys = "day, tag, app, model";

} // namespace

Rollups::Rollups(sqlite::Database& database)
    : tables_{adding_to(database, "rollup_day", day_keys),
              adding_to(database, "rollup_user", user_keys),
              adding_to(database, "rollup_tag", tag_keys),
              adding_to(database, "byok_day", day_keys),
              adding_to(database, "byok_user", user_keys),
              adding_to(database, "byok_tag", tag_keys)} {}

void Rollups::add(const Part& part, bool byok) {
  const std::int64_t day = part.reserved_us / day_us;
  const Usage& usage = part.usage;
  const Sums own{part.calls,
                 part.unknown,
                 usage.prompt_tokens.value_or(0),
                 usage.completion_tokens.value_or(0),
                 usage.cached_tokens.value_or(0),
                 usage.cache_write_tokens.value_or(0),
                 usage.reasoning_tokens.value_or(0),
                 part.cost_p};
  add({byok ? Table::byok_day : Table::day,
       {day, part.app, part.agent, part.model, part.provider, part.key}},
      own);
  if (part.user != 0)
    add({byok ? Table::byok_user : Table::user, {day, part.user, part.app, part.model}}, own);
  for (const std::int64_t tag : part.tags)
    add({byok ? Table::byok_tag : Table::tag, {day, tag, part.app, part.model}}, own);
}

void Rollups::add(const Row& row, const Sums& part) {
  Sums& known = sums_[row];
  Sums together{};
  for (std::size_t at = 0; at < sums; ++at)
    if (__builtin_add_overflow(known[at], part[at], &together[at])) {
      write(row, known); // the sum of the file stays at the largest number
      together = part;
      break;
    }
  known = together;
}

void Rollups::flush() {
  for (const auto& [row, part] : sums_) write(row, part);
  sums_.clear();
}

void Rollups::write(const Row& row, const Sums& part) {
  sqlite::Statement& table = tables_[static_cast<std::size_t>(row.first)];
  const bool is_by_day = row.first == Table::day || row.first == Table::byok_day;
  int at = 0;
  for (std::size_t key = 0; key < (is_by_day ? keys : 4); ++key) table.bind(++at, row.second[key]);
  for (const std::int64_t sum : part) table.bind(++at, sum);
  table.run();
}

} // namespace wayfare::ledger
