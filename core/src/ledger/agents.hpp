// The agents of a ledger: reports, and the changes inside a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/agent.hpp>
#include <wayfare/error.hpp>

#include "ledger/agent_texts.hpp"
#include "ledger/budgets.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Judges a profile. The ledger knows no bodies: whoever calls it passes the judge.
using JudgeProfile = std::optional<Error> (*)(const Profile&);

// Return "" or what cannot be used.
std::string fault_of_agent(std::string_view name);
std::string fault_of_version(const std::string& name, std::optional<std::int64_t> version);
std::string fault_of(const AgentBudget& budget);
std::string fault_of(const GetAgent& query);
std::string fault_of(const ListAgents& query);
std::string fault_of(const AgentHistory& query);
std::string fault_of(const ExportAgents& query);
std::string fault_of(const ExplainEntry& query);

// The name of the budget of an agent.
std::string budget_of_agent(std::string_view name);
// The error for a name without an agent. It names the nearest one.
Error no_agent(sqlite::Database& database, const std::string& name);

// The reports.
Result<Agent> agent(sqlite::Database& database, AgentTexts& texts, const GetAgent& query);
AgentPage agents(sqlite::Database& database, AgentTexts& texts, const ListAgents& query);
AgentPage agents(sqlite::Database& database, AgentTexts& texts, const ExportAgents& query);
Result<AgentPage> history(sqlite::Database& database, AgentTexts& texts, const AgentHistory& query);
Result<Explanation> explain(sqlite::Database& database, AgentTexts& texts,
                            const ExplainEntry& query);

// A profile whose texts are stored.
struct StoredProfile {
  Profile profile;
  std::string content; // the hash of its texts
};

// Makes parts that are empty JSON the same as parts that are left out.
void normalize(Profile& profile);
// The profile after an edit.
Profile changed(const Profile& before, const ProfileChanges& changes);

// The changes. Every method runs inside a transaction of the caller's. An Error has changed
// nothing.
class AgentChanges {
 public:
  AgentChanges(sqlite::Database& database, Budgets& budgets) noexcept
      : database_(database), budgets_(budgets) {}

  Result<Agent> create(const std::string& name, const StoredProfile& profile, std::int64_t now_us);
  // `version`: the one that the edit is based on.
  Result<Agent> edit(const std::string& name, std::int64_t version, const StoredProfile& profile,
                     std::int64_t now_us);
  // After an edit that changes nothing.
  Result<Agent> unchanged(const std::string& name, std::int64_t version, AgentTexts& texts);
  Result<Agent> archive(const std::string& name, std::optional<std::int64_t> version, bool archived,
                        AgentTexts& texts, std::int64_t now_us);
  // All agents or none. `stored` has the profiles of `agents`, in their order.
  Result<Imported> import(const ImportAgents& import, const std::vector<StoredProfile>& stored,
                          AgentTexts& texts, std::int64_t now_us);

 private:
  Result<Imported> import_each(const ImportAgents& import, const std::vector<StoredProfile>& stored,
                               AgentTexts& texts, std::int64_t now_us);
  struct Newest { // of the versions of an agent
    std::int64_t id, version, made_us;
    bool archived;
    std::string profile, content; // as the file has them
  };
  std::optional<Newest> find(const std::string& name);
  std::optional<Error> add(const std::string& name, const StoredProfile& stored, bool archived,
                           AgentChange change, std::int64_t now_us);
  std::optional<Error> add_version(const std::string& name, const Newest& newest,
                                   const StoredProfile& stored, bool archived, AgentChange change,
                                   std::int64_t now_us);
  void write_version(std::int64_t id, std::int64_t version, const StoredProfile& stored,
                     bool archived, AgentChange change, std::int64_t now_us);
  std::optional<Error> set_budget(const std::string& name, const std::optional<AgentBudget>& before,
                                  const std::optional<AgentBudget>& budget, std::int64_t now_us);

  sqlite::Database& database_;
  Budgets& budgets_;
};

// Whether the newest version of the agent is this one, and takes calls.
bool is_newest(sqlite::Statement& newest, const std::string& name, std::int64_t version);
inline constexpr const char* newest_of_agent =
    "SELECT version FROM agent WHERE name = ?1 AND archived = 0";

// The budget of an agent that has this name, so that it cannot be changed by hand.
std::optional<Error> owned_by_agent(sqlite::Database& database, const std::string& budget);

// Reads a stored profile, without its texts. Returns "" or why this version cannot read it.
std::string read_profile(std::string_view json, Profile& profile);

} // namespace wayfare::ledger
