// How agents are created, edited, archived, restored and imported.
#include <utility>

#include "base/json.hpp"
#include "base/json_equal.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/write_fields.hpp"
#include "ledger/agents.hpp"
#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t agents_max = 100'000;

// Returns what the ledger stores of a profile: all but its texts.
std::string json_of(const Profile& profile) {
  Profile stored = profile;
  stored.parameters.clear();
  stored.tools.clear();
  stored.system.clear();
  std::string json;
  fields::write(json, stored, Shape::sparse);
  return json;
}

std::string models_of(const Profile& profile) {
  const Defaults& defaults = profile.defaults;
  std::vector<std::string> models = defaults.route.models;
  for (const std::string* one : {&defaults.model, &defaults.route.model})
    if (!one->empty()) models.push_back(*one);
  return json::array_of(models);
}

Error conflict(std::string message, std::string advice) {
  return Error{.code = Code::conflict, .message = std::move(message), .advice = std::move(advice)};
}
Error is_other_version(const std::string& name, std::int64_t newest, std::int64_t version) {
  return conflict("the agent " + json::quoted(name) + " is at version " + std::to_string(newest) +
                      ", not " + std::to_string(version),
                  "read it again, and repeat the change on the newest version");
}

bool is_empty_json(const std::string& text) {
  json::Document document;
  return !text.empty() && document.parse(text) && document.root().size() == 0 &&
         (document.root().is_object() || document.root().is_array());
}

bool is_same_json(const std::string& one, const std::string& other) {
  if (one == other) return true;
  json::Document a, b;
  return a.parse(one) && b.parse(other) && json::is_equal(a.root(), b.root());
}

// Whether the profiles mean the same. An export may write the JSON in another way.
bool is_same(const Profile& one, Profile other) {
  if (!is_same_json(one.parameters, other.parameters) || !is_same_json(one.tools, other.tools))
    return false;
  other.parameters = one.parameters;
  other.tools = one.tools;
  return one == other;
}

SetBudget budget_operation(const std::string& name, const AgentBudget& budget) {
  return {.name = budget_of_agent(name),
          .limit = budget.limit,
          .window = budget.window,
          .mode = BudgetMode::hard,
          .assume = budget.assume,
          .scope = {.agent = name},
          .thresholds = budget.thresholds};
}

// The error for a profile that this version cannot read.
Error unreadable(const std::string& name, const std::string& fault) {
  return Error{.code = Code::unsupported,
               .message = "the agent " + json::quoted(name) + " cannot be changed: " + fault,
               .advice = "use the newest wayfare of those that share the ledger"};
}

Agent as_made(const std::string& name, std::int64_t version, const StoredProfile& stored,
              bool archived, AgentChange change, std::int64_t created_us, std::int64_t now_us) {
  return {.name = name,
          .version = version,
          .is_archived = archived,
          .change = change,
          .created = stored_time(created_us),
          .changed = stored_time(now_us),
          .profile = stored.profile};
}

} // namespace

std::string fault_of(const AgentBudget& budget) {
  if (!budget.limit || !budget.window) return "the budget of an agent needs a limit and a window";
  SetBudget operation = budget_operation("a", budget);
  return fault_of(operation);
}

void normalize(Profile& profile) {
  if (is_empty_json(profile.parameters)) profile.parameters.clear();
  if (is_empty_json(profile.tools)) profile.tools.clear();
  if (profile.budget == AgentBudget{}) profile.budget.reset();
}

Profile changed(const Profile& before, const ProfileChanges& changes) {
  Profile profile = before;
  const auto take = [](auto& part, const auto& given) {
    if (given) part = *given;
  };
  take(profile.defaults.model, changes.model);
  take(profile.defaults.max_tokens, changes.max_tokens);
  if (changes.max_tokens == 0) profile.defaults.max_tokens.reset();
  take(profile.defaults.route, changes.route);
  take(profile.defaults.charge_to, changes.charge_to);
  take(profile.parameters, changes.parameters);
  take(profile.tools, changes.tools);
  take(profile.system, changes.system);
  take(profile.system_file, changes.system_file);
  take(profile.budget, changes.budget);
  take(profile.tags, changes.tags);
  take(profile.notes, changes.notes);
  normalize(profile);
  return profile;
}

std::optional<AgentChanges::Newest> AgentChanges::find(const std::string& name) {
  sqlite::Statement row = database_.prepare(
      "SELECT a.id, a.version, a.made_us, a.archived, v.profile, coalesce(v.content, '') "
      "FROM agent a JOIN agent_version v ON v.agent = a.id AND v.version = a.version "
      "WHERE a.name = ?1");
  if (!row.bind(1, name).step()) return std::nullopt;
  return Newest{row.integer(0),      row.integer(1),           row.integer(2),
                row.integer(3) != 0, std::string(row.text(4)), std::string(row.text(5))};
}

void AgentChanges::write_version(std::int64_t id, std::int64_t version, const StoredProfile& stored,
                                 bool archived, AgentChange change, std::int64_t now_us) {
  sqlite::Statement row = database_.prepare(
      "INSERT INTO agent_version(agent, version, made_us, change, archived, profile, content) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  row.bind(1, id).bind(2, version).bind(3, now_us).bind(4, static_cast<std::int64_t>(change));
  row.bind(5, std::int64_t{archived}).bind(6, json_of(stored.profile));
  if (stored.content.empty())
    row.bind_null(7);
  else
    row.bind(7, stored.content);
  row.run();
}

std::optional<Error> AgentChanges::set_budget(const std::string& name,
                                              const std::optional<AgentBudget>& before,
                                              const std::optional<AgentBudget>& budget,
                                              std::int64_t now_us) {
  if (budget == before) return std::nullopt;
  const std::string its = budget_of_agent(name);
  sqlite::Statement other = database_.prepare("SELECT 1 FROM budget WHERE name = ?1");
  if (!before && other.bind(1, its).step())
    return conflict("there is a budget " + json::quoted(its) + " already, which was made by hand",
                    "delete it, or give the agent no budget");
  other.reset();
  const SetBudget operation =
      budget ? budget_operation(name, *budget) : SetBudget{.name = its, .remove = true};
  const auto done = budgets_.change(operation, now_us, Budgets::Left::taken_away);
  return done ? std::nullopt : std::optional(done.error());
}

std::optional<Error> AgentChanges::add(const std::string& name, const StoredProfile& stored,
                                       bool archived, AgentChange change, std::int64_t now_us) {
  if (database_.integer("SELECT count(*) FROM agent") >= agents_max)
    return Error::invalid("there are 100000 agents", "use those that are archived again");
  if (auto refused = set_budget(name, std::nullopt, stored.profile.budget, now_us)) return refused;
  sqlite::Statement row = database_.prepare(
      "INSERT INTO agent(name, version, archived, made_us, models, tags) "
      "VALUES (?1, 1, ?2, ?3, ?4, ?5) RETURNING id");
  row.bind(1, name).bind(2, std::int64_t{archived}).bind(3, now_us);
  row.bind(4, models_of(stored.profile)).bind(5, json::array_of(stored.profile.tags)).step();
  write_version(row.integer(0), 1, stored, archived, change, now_us);
  return std::nullopt;
}

std::optional<Error> AgentChanges::add_version(const std::string& name, const Newest& newest,
                                               const StoredProfile& stored, bool archived,
                                               AgentChange change, std::int64_t now_us) {
  Profile before;
  if (auto fault = read_profile(newest.profile, before); !fault.empty())
    return unreadable(name, fault);
  if (auto refused = set_budget(name, before.budget, stored.profile.budget, now_us)) return refused;
  sqlite::Statement row = database_.prepare(
      "UPDATE agent SET version = ?2, archived = ?3, models = ?4, tags = ?5 WHERE id = ?1");
  row.bind(1, newest.id).bind(2, newest.version + 1).bind(3, std::int64_t{archived});
  row.bind(4, models_of(stored.profile)).bind(5, json::array_of(stored.profile.tags)).run();
  write_version(newest.id, newest.version + 1, stored, archived, change, now_us);
  return std::nullopt;
}

Result<Agent> AgentChanges::create(const std::string& name, const StoredProfile& stored,
                                   std::int64_t now_us) {
  if (const auto known = find(name))
    return conflict(
        "there is an agent " + json::quoted(name) + " already" +
            (known->archived ? ", which is archived" : ""),
        known->archived ? "restore it, or take another name" : "edit it, or take another name");
  if (auto refused = add(name, stored, false, AgentChange::created, now_us))
    return std::move(*refused);
  return as_made(name, 1, stored, false, AgentChange::created, now_us, now_us);
}

Result<Agent> AgentChanges::edit(const std::string& name, std::int64_t version,
                                 const StoredProfile& stored, std::int64_t now_us) {
  const auto newest = find(name);
  if (!newest) return no_agent(database_, name);
  if (newest->version != version) return is_other_version(name, newest->version, version);
  if (auto refused =
          add_version(name, *newest, stored, newest->archived, AgentChange::edited, now_us))
    return std::move(*refused);
  return as_made(name, version + 1, stored, newest->archived, AgentChange::edited, newest->made_us,
                 now_us);
}

Result<Agent> AgentChanges::unchanged(const std::string& name, std::int64_t version,
                                      AgentTexts& texts) {
  auto newest = agent(database_, texts, {name, {}});
  if (newest && newest->version != version) return is_other_version(name, newest->version, version);
  return newest;
}

Result<Agent> AgentChanges::archive(const std::string& name, std::optional<std::int64_t> version,
                                    bool archived, AgentTexts& texts, std::int64_t now_us) {
  const auto newest = find(name);
  if (!newest) return no_agent(database_, name);
  if (version && *version != newest->version)
    return is_other_version(name, newest->version, *version);
  if (newest->archived == archived)
    return conflict(
        "the agent " + json::quoted(name) + " is " + (archived ? "" : "not ") + "archived",
        "agent() tells its state");
  StoredProfile stored{.profile = {}, .content = newest->content};
  if (auto fault = read_profile(newest->profile, stored.profile); !fault.empty())
    return unreadable(name, fault);
  const AgentChange change = archived ? AgentChange::archived : AgentChange::restored;
  if (auto refused = add_version(name, *newest, stored, archived, change, now_us))
    return std::move(*refused);
  return agent(database_, texts, {name, newest->version + 1});
}

Result<Imported> AgentChanges::import(const ImportAgents& import,
                                      const std::vector<StoredProfile>& stored, AgentTexts& texts,
                                      std::int64_t now_us) {
  database_.execute("SAVEPOINT import");
  auto done = import_each(import, stored, texts, now_us);
  if (!done) {
    database_.execute("ROLLBACK TO import");
    budgets_.forget(); // those in memory may not be there
    budgets_.refresh();
  }
  database_.execute("RELEASE import");
  return done;
}

Result<Imported> AgentChanges::import_each(const ImportAgents& import,
                                           const std::vector<StoredProfile>& stored,
                                           AgentTexts& texts, std::int64_t now_us) {
  Imported done;
  for (std::size_t at = 0; at < stored.size(); ++at) {
    const Agent& one = import.agents[at];
    const auto newest = find(one.name);
    std::optional<Error> refused;
    Profile known;
    const bool is_known = newest && read_profile(newest->profile, known).empty() &&
                          texts.read(newest->content, known).empty();
    if (!newest) {
      refused = add(one.name, stored[at], one.is_archived, AgentChange::imported, now_us);
      ++done.created;
    } else if (is_known && newest->archived == one.is_archived &&
               is_same(known, stored[at].profile)) {
      ++done.equal;
    } else if (import.on_conflict == OnConflict::refuse) {
      refused = conflict("the agent " + json::quoted(one.name) +
                             " is there with another profile; nothing was imported",
                         "give on_conflict as skip or replace, or rename the agent");
    } else if (import.on_conflict == OnConflict::skip) {
      ++done.skipped;
    } else {
      refused = add_version(one.name, *newest, stored[at], one.is_archived, AgentChange::imported,
                            now_us);
      ++done.replaced;
    }
    if (refused) return std::move(*refused);
  }
  return done;
}

std::optional<Error> owned_by_agent(sqlite::Database& database, const std::string& budget) {
  const std::string prefix = budget_of_agent("");
  if (!budget.starts_with(prefix)) return std::nullopt;
  const std::string name = budget.substr(prefix.size());
  sqlite::Statement row = database.prepare(
      "SELECT v.profile FROM agent a JOIN agent_version v ON v.agent = a.id AND v.version = "
      "a.version WHERE a.name = ?1");
  Profile profile;
  if (!row.bind(1, name).step() || (read_profile(row.text(0), profile).empty() && !profile.budget))
    return std::nullopt;
  return Error::invalid(json::quoted(budget) + " is the budget of the agent " + json::quoted(name),
                        "change it with edit_agent");
}

} // namespace wayfare::ledger
