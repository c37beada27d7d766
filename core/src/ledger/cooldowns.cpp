#include "ledger/cooldowns.hpp"

#include <algorithm>

#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

namespace {

constexpr const char* columns =
    "server, model, failures, failed_us, before_us, since_us, until_us, span_us, error, status, "
    "provider, entry, probe, probing_us";

// A newer wayfare may have codes that this one does not know.
Code code_of(std::int64_t number) {
  const auto code = static_cast<Code>(number);
  return name(code).empty() ? Code::internal : code;
}

Health health_of(const sqlite::Statement& row) {
  return {.failures = row.integer(2),
          .failed_us = row.integer(3),
          .before_us = row.integer(4),
          .since_us = row.integer(5),
          .until_us = row.integer(6),
          .span_us = row.integer(7),
          .error = code_of(row.integer(8)),
          .status = static_cast<std::int32_t>(row.integer(9)),
          .provider = std::string(row.text(10)),
          .entry = std::string(row.text(11)),
          .probe = std::string(row.text(12)),
          .probing_us = row.integer(13)};
}

constexpr const char* is_open_sql = "SELECT 1 FROM pending WHERE uid = ?1 AND state = 0";

} // namespace

Cooldowns::Cooldowns(sqlite::Database& database)
    : database_(database),
      count_(database.prepare("SELECT value FROM meta WHERE key = 'cooldowns'")),
      count_up_(database.prepare("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = "
                                 "'cooldowns' RETURNING value")),
      write_(database.prepare(std::string("INSERT OR REPLACE INTO cooldown(") + columns +
                              ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                              "?14)")),
      remove_(database.prepare("DELETE FROM cooldown WHERE server = ?1 AND model = ?2")),
      open_(database.prepare(is_open_sql)),
      server_(database.prepare("SELECT text FROM name WHERE id = ?1")) {}

void Cooldowns::refresh() {
  const std::string version(count_.step() ? count_.text(0) : std::string_view());
  count_.reset();
  if (version == version_) return;
  forget(); // until all of it is read
  load();
  version_ = version;
}

void Cooldowns::load() {
  known_.clear();
  servers_.clear();
  changed_ = true;
  dirty_ = false;
  sqlite::Statement rows = database_.prepare(std::string("SELECT ") + columns + " FROM cooldown");
  while (rows.step()) {
    const Name name{rows.integer(0), std::string(rows.text(1))};
    known_.insert_or_assign(name, health_of(rows));
    know_server(name.first);
  }
}

void Cooldowns::know_server(std::int64_t server) {
  if (servers_.contains(server)) return;
  servers_[server] = server_.bind(1, server).step() ? server_.text(0) : std::string_view();
  server_.reset();
}

void Cooldowns::flush() {
  if (!std::exchange(dirty_, false)) return;
  version_ = count_up_.step() ? std::string(count_up_.text(0)) : std::string();
  count_up_.reset();
}

Health* Cooldowns::find(std::int64_t server, std::string_view model) {
  const auto known = known_.find({server, health_name(model)});
  return known == known_.end() ? nullptr : &known->second;
}

// Whether the attempt has no end and its process lives.
bool Cooldowns::is_open(const std::string& uid) {
  const bool open = open_.bind(1, uid).step();
  open_.reset();
  return open;
}

std::optional<Cooling> Cooldowns::keeps_off(const Health& health, std::int64_t now_us) {
  const Standing standing = standing_of(health, now_us);
  const bool keeps =
      standing == Standing::cooling ||
      (standing == Standing::due && is_probed(health, now_us) && is_open(health.probe));
  return keeps ? std::optional(cooling_of(health, now_us)) : std::nullopt;
}

void Cooldowns::sent(std::int64_t server, std::string_view model, std::string_view uid,
                     std::int64_t now_us) {
  Health* const health = find(server, model);
  if (!health || standing_of(*health, now_us) != Standing::due || keeps_off(*health, now_us))
    return;
  health->probe = uid;
  health->probing_us = now_us;
  write({server, health_name(model)}, *health);
}

void Cooldowns::ended(std::int64_t server, std::string_view model, const Ended& attempt,
                      const Outcome& outcome, std::int64_t now_us) {
  if (model.empty()) return; // the server chose it
  const Name name{server, health_name(model)};
  const auto known = known_.find(name);
  const auto before = known == known_.end() ? std::nullopt : std::optional(known->second);
  auto then = after(before, attempt, outcome, now_us);
  if (then == before) return;
  if (!then) return remove(name);
  if (!before) make_room(now_us);
  write(name, *then);
  known_.insert_or_assign(name, std::move(*then));
}

void Cooldowns::make_room(std::int64_t now_us) {
  std::vector<Name> gone;
  for (const auto& [name, health] : known_)
    if (is_forgotten(health, now_us)) gone.push_back(name);
  for (const Name& name : gone) remove(name);
  if (known_.size() < rows_max) return;
  const auto failed = [](const auto& one) { return one.second.failed_us; };
  remove(Name(std::ranges::min_element(known_, {}, failed)->first));
}

void Cooldowns::write(const Name& name, const Health& health) {
  write_.bind(1, name.first).bind(2, name.second).bind(3, health.failures);
  write_.bind(4, health.failed_us).bind(5, health.before_us).bind(6, health.since_us);
  write_.bind(7, health.until_us).bind(8, health.span_us);
  write_.bind(9, static_cast<std::int64_t>(health.error)).bind(10, std::int64_t{health.status});
  write_.bind(11, health.provider).bind(12, health.entry).bind(13, health.probe);
  write_.bind(14, health.probing_us).run();
  know_server(name.first);
  dirty_ = changed_ = true;
}

void Cooldowns::remove(const Name& name) {
  remove_.bind(1, name.first).bind(2, name.second).run();
  known_.erase(name);
  dirty_ = changed_ = true;
}

Result<Done> Cooldowns::change(const EndCooldown& end) {
  const std::string model = health_name(end.model);
  std::vector<Name> gone;
  for (const auto& [name, health] : known_)
    if (name.second == model && health.until_us != 0) gone.push_back(name);
  if (gone.empty())
    return Error::invalid("the model " + model + " does not cool down",
                          "the operation cooldowns tells which models do");
  for (const Name& name : gone) remove(name);
  return Done{};
}

std::vector<LedgerView::Cooldown> Cooldowns::cooling() const {
  std::vector<LedgerView::Cooldown> found;
  for (const auto& [name, health] : known_) {
    if (health.until_us == 0) continue;
    found.push_back({servers_.at(name.first), name.second, health.until_us, health.entry});
  }
  return found;
}

std::string fault_of(const EndCooldown& end) {
  return end.model.empty() ? "end_cooldown has no model" : "";
}

std::vector<Cooldown> cooldowns(sqlite::Database& database, std::int64_t wall_us) {
  const std::int64_t newest = database.integer(
      "SELECT booked_us FROM entry WHERE id > (SELECT coalesce(max(entry), 0) FROM clock) ORDER BY "
      "id DESC LIMIT 1");
  const std::int64_t now = std::max(wall_us, newest);
  sqlite::Statement rows = database.prepare(
      std::string("SELECT ") + columns +
      ", (SELECT text FROM name WHERE id = server) FROM cooldown WHERE until_us <> 0 ORDER BY "
      "model, server");
  sqlite::Statement open = database.prepare(is_open_sql);
  std::vector<Cooldown> found;
  while (rows.step()) {
    const Health health = health_of(rows);
    if (is_forgotten(health, now)) continue;
    const bool probing = is_probed(health, now) && open.bind(1, health.probe).step();
    open.reset();
    found.push_back({.model = std::string(rows.text(1)),
                     .server = std::string(rows.text(14)),
                     .provider = health.provider,
                     .until = stored_time(health.until_us),
                     .since = stored_time(health.since_us),
                     .failures = health.failures,
                     .error = health.error,
                     .status = health.status,
                     .probing = probing,
                     .entry = health.entry});
  }
  return found;
}

} // namespace wayfare::ledger
