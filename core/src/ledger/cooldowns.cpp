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

// With the slug of the provider behind the columns; '': the row is that of the model.
std::string all_rows() {
  return std::string("SELECT ") + columns + ", '' AS slug FROM cooldown UNION ALL SELECT " +
         columns + ", slug FROM provider_cooldown";
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
      write_provider_(database.prepare(
          std::string("INSERT OR REPLACE INTO provider_cooldown(") + columns +
          ", slug) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")),
      remove_(database.prepare("DELETE FROM cooldown WHERE server = ?1 AND model = ?2")),
      remove_provider_(database.prepare(
          "DELETE FROM provider_cooldown WHERE server = ?1 AND model = ?2 AND slug = ?3")),
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
  sqlite::Statement rows = database_.prepare(all_rows());
  while (rows.step()) {
    const Name name{rows.integer(0), std::string(rows.text(1)), std::string(rows.text(14))};
    known_.insert_or_assign(name, health_of(rows));
    know_server(name.server);
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

const Health* Cooldowns::find(std::int64_t server, std::string_view model) const {
  const auto known = known_.find({server, health_name(model), {}});
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

std::vector<Cooldowns::Name> Cooldowns::providers_of(std::int64_t server,
                                                     const std::string& model) const {
  std::vector<Name> names;
  for (auto one = known_.upper_bound({server, model, {}});
       one != known_.end() && one->first.server == server && one->first.model == model; ++one)
    names.push_back(one->first);
  return names;
}

std::vector<LedgerView::Cooldown> Cooldowns::to_avoid(std::int64_t server, std::string_view model,
                                                      const std::vector<std::string>& left_out,
                                                      std::int64_t now_us) {
  std::vector<LedgerView::Cooldown> found;
  for (const Name& name : providers_of(server, health_name(model))) {
    const Health& health = known_.at(name);
    if (std::ranges::find(left_out, name.slug) == left_out.end() && keeps_off(health, now_us))
      found.push_back({servers_.at(server), name.model, health.until_us, health.entry, name.slug,
                       health.provider});
  }
  return found;
}

void Cooldowns::probe(const Name& name, Health& health, std::string_view uid, std::int64_t now_us) {
  if (standing_of(health, now_us) != Standing::due || keeps_off(health, now_us)) return;
  health.probe = uid;
  health.probing_us = now_us;
  write(name, health);
}

void Cooldowns::sent(std::int64_t server, std::string_view model, std::string_view uid,
                     const std::vector<std::string>* left_out, std::int64_t now_us) {
  const std::string health = health_name(model);
  if (const auto known = known_.find({server, health, {}}); known != known_.end())
    probe(known->first, known->second, uid, now_us);
  if (!left_out) return;
  for (const Name& name : providers_of(server, health))
    if (std::ranges::find(*left_out, name.slug) == left_out->end())
      probe(name, known_.at(name), uid, now_us);
}

bool Cooldowns::all_cool(std::int64_t server, const std::string& model,
                         const std::vector<std::string>& slugs, std::int64_t now_us) const {
  return std::ranges::all_of(slugs, [&](const std::string& slug) {
    const auto known = known_.find({server, model, slug});
    return known != known_.end() && standing_of(known->second, now_us) == Standing::cooling;
  });
}

// The model is to blame where its providers are not known, where none would be left, and where the
// attempt tried whether the model works.
void Cooldowns::ended(std::int64_t server, std::string_view model, const Ended& attempt,
                      const Outcome& outcome, std::int64_t now_us) {
  if (model.empty()) return; // the server chose it
  const Name name{server, health_name(model), {}};
  const auto known = known_.find(name);
  const bool was_probe = known != known_.end() && known->second.probe == attempt.uid;
  const bool blames_model =
      outcome.failed.empty() || was_probe || all_cool(server, name.model, outcome.others, now_us);
  Outcome nothing;
  if (outcome.told != Told::fails || blames_model) tell(name, attempt, outcome, now_us);
  for (const Name& provider : providers_of(server, name.model)) {
    const bool served = outcome.told == Told::serves && !outcome.provider.empty() &&
                        known_.at(provider).provider == outcome.provider;
    const bool failed = outcome.told == Told::fails && !blames_model &&
                        std::ranges::find(outcome.failed, provider.slug, &FailedProvider::slug) !=
                            outcome.failed.end();
    if (!failed) tell(provider, attempt, served ? outcome : nothing, now_us);
  }
  if (outcome.told != Told::fails || blames_model) return;
  for (const FailedProvider& one : outcome.failed) {
    const bool is_last = &one == &outcome.failed.back(); // the answer's Retry-After is its own
    tell({server, name.model, one.slug}, attempt,
         {.told = Told::fails,
          .retry_after_us = is_last ? outcome.retry_after_us : 0,
          .provider = one.name},
         now_us);
  }
}

void Cooldowns::tell(const Name& name, const Ended& attempt, const Outcome& outcome,
                     std::int64_t now_us) {
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
  sqlite::Statement& row = name.slug.empty() ? write_ : write_provider_;
  row.bind(1, name.server).bind(2, name.model).bind(3, health.failures);
  row.bind(4, health.failed_us).bind(5, health.before_us).bind(6, health.since_us);
  row.bind(7, health.until_us).bind(8, health.span_us);
  row.bind(9, static_cast<std::int64_t>(health.error)).bind(10, std::int64_t{health.status});
  row.bind(11, health.provider).bind(12, health.entry).bind(13, health.probe);
  row.bind(14, health.probing_us);
  if (!name.slug.empty()) row.bind(15, name.slug);
  row.run();
  know_server(name.server);
  dirty_ = changed_ = true;
}

void Cooldowns::remove(const Name& name) {
  sqlite::Statement& row = name.slug.empty() ? remove_ : remove_provider_;
  row.bind(1, name.server).bind(2, name.model);
  if (!name.slug.empty()) row.bind(3, name.slug);
  row.run();
  known_.erase(name);
  dirty_ = changed_ = true;
}

Result<Done> Cooldowns::change(const EndCooldown& end) {
  const std::string model = health_name(end.model);
  std::vector<Name> gone;
  for (const auto& [name, health] : known_) {
    const bool is_meant = end.provider.empty() || name.slug == end.provider ||
                          (!name.slug.empty() && health.provider == end.provider);
    if (name.model == model && is_meant && health.until_us != 0) gone.push_back(name);
  }
  if (gone.empty())
    return Error::invalid(
        (end.provider.empty() ? "the model " : "the provider " + end.provider + " of the model ") +
            model + " does not cool down",
        "the operation cooldowns tells what does");
  for (const Name& name : gone) remove(name);
  return Done{};
}

std::vector<LedgerView::Cooldown> Cooldowns::cooling() const {
  std::vector<LedgerView::Cooldown> found;
  for (const auto& [name, health] : known_) {
    if (health.until_us == 0) continue;
    found.push_back({servers_.at(name.server), name.model, health.until_us, health.entry, name.slug,
                     name.slug.empty() ? std::string() : health.provider});
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
  sqlite::Statement rows =
      database.prepare("SELECT *, (SELECT text FROM name WHERE id = server) FROM (" + all_rows() +
                       ") WHERE until_us <> 0 ORDER BY model, server, slug");
  sqlite::Statement open = database.prepare(is_open_sql);
  std::vector<Cooldown> found;
  while (rows.step()) {
    const Health health = health_of(rows);
    if (is_forgotten(health, now)) continue;
    const bool probing = is_probed(health, now) && open.bind(1, health.probe).step();
    open.reset();
    found.push_back({.model = std::string(rows.text(1)),
                     .server = std::string(rows.text(15)),
                     .provider = health.provider,
                     .until = stored_time(health.until_us),
                     .since = stored_time(health.since_us),
                     .failures = health.failures,
                     .error = health.error,
                     .status = health.status,
                     .probing = probing,
                     .entry = health.entry,
                     .slug = std::string(rows.text(14))});
  }
  return found;
}

} // namespace wayfare::ledger
