// The reports on agents.
#include "ledger/agents.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/distance.hpp"
#include "base/json.hpp"
#include "base/json_source.hpp"
#include "base/json_text.hpp"
#include "base/read_fields.hpp"
#include "ledger/reports.hpp"
#include "ledger/stored_values.hpp"
#include "values/booking.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t name_max = 128;
constexpr std::int32_t limit_of_page = 1000;
// The columns of an Agent. `a` is the agent, and `v` one of its versions.
constexpr const char* columns =
    "SELECT a.name, v.version, v.archived, v.change, a.made_us, v.made_us, v.profile, v.content "
    "FROM agent a JOIN agent_version v ON v.agent = a.id ";

Agent agent_of(const sqlite::Statement& row, AgentTexts& texts) {
  Agent agent{.name = std::string(row.text(0)),
              .version = row.integer(1),
              .is_archived = row.integer(2) != 0,
              .change = stored_enumerator<AgentChange>(row.integer(3)),
              .created = stored_time(row.integer(4)),
              .changed = stored_time(row.integer(5))};
  agent.fault = read_profile(row.text(6), agent.profile);
  if (agent.fault.empty()) agent.fault = texts.read(std::string(row.text(7)), agent.profile);
  return agent;
}

// One row more than the limit tells that a page follows.
AgentPage page_of(sqlite::Statement& rows, AgentTexts& texts, std::int32_t limit) {
  AgentPage page;
  while (rows.step()) {
    if (std::ssize(page.agents) == limit) {
      page.next = page.agents.back().name;
      break;
    }
    page.agents.push_back(agent_of(rows, texts));
  }
  return page;
}

std::string fault_of_limit(std::int32_t limit, const char* of) {
  return limit >= 1 && limit <= limit_of_page
             ? ""
             : "limit of " + std::string(of) + " is not between 1 and 1000";
}

std::string quoted_for_message(std::string_view name) {
  return name.size() <= 64 ? json::quoted(name) : "of this name";
}

} // namespace

std::string read_profile(std::string_view json, Profile& profile) {
  json::Document document;
  if (!document.parse(json) || !document.root().is_object()) return "its profile is not JSON";
  try {
    fields::read_record(json::Source(document.root()), "", profile);
  } catch (const Exception& refused) {
    return "a newer wayfare wrote its profile: " + refused.error().message;
  }
  return {};
}

std::string fault_of_agent(std::string_view name) {
  if (name.empty() || name.size() > name_max) return "the name of an agent has 1 to 128 bytes";
  if (!json::is_utf8(name)) return "the name of an agent is not UTF-8 text";
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto c = static_cast<unsigned char>(name[at]);
    // In UTF-8, U+0080 to U+009F are C2 and one more byte.
    const bool is_high = c == 0xC2 && static_cast<unsigned char>(name[at + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || is_high) return "the name of an agent has a control character";
  }
  return name == "*" ? "an agent cannot have the name *, which budgets use for each agent" : "";
}

std::string budget_of_agent(std::string_view name) { return "agent:" + std::string(name); }

std::string fault_of_version(const std::string& name, std::optional<std::int64_t> version) {
  return version && *version < 1 ? "version of an agent is below 1" : fault_of_agent(name);
}
std::string fault_of(const GetAgent& query) { return fault_of_version(query.name, query.version); }
std::string fault_of(const ListAgents& query) { return fault_of_limit(query.limit, "agents"); }
std::string fault_of(const AgentHistory& query) {
  std::int64_t after = 1;
  const auto end = query.after.data() + query.after.size();
  if (!query.after.empty() && std::from_chars(query.after.data(), end, after).ptr != end)
    return "after of agent_history is not an AgentPage::next";
  if (auto fault = fault_of_agent(query.name); !fault.empty()) return fault;
  return fault_of_limit(query.limit, "agent_history");
}
std::string fault_of(const ExportAgents& query) {
  return fault_of_limit(query.limit, "export_agents");
}
std::string fault_of(const ExplainEntry& query) {
  return Uid::parse(query.entry) ? "" : "entry of explain is not the id of an entry";
}

Error no_agent(sqlite::Database& database, const std::string& name) {
  const Distance distance(name);
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1; // others are not alike
  sqlite::Statement names = database.prepare("SELECT name FROM agent WHERE archived = 0");
  while (names.step())
    if (const std::size_t away = distance.to(names.text(0)); away < least) {
      least = away;
      nearest = names.text(0);
    }
  return Error{.code = Code::no_agent,
               .message = "there is no agent " + quoted_for_message(name),
               .advice = nearest.empty() ? "agents() tells which there are"
                                         : "the nearest name is " + quoted_for_message(nearest)};
}

Result<Agent> agent(sqlite::Database& database, AgentTexts& texts, const GetAgent& query) {
  sqlite::Statement row = database.prepare(
      std::string(columns) + "WHERE a.name = ?1 AND v.version = coalesce(?2, a.version)");
  if (row.bind(1, query.name).bind(2, query.version).step()) return agent_of(row, texts);
  sqlite::Statement newest = database.prepare("SELECT version FROM agent WHERE name = ?1");
  if (!newest.bind(1, query.name).step()) return no_agent(database, query.name);
  return Error{.code = Code::no_agent,
               .message = "the agent " + quoted_for_message(query.name) + " has no version " +
                          std::to_string(*query.version),
               .advice = "its newest version is " + std::to_string(newest.integer(0))};
}

AgentPage agents(sqlite::Database& database, AgentTexts& texts, const ListAgents& query) {
  // The lists of models and tags are JSON texts. To look for a quoted name in them is quicker than
  // to read them, and leaves few to be read.
  sqlite::Statement rows = database.prepare(
      std::string(columns) +
      "WHERE v.version = a.version AND a.name > ?1 AND a.archived = ?2 AND (?3 = '' OR "
      "instr(lower(a.name), lower(?3)) > 0) AND (?4 = '' OR instr(a.models, ?7) > 0 AND ?4 IN "
      "(SELECT value FROM json_each(a.models))) AND (?5 = '' OR instr(a.tags, ?8) > 0 AND ?5 IN "
      "(SELECT value FROM json_each(a.tags))) ORDER BY a.name LIMIT ?6");
  rows.bind(1, query.after).bind(2, std::int64_t{query.is_archived.value_or(false)});
  rows.bind(3, query.text).bind(4, query.model).bind(5, query.tag);
  rows.bind(7, json::quoted(query.model)).bind(8, json::quoted(query.tag));
  rows.bind(6, std::int64_t{query.limit} + 1);
  return page_of(rows, texts, query.limit);
}

AgentPage agents(sqlite::Database& database, AgentTexts& texts, const ExportAgents& query) {
  sqlite::Statement rows = database.prepare(std::string(columns) +
                                            "WHERE v.version = a.version AND a.name > ?1 ORDER "
                                            "BY a.name LIMIT ?2");
  rows.bind(1, query.after).bind(2, std::int64_t{query.limit} + 1);
  return page_of(rows, texts, query.limit);
}

Result<AgentPage> history(sqlite::Database& database, AgentTexts& texts,
                          const AgentHistory& query) {
  std::int64_t before = never;
  std::from_chars(query.after.data(), query.after.data() + query.after.size(), before);
  sqlite::Statement rows =
      database.prepare(std::string(columns) +
                       "WHERE a.name = ?1 AND v.version < ?2 ORDER BY v.version DESC LIMIT ?3");
  rows.bind(1, query.name).bind(2, before).bind(3, std::int64_t{query.limit});
  AgentPage page;
  while (rows.step()) page.agents.push_back(agent_of(rows, texts));
  if (page.agents.empty() && query.after.empty()) return no_agent(database, query.name);
  if (!page.agents.empty() && page.agents.back().version > 1 &&
      std::ssize(page.agents) == query.limit)
    page.next = std::to_string(page.agents.back().version);
  return page;
}

Result<Explanation> explain(sqlite::Database& database, AgentTexts& texts,
                            const ExplainEntry& query) {
  EntryQuery rows;
  rows.entry = query.entry;
  Explanation told{.entries = entries(database, rows).entries, .agent = {}, .decision = {}};
  if (told.entries.empty())
    return Error::invalid("there is no entry " + query.entry,
                          "entries() tells which there are; old ones may be pruned");
  sqlite::Statement kept = database.prepare("SELECT json FROM decision WHERE uid = ?1");
  if (kept.bind(1, query.entry).step()) told.decision = kept.text(0);
  const Entry& first = told.entries.front();
  if (!first.agent_version) return told;
  auto found = agent(database, texts, {first.charge_to.agent, first.agent_version});
  if (found) told.agent = std::move(*found);
  return told;
}

bool is_newest(sqlite::Statement& newest, const std::string& name, std::int64_t version) {
  const bool same = newest.bind_kept(1, name).step() && newest.integer(0) == version;
  newest.reset();
  return same;
}

} // namespace wayfare::ledger
