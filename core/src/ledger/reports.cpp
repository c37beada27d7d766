#include "ledger/reports.hpp"
#include "ledger/stored_values.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <wayfare/error.hpp>

#include "base/json.hpp"
#include "ledger/kept_figures.hpp"
#include "ledger/served_columns.hpp"
#include "values/booking.hpp"

namespace wayfare::ledger {

namespace {

constexpr int correction = 3;

// The columns of an Entry, in the order in which entry_of() reads them. `t` is the table entry or
// pending.
const std::string& shared_columns() {
  static const auto* const text = new std::string(
      "t.uid, t.reserved_us, app.text, agent.text, user.text, coalesce(t.run, ''), "
      "coalesce(t.tags, "
      "''), requested.text, "
      "coalesce(nullif(served.text, ''), requested.text), provider.text, coalesce(t.gen_id, ''), "
      "coalesce(t.request_id, ''), "
      "t.prompt, t.completion, t.cached, t.cache_write, t.reasoning, finish.text, t.error, "
      "coalesce(t.status, 0), coalesce(t.total_us, 0), t.agent_version, server.text, "
      "refused.figures, " +
      served_columns::values());
  return *text;
}
const std::string& joins() {
  static const auto* const text = new std::string(
      " t JOIN name app ON app.id = t.app JOIN name agent ON agent.id = t.agent JOIN name user ON "
      "user.id = t.user "
      "JOIN name requested ON requested.id = t.requested JOIN name served ON served.id = t.served "
      "JOIN name provider ON provider.id = t.provider JOIN name finish ON finish.id = t.finish "
      "JOIN name server ON server.id = t.server LEFT JOIN refused ON refused.uid = t.uid " +
      served_columns::joins());
  return *text;
}
constexpr int first_served = 24; // the index of the first of the columns of served_columns
// The index of the first column of one table alone.
int own_columns() { return first_served + served_columns::count(); }

Entry entry_of(const sqlite::Statement& row) {
  const auto text = [&](int column) { return std::string(row.text(column)); };
  Entry entry;
  entry.entry = text(0);
  entry.reserved = stored_time(row.integer(1));
  entry.charge_to = {.app = text(2), .agent = text(3), .user = text(4), .run = text(5), .tags = {}};
  if (json::Document tags; tags.parse(row.text(6)))
    for (json::Value tag = tags.root().first(); tag.exists(); tag = tag.next())
      entry.charge_to.tags.emplace_back(tag.string());
  entry.requested_model = text(7);
  entry.model = text(8);
  entry.provider = text(9);
  entry.generation_id = text(10);
  entry.request_id = text(11);
  entry.prompt_tokens = row.maybe_integer(12);
  entry.completion_tokens = row.maybe_integer(13);
  entry.cached_tokens = row.maybe_integer(14);
  entry.cache_write_tokens = row.maybe_integer(15);
  entry.reasoning_tokens = row.maybe_integer(16);
  entry.finish_reason = text(17);
  entry.error = static_cast<Code>(row.integer(18));
  entry.status = static_cast<int>(row.integer(19));
  entry.total_us = row.integer(20);
  entry.agent_version = row.maybe_integer(21);
  entry.server = text(22);
  entry.refused_figures = figures_of(row.text(23));
  served_columns::read(row, first_served, entry.first_us, entry);
  return entry;
}

// The row after which the next page begins: "e" and the id of an entry, or "p" and the uid of a row
// without an end.
struct Place {
  bool pending = false;
  std::int64_t id = 0;
  std::string uid;
};
bool read_place(std::string_view text, Place& place) {
  if (text.empty()) return true;
  place.pending = text.front() == 'p';
  place.uid = text.substr(1);
  if (place.pending) return true;
  const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + text.size(), place.id);
  return text.front() == 'e' && failed == std::errc() && end == text.data() + text.size();
}

State state_of(std::int64_t kind, bool has_cost) {
  if (kind == 1) return State::voided;
  return kind == 2 && !has_cost ? State::unknown : State::settled; // kind 2: given up
}

} // namespace

std::int64_t first_booked(sqlite::Database& database, std::int64_t since_us) {
  // Ids and times of booking rise together, unless a clock was accepted: then the times fall once.
  std::int64_t low = 0, high = database.integer("SELECT coalesce(max(id), 0) FROM entry") + 1;
  if (since_us <= 0 || database.integer("SELECT count(*) FROM clock") > 0) return 0;
  sqlite::Statement at =
      database.prepare("SELECT booked_us FROM entry WHERE id >= ?1 ORDER BY id LIMIT 1");
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const bool before = at.bind(1, middle).step() && at.integer(0) < since_us;
    at.reset();
    (before ? low : high) = before ? middle + 1 : middle;
  }
  return low;
}

std::string fault_of(const EntryQuery& query) {
  Place place;
  if (query.limit < 1 || query.limit > 10'000) return "limit of entries is not between 1 and 10000";
  if (!read_place(query.after, place)) return "after of entries is not an EntryPage::next";
  if (!query.entry.empty() && !Uid::parse(query.entry)) return "entry of entries is not an id";
  return {};
}

namespace {

// The conditions of the filters of a query, for both tables, and the texts to bind.
class Filters {
 public:
  explicit Filters(const EntryQuery& query) {
    const auto is_name = [](const char* column) {
      return std::string(column) + " = (SELECT id FROM name WHERE text = ";
    };
    add(query.app, is_name("t.app"), ")");
    add(query.agent, is_name("t.agent"), ")");
    add(query.user, is_name("t.user"), ")");
    add(query.run, "t.run = ", "");
    add(query.tag, "EXISTS (SELECT 1 FROM json_each(t.tags) WHERE value = ", ")");
    add(query.model, "(SELECT id FROM name WHERE text = ", ") IN (t.requested, t.served)");
    add(query.request_id, "t.request_id = ", "");
    add(query.entry, "t.uid = ", "");
  }
  const std::string& sql() const noexcept { return sql_; }
  void bind(sqlite::Statement& rows) const {
    for (std::size_t at = 0; at < texts_.size(); ++at)
      rows.bind(static_cast<int>(at) + first, texts_[at]);
  }

 private:
  static constexpr int first = 5; // the number of the first parameter
  void add(const std::string& text, const std::string& before, const char* after) {
    if (text.empty()) return;
    sql_ += " AND " + before + "?" + std::to_string(texts_.size() + first) + after;
    texts_.push_back(text);
  }
  std::string sql_;
  std::vector<std::string> texts_;
};

// The condition for a state, in the table entry and in the table pending.
std::string entry_condition(std::optional<State> state) {
  if (!state) return {};
  switch (*state) {
    case State::voided: return " AND t.kind = 1";
    case State::unknown: return " AND t.kind = 2 AND t.cost_p IS NULL";
    case State::settled: return " AND t.kind <> 1 AND NOT (t.kind = 2 AND t.cost_p IS NULL)";
    case State::reserved: break;
  }
  return " AND 0";
}
std::string pending_condition(std::optional<State> state) {
  return state ? " AND t.state = " + std::to_string(static_cast<int>(*state)) : std::string();
}

// The time in the id of an attempt: its end was booked after it.
std::int64_t time_of(const std::string& entry) {
  const auto uid = Uid::parse(entry);
  if (!uid) return 0;
  std::int64_t ms = 0;
  for (std::size_t at = 0; at < 6; ++at) ms = ms << 8 | uid->bytes[at];
  constexpr std::int64_t second_ms = 1000; // the clocks may differ a little
  return std::max<std::int64_t>(0, ms - second_ms) * 1000;
}

// One page that is being filled.
class Pager {
 public:
  Pager(sqlite::Database& database, const EntryQuery& query)
      : database_(database), query_(query), filters_(query) {
    read_place(query.after, place_);
  }

  EntryPage take() {
    // The entries without an end come last, or first among the newest.
    if (query_.newest && (place_.pending || query_.after.empty())) add_pending();
    if (room() > 0 && !(place_.pending && !query_.newest)) add_entries();
    if (room() > 0 && !query_.newest) add_pending();
    if (room() > 0) page_.next.clear();
    return std::move(page_);
  }

 private:
  std::int64_t room() const { return query_.limit - std::ssize(page_.entries); }
  void add_entries();
  void add_pending();

  sqlite::Database& database_;
  const EntryQuery& query_;
  const Filters filters_;
  Place place_;
  EntryPage page_;
};

void Pager::add_entries() {
  const std::int64_t since = micros(query_.since, 0), until = micros(query_.until, never);
  // Ids and times of booking rise together, so the times bound the ids that are read.
  std::int64_t low = first_booked(database_, std::max(since, time_of(query_.entry)));
  std::int64_t high = until == never ? 0 : first_booked(database_, until);
  if (high == 0) high = never;
  if (!place_.pending && !query_.after.empty())
    query_.newest ? high = std::min(high, place_.id) : low = std::max(low, place_.id + 1);
  sqlite::Statement rows = database_.prepare(
      "SELECT " + shared_columns() +
      ", t.booked_us, t.kind, t.cost_p, t.cost_source, t.id, t.non_token_p, t.byok, "
      "t.upstream_p, coalesce(t.reason, '') FROM entry" +
      joins() + "WHERE t.id >= ?1 AND t.id < " + std::to_string(high) +
      " AND t.booked_us < ?2 AND t.booked_us >= ?4" + entry_condition(query_.state) +
      filters_.sql() + " ORDER BY t.id" + (query_.newest ? " DESC" : "") + " LIMIT ?3");
  rows.bind(1, low).bind(2, until).bind(3, room()).bind(4, since);
  filters_.bind(rows);
  while (rows.step()) {
    Entry entry = entry_of(rows);
    entry.booked = stored_time(rows.integer(own_columns()));
    if (const auto cost = rows.maybe_integer(own_columns() + 2)) entry.cost = Amount{*cost};
    entry.state = state_of(rows.integer(own_columns() + 1), entry.cost.has_value());
    entry.correction = rows.integer(own_columns() + 1) == correction;
    entry.cost_source = stored_enumerator<CostSource>(rows.integer(own_columns() + 3));
    if (const auto other = rows.maybe_integer(own_columns() + 5))
      entry.non_token_cost = Amount{*other};
    if (const auto byok = rows.maybe_integer(own_columns() + 6)) entry.is_byok = *byok != 0;
    if (const auto upstream = rows.maybe_integer(own_columns() + 7))
      entry.upstream_cost = Amount{*upstream};
    entry.reason = rows.text(own_columns() + 8);
    page_.next = "e" + std::to_string(rows.integer(own_columns() + 4));
    page_.entries.push_back(std::move(entry));
  }
}

void Pager::add_pending() {
  const std::int64_t since = micros(query_.since, 0), until = micros(query_.until, never);
  const bool goes_on = place_.pending;
  sqlite::Statement rows = database_.prepare(
      "SELECT " + shared_columns() + ", t.marked_us, t.state FROM pending" + joins() +
      "WHERE t.uid " + (query_.newest && goes_on ? "<" : ">") +
      " ?1 AND t.marked_us >= ?2 AND t.marked_us < ?3" + pending_condition(query_.state) +
      filters_.sql() + " ORDER BY t.uid" + (query_.newest ? " DESC" : "") + " LIMIT ?4");
  rows.bind(1, goes_on ? place_.uid : "").bind(2, since).bind(3, until).bind(4, room());
  filters_.bind(rows);
  while (rows.step()) {
    Entry entry = entry_of(rows);
    entry.booked = stored_time(rows.integer(own_columns()));
    entry.state = stored_enumerator<State>(rows.integer(own_columns() + 1));
    page_.next = "p" + entry.entry;
    page_.entries.push_back(std::move(entry));
  }
}

} // namespace

EntryPage entries(sqlite::Database& database, const EntryQuery& query) {
  return Pager(database, query).take();
}

} // namespace wayfare::ledger
