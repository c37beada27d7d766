#include "ledger/unknowns.hpp"

#include <chrono>
#include <optional>

#include "base/json.hpp"
#include "ledger/kept_figures.hpp"
#include "ledger/lookups.hpp"
#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

namespace {

// The attempts after ?1, at most ?2, each with the id of its first row; 0: it is in pending.
constexpr const char* lacking_rows =
    "WITH lacking(uid, id) AS (SELECT uid, 0 FROM pending WHERE state = 3 AND uid > ?1 UNION ALL "
    "SELECT uid, min(id) FROM (SELECT uid, id FROM entry e WHERE uid > ?1 AND cost_p IS NULL AND "
    "kind IN (0, 2) AND (NOT EXISTS (SELECT 1 FROM entry c WHERE c.uid = e.uid AND c.kind = 3 AND "
    "c.cost_p IS NOT NULL) OR EXISTS (SELECT 1 FROM entry b WHERE b.uid = e.uid AND b.byok = 1 AND "
    "b.upstream_p IS NULL AND b.kind <> 1 AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.uid = "
    "e.uid AND c.kind = 3 AND c.upstream_p IS NOT NULL))) UNION ALL SELECT uid, id FROM entry e "
    "WHERE uid > ?1 AND byok = 1 AND upstream_p IS NULL AND kind <> 1 AND kind <> 3 AND NOT EXISTS "
    "(SELECT "
    "1 FROM entry c WHERE c.uid = e.uid AND c.kind = 3 AND c.upstream_p IS NOT NULL)) GROUP BY uid "
    "ORDER BY uid LIMIT ?2) ";

// The columns of an Unknown, of a row t of pending or entry.
constexpr const char* shared =
    "SELECT t.uid, t.reserved_us, (SELECT text FROM name WHERE id = t.app), (SELECT text FROM name "
    "WHERE id = t.agent), (SELECT text FROM name WHERE id = t.user), coalesce(t.run, ''), "
    "coalesce(t.tags, ''), (SELECT text FROM name WHERE id = iif(t.served = 0, t.requested, "
    "t.served)), coalesce(t.request_id, ''), coalesce(t.gen_id, ''), t.bound_p, (SELECT "
    "coalesce(max(held_p), 0) FROM hold WHERE uid = t.uid), ";
constexpr const char* of_pending =
    "3, t.marked_us, NULL, t.looks_up AND t.gen_id IS NOT NULL, t.marked_us, f.figures FROM "
    "lacking l JOIN pending t ON t.uid = l.uid LEFT JOIN refused f ON f.uid = t.uid WHERE l.id = "
    "0 ";
constexpr const char* of_entry =
    "iif(t.kind = 2, 3, 1), t.booked_us, coalesce(t.cost_p, (SELECT max(c.cost_p) FROM entry c "
    "WHERE c.uid = t.uid AND c.kind = 3)), p.uid IS NOT NULL, p.marked_us, f.figures FROM lacking "
    "l JOIN entry t ON t.id = l.id LEFT JOIN cost_pending p ON p.uid = t.uid LEFT JOIN refused f "
    "ON f.uid = t.uid ORDER BY 1";

Unknown unknown_of(const sqlite::Statement& row) {
  const auto text = [&](int column) { return std::string(row.text(column)); };
  const auto amount = [&](int column) {
    const auto picodollars = row.maybe_integer(column);
    return picodollars ? std::optional(Amount{*picodollars}) : std::nullopt;
  };
  Unknown one{.entry = text(0),
              .state = stored_enumerator<State>(row.integer(12)),
              .reserved = stored_time(row.integer(1)),
              .since = stored_time(row.integer(13)),
              .model = text(7),
              .request_id = text(8),
              .generation_id = text(9),
              .cost = amount(14),
              .bound = amount(10),
              .held = Amount{row.integer(11)},
              .is_looked_up = row.integer(15) != 0};
  one.charge_to = {.app = text(2), .agent = text(3), .user = text(4), .run = text(5), .tags = {}};
  if (json::Document tags; tags.parse(row.text(6)))
    for (json::Value tag = tags.root().first(); tag.exists(); tag = tag.next())
      one.charge_to.tags.emplace_back(tag.string());
  if (const auto marked_us = row.maybe_integer(16))
    one.gives_up_at = stored_time(stored_time(*marked_us).time_since_epoch().count() + give_up_us);
  one.refused_figures = figures_of(row.text(17));
  return one;
}

} // namespace

std::string fault_of(const ListUnknown& query) {
  if (query.limit < 1 || query.limit > 10'000) return "limit of unknown is not between 1 and 10000";
  if (!query.after.empty() && query.after.size() != Uid::text_size)
    return "after of unknown is not an UnknownPage::next";
  return {};
}

UnknownPage unknown(sqlite::Database& database, const ListUnknown& query) {
  sqlite::Statement rows = database.prepare(std::string(lacking_rows) + shared + of_pending +
                                            "UNION ALL " + shared + of_entry);
  rows.bind(1, query.after).bind(2, std::int64_t{query.limit});
  UnknownPage page;
  while (rows.step()) page.unknown.push_back(unknown_of(rows));
  if (static_cast<std::int32_t>(page.unknown.size()) == query.limit)
    page.next = page.unknown.back().entry;
  return page;
}

} // namespace wayfare::ledger
