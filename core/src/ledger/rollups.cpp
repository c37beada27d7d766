#include "ledger/rollups.hpp"

namespace wayfare::ledger {

namespace {

sqlite::Statement adding_to(sqlite::Database& database, const std::string& table, int keys) {
  std::string sql = "INSERT INTO " + table + " VALUES (?1";
  for (int at = 2; at <= keys + 8; ++at) sql += ", ?" + std::to_string(at);
  return database.prepare(
      sql +
      ") ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unknown = unknown + "
      "excluded.unknown, "
      "prompt = prompt + excluded.prompt, completion = completion + excluded.completion, "
      "cached = cached + excluded.cached, cache_write = cache_write + excluded.cache_write, "
      "reasoning = reasoning + excluded.reasoning, cost_p = cost_p + excluded.cost_p");
}

} // namespace

Rollups::Rollups(sqlite::Database& database)
    : day_(adding_to(database, "rollup_day", 6)),
      user_(adding_to(database, "rollup_user", 4)),
      tag_(adding_to(database, "rollup_tag", 4)) {}

void Rollups::add(const Part& part) {
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
  add({Table::day, {day, part.app, part.agent, part.model, part.provider, part.key}}, own);
  if (part.user != 0) add({Table::user, {day, part.user, part.app, part.model}}, own);
  for (const std::int64_t tag : part.tags) add({Table::tag, {day, tag, part.app, part.model}}, own);
}

void Rollups::add(const Row& row, const Sums& part) {
  Sums& known = sums_[row];
  Sums together{};
  for (std::size_t at = 0; at < sums; ++at)
    if (__builtin_add_overflow(known[at], part[at], &together[at])) {
      write(row, known); // SQLite refuses a sum that does not fit in 64 bits
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
  sqlite::Statement& table = row.first == Table::day    ? day_
                             : row.first == Table::user ? user_
                                                        : tag_;
  const std::size_t used = row.first == Table::day ? keys : 4;
  int at = 0;
  for (std::size_t key = 0; key < used; ++key) table.bind(++at, row.second[key]);
  for (const std::int64_t sum : part) table.bind(++at, sum);
  table.run();
}

} // namespace wayfare::ledger
