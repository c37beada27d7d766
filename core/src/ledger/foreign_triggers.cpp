#include "ledger/foreign_triggers.hpp"

namespace wayfare::ledger {

const char* const select_foreign_triggers =
    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name NOT IN ('entry_stands', "
    "'entry_stays') AND name NOT GLOB 'wayfare_*' " // a newer wayfare may have more of these
    "AND tbl_name COLLATE NOCASE IN ('meta', 'name', 'instance', 'pending', 'entry', "
    "'cost_pending', 'rollup_day', 'rollup_user', 'rollup_tag', 'byok_day', 'byok_user', "
    "'byok_tag', 'budget', 'budget_override', 'budget_window', 'crossing', 'hold', 'block', "
    "'clock')";

std::vector<std::string> foreign_triggers(sqlite::Database& database) {
  std::vector<std::string> names;
  sqlite::Statement foreign = database.prepare(select_foreign_triggers);
  while (foreign.step()) names.emplace_back(foreign.text(0));
  return names;
}

void drop_foreign_triggers(sqlite::Database& database) {
  for (const std::string& name : foreign_triggers(database)) {
    std::string quoted;
    for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    database.execute("DROP TRIGGER \"" + quoted + "\"");
  }
}

} // namespace wayfare::ledger
