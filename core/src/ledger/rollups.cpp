#include "ledger/rollups.hpp"

namespace wayfare::ledger {

namespace {

sqlite::Statement adding_to(sqlite::Database& database, const std::string& table, int keys) {
  std::string sql = "INSERT INTO " + table + " VALUES (?1";
  for (int at = 2; at <= keys + 8; ++at) sql += ", ?" + std::to_string(at);
  return database.prepare(sql +
                          ") ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unknown = unknown + excluded.unknown, "
                          "prompt = prompt + excluded.prompt, completion = completion + excluded.completion, "
                          "cached = cached + excluded.cached, written = written + excluded.written, "
                          "reasoning = reasoning + excluded.reasoning, cost_p = cost_p + excluded.cost_p");
}

void add_to(sqlite::Statement& table, std::initializer_list<std::int64_t> keys, const Part& part) {
  const Usage& usage = part.usage;
  int at = 0;
  for (const std::int64_t key : keys) table.bind(++at, key);
  for (const std::int64_t sum :
       {part.calls, part.unknown, usage.prompt_tokens.value_or(0), usage.completion_tokens.value_or(0), usage.cached_tokens.value_or(0),
        usage.written_tokens.value_or(0), usage.reasoning_tokens.value_or(0), part.cost_p})
    table.bind(++at, sum);
  table.run();
}

} // namespace

Rollups::Rollups(sqlite::Database& database)
    : day_(adding_to(database, "rollup_day", 6)),
      user_(adding_to(database, "rollup_user", 4)),
      tag_(adding_to(database, "rollup_tag", 4)) {}

void Rollups::add(const Part& part) {
  const std::int64_t day = part.reserved_us / day_us;
  add_to(day_, {day, part.app, part.agent, part.model, part.provider, part.key}, part);
  if (part.user != 0) add_to(user_, {day, part.user, part.app, part.model}, part);
  for (const std::int64_t tag : part.tags) add_to(tag_, {day, tag, part.app, part.model}, part);
}

} // namespace wayfare::ledger
