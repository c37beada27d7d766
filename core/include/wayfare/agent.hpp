// Agents: profiles that an application creates and edits, and that calls name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/budget.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

struct AgentBudget {
  std::optional<Amount> limit{};
  std::optional<Window> window{};
  std::optional<Amount> assume{};
  std::vector<std::int32_t> thresholds{};

  bool operator==(const AgentBudget&) const = default;
};
template <>
inline constexpr auto fields_of<AgentBudget> = record(
    "AgentBudget",
    "The hard budget of an agent. It counts every call that is charged to the agent. Its name is "
    "`agent:` and the name of the agent. The operation budget does not change it. The operation "
    "override adds to its limit for a while.",
    field("limit", &AgentBudget::limit,
          "US dollars: the most that the calls of one window may cost. A budget needs it."),
    field("window", &AgentBudget::window, "The period of the budget. A budget needs it."),
    field("assume", &AgentBudget::assume,
          "The amount that a call without a bound holds. Without it such a call is refused."),
    field("thresholds", &AgentBudget::thresholds,
          "Shares of the limit in percent. See the operation crossings."));

// What a call takes from its agent.
struct Profile {
  Defaults defaults{};
  std::string parameters{}, tools{}, system{}, system_file{};
  std::optional<AgentBudget> budget{};
  std::vector<std::string> tags{};
  std::string notes{};

  bool operator==(const Profile&) const = default;
};
template <>
inline constexpr auto fields_of<Profile> = record(
    "Profile",
    "What a call takes from its agent. The parts that the call gives itself go before, and each "
    "goes before the defaults of the client.",
    inlined(&Profile::defaults),
    field("parameters", &Profile::parameters,
          "Members for the body, such as temperature, response_format or provider, in at most 64 "
          "KiB. A member that has its own place is refused by name: model, messages, tools, "
          "max_tokens, stream and those of the same meaning.",
          Shape::json | Shape::null_if_empty),
    field("tools", &Profile::tools, "The tools, as the body has them, in at most 256 KiB.",
          Shape::json | Shape::list | Shape::null_if_empty),
    field("system", &Profile::system,
          "The system prompt, at most 256 KiB. A call whose messages begin with a system message "
          "of its own does not take it. It is not stored in the ledger, but in a private file in a "
          "folder beside it.",
          Shape::null_if_empty),
    field("system_file", &Profile::system_file,
          "The absolute path of a text file of your own with the system prompt, in place of "
          "`system`. Each call has the text that the file has then. It is not a part of the "
          "agent's history.",
          Shape::null_if_empty),
    field("budget", &Profile::budget, "The hard budget of the agent."),
    field("tags", &Profile::tags, "At most 16 tags, to find agents by. They are charged nothing."),
    field("notes", &Profile::notes, "Notes for people, at most 4 KiB.", Shape::null_if_empty));

enum class AgentChange : std::uint8_t { created, edited, archived, restored, imported };
template <>
inline constexpr auto values_of<AgentChange> =
    enumeration<AgentChange>("AgentChange", "What made a version of an agent.",
                             {
                                 {AgentChange::created, "created", "It was created."},
                                 {AgentChange::edited, "edited", "Its profile was edited."},
                                 {AgentChange::archived, "archived", "It was archived."},
                                 {AgentChange::restored, "restored", "It was restored."},
                                 {AgentChange::imported, "imported", "It was imported."},
                             });

struct Agent {
  std::string name{};
  std::int64_t version = 0;
  bool is_archived = false;
  AgentChange change = AgentChange::created;
  Time created{}, changed{};
  Profile profile{};
  std::string fault{};

  bool operator==(const Agent&) const = default;
};
template <>
inline constexpr auto fields_of<Agent> = record(
    "Agent", "One version of an agent.",
    field("name", &Agent::name,
          "The name, 1 to 128 bytes, without control characters. Calls of the agent have it as "
          "charge_to.agent. It never changes."),
    field("version", &Agent::version,
          "The number of the version: 1 for the first, and one more with each change."),
    field("archived", &Agent::is_archived, "Whether the agent takes no calls."),
    field("change", &Agent::change, "What made this version."),
    field("created", &Agent::created, "When the agent was created."),
    field("changed", &Agent::changed, "When this version was made."), inlined(&Agent::profile),
    field("fault", &Agent::fault,
          "Why the system prompt, the parameters and the tools of this version cannot be read. "
          "They are null then, and calls of the agent are refused.",
          Shape::null_if_empty));

// ---- The operations.

struct CreateAgent {
  using Result = Agent;
  std::string name{};
  Profile profile{};
};
template <>
inline constexpr auto fields_of<CreateAgent> = record(
    "create_agent",
    "Creates an agent, and its budget in the same transaction. A ledger has at most 100000 agents. "
    "A name that is taken is refused with `conflict`, also if its agent is archived.",
    field("name", &CreateAgent::name, "The name, 1 to 128 bytes, without control characters.",
          Shape::required),
    inlined(&CreateAgent::profile));

// The parts of a profile that change.
struct ProfileChanges {
  std::optional<std::string> model{};
  std::optional<std::int64_t> max_tokens{};
  std::optional<Route> route{};
  std::optional<ChargeTo> charge_to{};
  std::optional<std::string> parameters{}, tools{}, system{}, system_file{};
  std::optional<AgentBudget> budget{};
  std::optional<std::vector<std::string>> tags{};
  std::optional<std::string> notes{};
};
template <>
inline constexpr auto fields_of<ProfileChanges> = record(
    "ProfileChanges",
    "The parts of a profile that change. A part that is given replaces the whole part. An empty "
    "text, list or object, and a max_tokens of 0, takes the part away.",
    field("model", &ProfileChanges::model, doc_of<Profile>("model")),
    field("max_tokens", &ProfileChanges::max_tokens, doc_of<Profile>("max_tokens")),
    field("route", &ProfileChanges::route, doc_of<Profile>("route")),
    field("charge_to", &ProfileChanges::charge_to, doc_of<Profile>("charge_to")),
    field("parameters", &ProfileChanges::parameters, doc_of<Profile>("parameters"), Shape::json),
    field("tools", &ProfileChanges::tools, doc_of<Profile>("tools"), Shape::json | Shape::list),
    field("system", &ProfileChanges::system, doc_of<Profile>("system")),
    field("system_file", &ProfileChanges::system_file, doc_of<Profile>("system_file")),
    field("budget", &ProfileChanges::budget, doc_of<Profile>("budget")),
    field("tags", &ProfileChanges::tags, doc_of<Profile>("tags")),
    field("notes", &ProfileChanges::notes, doc_of<Profile>("notes")));

struct EditAgent {
  using Result = Agent;
  std::string name{};
  std::int64_t version = 0;
  ProfileChanges changes{};
};
template <>
inline constexpr auto fields_of<EditAgent> = record(
    "edit_agent",
    "Makes the next version of an agent, and changes its budget in the same transaction. It takes "
    "effect at the next call in every process. An edit of an older version is refused with "
    "`conflict`: so nobody overwrites an edit that they have not seen. An edit that changes "
    "nothing "
    "makes no version. A part that is given replaces the whole part. An empty text, list or "
    "object, and a max_tokens of 0, takes the part away.",
    field("name", &EditAgent::name, "The name of the agent.", Shape::required),
    field("version", &EditAgent::version, "The version that you have seen.", Shape::required),
    inlined(&EditAgent::changes));

struct GetAgent {
  using Result = Agent;
  std::string name{};
  std::optional<std::int64_t> version{};
};
template <>
inline constexpr auto fields_of<GetAgent> =
    record("agent", "Gives an agent. One that is not there is refused with `no_agent`.",
           field("name", &GetAgent::name, "The name of the agent.", Shape::required),
           field("version", &GetAgent::version, "A version. Without it: the newest."));

struct AgentPage {
  std::vector<Agent> agents;
  std::string next;
};
template <>
inline constexpr auto fields_of<AgentPage> =
    record("AgentPage", "A page of agents.",
           field("agents", &AgentPage::agents, "The agents, or the versions of one agent."),
           field("next", &AgentPage::next,
                 "The value of `after` for the following page. Null on the last page.",
                 Shape::null_if_empty));

struct ListAgents {
  using Result = AgentPage;
  std::string text{}, model{}, tag{};
  std::optional<bool> is_archived{};
  std::string after{};
  std::int32_t limit = 100;
};
template <>
inline constexpr auto fields_of<ListAgents> = record(
    "agents",
    "Lists the agents, in the order of their names. The filters choose agents that match "
    "all of them. A filter that is given without a value is refused.",
    field("text", &ListAgents::text,
          "A part of the name. The case of ASCII letters does not count.", Shape::never_empty),
    field("model", &ListAgents::model, "One of the models that the profile names.",
          Shape::never_empty),
    field("tag", &ListAgents::tag, "One of the tags of the profile.", Shape::never_empty),
    field("archived", &ListAgents::is_archived,
          "Whether the agent is archived. Without it: only agents that are not."),
    field("after", &ListAgents::after, "The `next` of the previous page."),
    field("limit", &ListAgents::limit, "The most agents on a page: 1 to 1000."));

struct AgentHistory {
  using Result = AgentPage;
  std::string name{}, after{};
  std::int32_t limit = 100;
};
template <>
inline constexpr auto fields_of<AgentHistory> =
    record("agent_history", "Lists the versions of an agent, the newest first.",
           field("name", &AgentHistory::name, "The name of the agent.", Shape::required),
           field("after", &AgentHistory::after, "The `next` of the previous page."),
           field("limit", &AgentHistory::limit, "The most versions on a page: 1 to 1000."));

struct ArchiveAgent {
  using Result = Agent;
  std::string name{};
  std::optional<std::int64_t> version{};
};
template <>
inline constexpr auto fields_of<ArchiveAgent> = record(
    "archive_agent",
    "Makes a version of the agent that takes no calls. Its name stays taken, its history and its "
    "entries stay, and its budget goes on to count calls that are charged to its name.",
    field("name", &ArchiveAgent::name, "The name of the agent.", Shape::required),
    field("version", &ArchiveAgent::version,
          "The version that you have seen. An older one is refused with `conflict`. Without it: "
          "the newest."));

struct RestoreAgent {
  using Result = Agent;
  std::string name{};
  std::optional<std::int64_t> version{};
};
template <>
inline constexpr auto fields_of<RestoreAgent> =
    record("restore_agent", "Makes a version of an archived agent that takes calls again.",
           field("name", &RestoreAgent::name, "The name of the agent.", Shape::required),
           field("version", &RestoreAgent::version, "As of archive_agent."));

struct ExportAgents {
  using Result = AgentPage;
  std::string after{};
  std::int32_t limit = 1000;
};
template <>
inline constexpr auto fields_of<ExportAgents> = record(
    "export_agents",
    "Gives the newest version of every agent, archived ones included, with its system prompt. The "
    "operation import_agents takes them. The text of a system_file is not exported, but its path.",
    field("after", &ExportAgents::after, "The `next` of the previous page."),
    field("limit", &ExportAgents::limit, "The most agents on a page: 1 to 1000."));

enum class OnConflict : std::uint8_t { refuse, skip, replace };
template <>
inline constexpr auto values_of<OnConflict> = enumeration<OnConflict>(
    "OnConflict", "What an import does with a name that is taken by an agent that differs.",
    {
        {OnConflict::refuse, "refuse", "Nothing is imported, and the error names the agent."},
        {OnConflict::skip, "skip", "The agent stays as it is."},
        {OnConflict::replace, "replace", "The agent gets a new version."},
    });

struct Imported {
  std::int64_t created = 0, replaced = 0, equal = 0, skipped = 0;
};
template <>
inline constexpr auto fields_of<Imported> =
    record("Imported", "The numbers of agents in an import.",
           field("created", &Imported::created, "Agents that were created."),
           field("replaced", &Imported::replaced, "Agents that got a new version."),
           field("equal", &Imported::equal, "Agents that were there with the same profile."),
           field("skipped", &Imported::skipped, "Agents that were there and stay as they are."));

struct ImportAgents {
  using Result = Imported;
  std::vector<Agent> agents{};
  OnConflict on_conflict = OnConflict::refuse;
};
template <>
inline constexpr auto fields_of<ImportAgents> = record(
    "import_agents",
    "Creates agents, or changes them, in one transaction: all of them or none. A new agent begins "
    "with version 1, since versions count the changes in one ledger.",
    field("agents", &ImportAgents::agents,
          "The agents, as export_agents gives them: at most 1000. The name, whether it is "
          "archived, and the profile count.",
          Shape::required),
    field("on_conflict", &ImportAgents::on_conflict, "What to do with a name that is taken."));

struct Explanation {
  std::vector<Entry> entries;
  std::optional<Agent> agent;
  std::string decision;
};
template <>
inline constexpr auto fields_of<Explanation> = record(
    "Explanation", "What is known about one attempt.",
    field("entries", &Explanation::entries, "The entry of the attempt, and its corrections."),
    field("agent", &Explanation::agent,
          "The agent as it was when the attempt was reserved. Null if the call named no agent."),
    field("decision", &Explanation::decision,
          "Why the model was selected, at most 4096 bytes: v (1), sort, candidates (the head of "
          "the ranking, each with model, reason, expected and bound), ranked (how many there "
          "were), left_out (how many models were left out, by the reason), catalogue (source and "
          "fetched), and needs. Null unless the route had keep_decision.",
          Shape::json | Shape::null_if_empty));

struct ExplainEntry {
  using Result = Explanation;
  std::string entry{};
};
template <>
inline constexpr auto fields_of<ExplainEntry> =
    record("explain",
           "Tells about an attempt what the ledger knows, and the profile of its agent as it was.",
           field("entry", &ExplainEntry::entry, "The id of the attempt.", Shape::required));

} // namespace wayfare
