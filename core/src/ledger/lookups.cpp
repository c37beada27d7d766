#include "ledger/lookups.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "ledger/kept_figures.hpp"
#include "ledger/served_columns.hpp"
#include "values/model_names.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t second_us = 1'000'000;

// ?1 the server, ?2 a JSON list of keys.
constexpr const char* open_lookups =
    "(SELECT uid, gen_id, key, coalesce(next_us, marked_us + 15000000) AS due_us, server FROM "
    "pending WHERE state = 3 AND looks_up UNION ALL "
    "SELECT uid, gen_id, key, coalesce(next_us, marked_us + 15000000), server FROM cost_pending) t "
    "WHERE t.server = (SELECT id FROM name WHERE text = ?1) AND t.gen_id IS NOT NULL "
    "AND t.key IN (SELECT d.id FROM json_each(?2) k JOIN name d ON d.text = k.value) ";

constexpr const char* is_old =
    "state = 3 AND NOT (looks_up AND gen_id IS NOT NULL) AND marked_us <= ?1";

void bind(sqlite::Statement& statement, const Asker& asker) {
  statement.bind(1, asker.server).bind(2, json::array_of(asker.keys));
}

// Returns what is known of a pending row, as an end that is still to be completed. Returns nothing
// where the row is no longer there.
std::optional<Ending> ending_of(sqlite::Database& database, const std::string& uid,
                                std::optional<std::int64_t>* bound = nullptr) {
  sqlite::Statement row = database.prepare(
      "SELECT served.text, provider.text, finish.text, t.prompt, t.completion, t.cached, "
      "t.cache_write, t.reasoning, t.error, coalesce(t.status, 0), coalesce(t.total_us, 0), "
      "t.bound_p, " +
      served_columns::values() +
      " FROM pending t JOIN name served ON served.id = t.served "
      "JOIN name provider ON provider.id = t.provider JOIN name finish ON finish.id = t.finish " +
      served_columns::joins() + "WHERE t.uid = ?1 AND t.state = 3");
  if (!row.bind(1, uid).step()) return std::nullopt;
  if (bound) *bound = row.maybe_integer(11);
  Ending ending{.state = State::settled,
                .billing = {.model = std::string(row.text(0)),
                            .provider = std::string(row.text(1)),
                            .finish_reason = std::string(row.text(2))},
                .usage = {.prompt_tokens = row.maybe_integer(3),
                          .completion_tokens = row.maybe_integer(4),
                          .cached_tokens = row.maybe_integer(5),
                          .cache_write_tokens = row.maybe_integer(6),
                          .reasoning_tokens = row.maybe_integer(7)},
                .error = static_cast<Code>(row.integer(8)),
                .status = static_cast<int>(row.integer(9)),
                .total_us = row.integer(10)};
  served_columns::read(row, 12, ending.first_us, ending.billing);
  return ending;
}

// Whether another model served, as far as the names of the request and of OpenRouter's answer tell.
std::optional<bool> served_otherwise(sqlite::Database& database, const std::string& uid,
                                     const std::string& served) {
  sqlite::Statement row = database.prepare(
      "SELECT n.text, coalesce(p.models, '') FROM pending p JOIN name n ON n.id = p.requested "
      "WHERE "
      "p.uid = ?1");
  if (!row.bind(1, uid).step()) return std::nullopt;
  std::vector<std::string> asked{std::string(row.text(0))};
  if (json::Document others; others.parse(row.text(1)))
    for (json::Value one = others.root().first(); one.exists(); one = one.next())
      asked.emplace_back(one.key());
  bool is_sure = true;
  for (const std::string& name : asked) {
    const SameModel same = compare_model_names(name, served);
    if (same == SameModel::yes) return false;
    is_sure =
        is_sure && same == SameModel::no && !is_open_name(name) && !name.starts_with("openrouter/");
  }
  return is_sure ? std::optional(true) : std::nullopt;
}

void overlay(Ending& known, const Ending& told) {
  for (const auto text : {&Billing::model, &Billing::provider, &Billing::finish_reason})
    if (!(told.billing.*text).empty()) known.billing.*text = told.billing.*text;
  for (const auto count : {&Usage::prompt_tokens, &Usage::completion_tokens, &Usage::cached_tokens,
                           &Usage::cache_write_tokens, &Usage::reasoning_tokens})
    if (told.usage.*count) known.usage.*count = told.usage.*count;
  known.billing.cost = told.billing.cost;
  known.billing.cost_source = told.billing.cost_source;
  known.billing.is_byok = told.billing.is_byok;
  known.billing.upstream_cost = told.billing.upstream_cost;
  known.billing.refused_figures = told.billing.refused_figures;
  known.reason = told.reason;
}

Error is_not_unknown(const std::string& entry) {
  return Error::invalid("there is no attempt " + entry + " whose cost is not known",
                        "unknown() lists those that there are");
}

} // namespace

std::int64_t next_lookup(std::int64_t marked_us, std::int64_t now_us) {
  const std::int64_t age = std::max<std::int64_t>(0, now_us - marked_us);
  for (const std::int64_t at :
       {15 * second_us, 60 * second_us, 180 * second_us, 600 * second_us, 3600 * second_us})
    if (age < at) return marked_us + at;
  const std::int64_t step = age < give_up_us ? 3600 * second_us : give_up_us;
  return marked_us + (age / step + 1) * step;
}

std::optional<std::int64_t> next_due(sqlite::Database& database, const Asker& asker) {
  sqlite::Statement first =
      database.prepare(std::string("SELECT min(t.due_us) FROM ") + open_lookups);
  bind(first, asker);
  first.step();
  return first.maybe_integer(0);
}

std::vector<Lookup> Lookups::take(const Asker& asker, bool all, const std::string& after, int limit,
                                  std::int64_t now_us) {
  sqlite::Statement due =
      database_.prepare("SELECT t.uid, t.gen_id, (SELECT text FROM name WHERE id = t.key) FROM " +
                        std::string(open_lookups) +
                        "AND t.uid > ?3 AND (?4 OR t.due_us <= ?5) ORDER BY t.uid LIMIT ?6");
  bind(due, asker);
  due.bind(3, after).bind(4, std::int64_t{all}).bind(5, now_us).bind(6, std::int64_t{limit});
  std::vector<Lookup> taken;
  while (due.step())
    taken.push_back({std::string(due.text(0)), std::string(due.text(1)), std::string(due.text(2))});
  for (const char* table : {"pending", "cost_pending"}) {
    sqlite::Statement marked =
        database_.prepare(std::string("SELECT marked_us FROM ") + table + " WHERE uid = ?1");
    sqlite::Statement put_off =
        database_.prepare(std::string("UPDATE ") + table + " SET next_us = ?2 WHERE uid = ?1");
    for (const Lookup& one : taken) {
      if (marked.bind(1, one.uid).step())
        put_off.bind(1, one.uid).bind(2, next_lookup(marked.integer(0), now_us)).run();
      marked.reset();
    }
  }
  return taken;
}

LookupResult Lookups::found(const std::string& uid, const Ending& told, std::int64_t now_us) {
  const LookupResult settled{.settled = 1, .cost = *told.billing.cost};
  if (auto known = ending_of(database_, uid)) {
    overlay(*known, told);
    if (!known->billing.served_otherwise && !told.billing.model.empty())
      known->billing.served_otherwise = served_otherwise(database_, uid, told.billing.model);
    rows_.end(uid, *known, now_us);
    return settled;
  }
  sqlite::Statement known = database_.prepare("SELECT entry FROM cost_pending WHERE uid = ?1");
  if (!known.bind(1, uid).step()) return {}; // another was faster
  keep_figures(database_, uid, told.billing.refused_figures);
  if (!rows_.correct(known.integer(0), told, now_us)) return absent(uid, now_us);
  known.reset();
  sqlite::Statement drop = database_.prepare("DELETE FROM cost_pending WHERE uid = ?1");
  drop.bind(1, uid).run();
  return settled;
}

LookupResult Lookups::refused(const std::string& uid, const std::string& figures,
                              std::int64_t now_us) {
  sqlite::Statement open = database_.prepare(
      "SELECT 1 FROM pending WHERE uid = ?1 AND state = 3 UNION ALL SELECT 1 FROM cost_pending "
      "WHERE uid = ?1");
  if (!open.bind(1, uid).step()) return {}; // another was faster
  open.reset();
  keep_figures(database_, uid, figures);
  return absent(uid, now_us);
}

std::string fault_of(const SettleCost& settle) {
  constexpr std::size_t reason_max = 256;
  if (settle.entry.size() != Uid::text_size)
    return "entry of settle is not the id of an attempt: it has 26 characters";
  if (settle.reason.empty() || settle.reason.size() > reason_max)
    return "reason of settle has not 1 to 256 bytes";
  if (!settle.cost && !settle.upstream_cost) return "settle has neither cost nor upstream_cost";
  return {};
}

Result<Done> Lookups::settle(const SettleCost& settle, std::int64_t now_us) {
  Ending told{.state = State::settled, .reason = settle.reason};
  told.billing.cost = settle.cost;
  told.billing.cost_source = CostSource::manual;
  told.billing.upstream_cost = settle.upstream_cost;
  if (settle.upstream_cost) told.billing.is_byok = true;
  sqlite::Statement open = database_.prepare("SELECT state FROM pending WHERE uid = ?1");
  if (!open.bind(1, settle.entry).step()) {
    if (auto refused = settle_ended(settle, told, now_us)) return std::move(*refused);
    return Done{};
  }
  auto known = ending_of(database_, settle.entry);
  if (!known)
    return Error::invalid("the attempt " + settle.entry + " has not ended",
                          "wait for its end, or cancel its call");
  if (!settle.cost)
    return Error::invalid("the cost of the attempt " + settle.entry + " is not known", "give cost");
  overlay(*known, told);
  open.reset();
  rows_.end(settle.entry, *known, now_us);
  return Done{};
}

// As settle(), of an attempt that was booked without its cost or its upstream cost.
std::optional<Error> Lookups::settle_ended(const SettleCost& settle, const Ending& told,
                                           std::int64_t now_us) {
  sqlite::Statement rows = database_.prepare(
      "SELECT min(id), max(byok) FROM (SELECT id, byok FROM entry WHERE uid = ?1 AND cost_p IS "
      "NULL AND kind IN (0, 2) UNION ALL SELECT id, byok FROM entry WHERE uid = ?1 AND byok = 1 "
      "AND upstream_p IS NULL AND kind <> 1)");
  rows.bind(1, settle.entry).step();
  if (rows.is_null(0)) return is_not_unknown(settle.entry);
  const std::int64_t entry = rows.integer(0);
  const bool pays_credits = rows.maybe_integer(1) == 0;
  rows.reset();
  const Lacking lacking = lacking_of(database_, entry);
  if (!lacking.cost && !lacking.upstream) return is_not_unknown(settle.entry);
  if (lacking.cost != settle.cost.has_value())
    return Error::invalid("the cost of the attempt " + settle.entry + " is " +
                              (lacking.cost ? "not known" : "known: only upstream_cost is not"),
                          lacking.cost ? "give cost" : "leave cost out");
  if (settle.upstream_cost && pays_credits)
    return Error::invalid("the attempt " + settle.entry +
                              " did not use your own key of the provider (BYOK), as the server "
                              "told",
                          "leave upstream_cost out");
  rows_.correct(entry, told, now_us);
  if (lacking.upstream && !settle.upstream_cost) return std::nullopt; // it is still looked up
  sqlite::Statement drop = database_.prepare("DELETE FROM cost_pending WHERE uid = ?1");
  drop.bind(1, settle.entry).run();
  return std::nullopt;
}

LookupResult Lookups::absent(const std::string& uid, std::int64_t now_us) {
  sqlite::Statement young = database_.prepare(
      "SELECT 1 FROM pending WHERE uid = ?1 AND marked_us > ?2 UNION ALL "
      "SELECT 1 FROM cost_pending WHERE uid = ?1 AND marked_us > ?2");
  if (young.bind(1, uid).bind(2, now_us - give_up_us).step()) return {};
  young.reset();
  // its cost stays unknown
  sqlite::Statement drop = database_.prepare("DELETE FROM cost_pending WHERE uid = ?1");
  drop.bind(1, uid).run();
  return give_up(uid, now_us);
}

LookupResult Lookups::give_up(const std::string& uid, std::int64_t now_us) {
  std::optional<std::int64_t> bound;
  auto known = ending_of(database_, uid, &bound);
  if (!known) return {};
  known->given_up = true;
  if (bound) {
    known->billing.cost = Amount{*bound};
    known->billing.cost_source = CostSource::bound;
  }
  rows_.end(uid, *known, now_us);
  return {.given_up = 1, .charged = Amount{bound.value_or(0)}};
}

LookupResult Lookups::give_up_old(std::int64_t now_us) {
  constexpr int most = 1000; // in a transaction; the next one takes the others
  sqlite::Statement old =
      database_.prepare(std::string("SELECT uid FROM pending WHERE ") + is_old + " LIMIT ?2");
  old.bind(1, now_us - give_up_us).bind(2, std::int64_t{most});
  std::vector<std::string> uids;
  while (old.step()) uids.emplace_back(old.text(0));
  LookupResult sum;
  for (const std::string& uid : uids) {
    const LookupResult one = give_up(uid, now_us);
    sum.given_up += one.given_up;
    sum.charged = sum_of(sum.charged, one.charged);
  }
  sum.unknown = database_.integer("SELECT count(*) FROM pending WHERE state = 3");
  sum.more = static_cast<int>(uids.size()) == most;
  return sum;
}

bool has_old(sqlite::Database& database, std::int64_t now_us) {
  sqlite::Statement old =
      database.prepare(std::string("SELECT 1 FROM pending WHERE ") + is_old + " LIMIT 1");
  return old.bind(1, now_us - give_up_us).step();
}

} // namespace wayfare::ledger
