#include "ledger/kept_figures.hpp"

#include "base/refused_figures.hpp"

namespace wayfare::ledger {

void keep_figures(sqlite::Database& database, std::string_view uid, std::string_view figures) {
  if (figures.empty()) return; // nearly always
  RefusedFigures all;
  all.add_earlier(figures);
  sqlite::Statement known = database.prepare("SELECT figures FROM refused WHERE uid = ?1");
  if (known.bind(1, uid).step()) all.add_earlier(known.text(0));
  known.reset();
  sqlite::Statement keep = database.prepare("INSERT OR REPLACE INTO refused VALUES (?1, ?2)");
  keep.bind(1, uid).bind(2, all.text()).run();
}

std::string figures_of(std::string_view stored) {
  RefusedFigures kept;
  kept.add_earlier(stored);
  return kept.text();
}

} // namespace wayfare::ledger
