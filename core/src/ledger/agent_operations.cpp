// The operations of a Ledger on agents. Texts are stored by the reader's thread before the
// transaction of the writer, so that no booking waits for them. A ledger in memory has no reader.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "ledger/agents.hpp"
#include "ledger/ledger_steps.hpp"

namespace wayfare::ledger {

// Answers with what `report` finds.
template <class Query>
void Ledger::ask_agents(const Query& query, AgentReport<Query> report,
                        Answer<typename Query::Result> answer, GivenUp given_up) {
  using Found = Result<typename Query::Result>;
  if (auto fault = fault_of(query); !fault.empty()) return answer(Error::invalid(std::move(fault)));
  read<Found>([this, query, report](
                  sqlite::Database& database) { return report(database, agent_texts_, query); },
              [answer = std::move(answer)](Result<Found> found) {
                answer(found ? std::move(*found) : Found(found.error()));
              },
              std::move(given_up));
}

namespace {

Error not_stored(const std::string& fault) {
  return Error{.code = Code::ledger_unavailable,
               .message = "the texts of an agent cannot be stored: " + fault,
               .advice = "check the folder beside the ledger, its permissions and its disk",
               .retryable = true};
}

// Judges a profile as far as the ledger knows it, and then by the judge.
std::optional<Error> refusal_of(const Profile& profile, JudgeProfile judge) {
  if (profile.budget)
    if (auto fault = fault_of(*profile.budget); !fault.empty())
      return Error::invalid(std::move(fault));
  return judge(profile);
}

} // namespace

// Gets the drafts, stores their texts, and then runs `step` in a transaction. All on other threads.
template <class T>
void Ledger::change_agents(
    std::function<Result<Drafts>(sqlite::Database&)> drafts,
    std::function<Result<T>(AgentChanges&, const Drafts&, std::int64_t)> step, Answer<T> answer) {
  const auto job = [this, drafts = std::move(drafts), step = std::move(step),
                    answer](sqlite::Database& database) {
    auto found = drafts(database);
    if (!found) return answer(found.error());
    for (StoredProfile& one : *found)
      if (auto failed = agent_texts_.store(AgentTexts::content_of(one.profile), one.content);
          !failed.empty())
        return answer(not_stored(failed));
    change<T>(
        [step, stored = std::move(*found)](File& file, std::int64_t now_us) {
          AgentChanges changes(file.database(), file.rows().budgets());
          return step(changes, stored, now_us);
        },
        answer);
  };
  const auto failed = [answer](const sqlite::Failure& failure) { answer(unread(failure)); };
  on_reader(job, failed, [answer](const Error& error) { answer(error); }, {});
}

void Ledger::execute(const CreateAgent& create, JudgeProfile judge, Answer<Agent> answer) {
  Profile profile = create.profile;
  normalize(profile);
  if (auto fault = fault_of_agent(create.name); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  if (auto refused = refusal_of(profile, judge)) return answer(std::move(*refused));
  change_agents<Agent>(
      [profile](sqlite::Database&) { return Result<Drafts>(Drafts{{profile, {}}}); },
      [name = create.name](AgentChanges& changes, const Drafts& drafts, std::int64_t now_us) {
        return changes.create(name, drafts.front(), now_us);
      },
      std::move(answer));
}

void Ledger::execute(const EditAgent& edit, JudgeProfile judge, Answer<Agent> answer) {
  if (auto fault = fault_of_version(edit.name, edit.version); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  // A version never changes, so it may be read before the transaction.
  const auto drafts = [this, edit, judge](sqlite::Database& database) -> Result<Drafts> {
    auto before = agent(database, agent_texts_, {edit.name, edit.version});
    if (!before) {
      // The transaction tells the newest version.
      if (agent(database, agent_texts_, {edit.name, {}}).ok()) return Drafts{StoredProfile{}};
      return before.error();
    }
    if (!before->fault.empty())
      return Error{
          .code = Code::unsupported,
          .message = "the agent " + json::quoted(edit.name) + " cannot be edited: " + before->fault,
          .advice = "import it again from an export, or put its file back"};
    Profile profile = changed(before->profile, edit.changes);
    if (auto refused = refusal_of(profile, judge)) return std::move(*refused);
    if (profile == before->profile) return Drafts{};
    return Drafts{{std::move(profile), {}}};
  };
  change_agents<Agent>(
      drafts,
      [this, edit](AgentChanges& changes, const Drafts& stored, std::int64_t now_us) {
        return stored.empty() ? changes.unchanged(edit.name, edit.version, agent_texts_)
                              : changes.edit(edit.name, edit.version, stored.front(), now_us);
      },
      std::move(answer));
}

void Ledger::execute(const ImportAgents& import, JudgeProfile judge, Answer<Imported> answer) {
  constexpr std::size_t agents_max = 1000;
  if (import.agents.size() > agents_max)
    return answer(Error::invalid("agents of import_agents has more than 1000 agents"));
  Drafts drafts;
  std::set<std::string> names;
  for (const Agent& one : import.agents) {
    auto fault = fault_of_agent(one.name);
    if (fault.empty() && !names.insert(one.name).second)
      fault = "agents of import_agents has " + json::quoted(one.name) + " twice";
    if (fault.empty() && !one.fault.empty())
      fault =
          "the export of the agent " + json::quoted(one.name) + " lacks its texts: " + one.fault;
    if (!fault.empty()) return answer(Error::invalid(std::move(fault)));
    drafts.push_back({one.profile, {}});
    normalize(drafts.back().profile);
    if (auto refused = refusal_of(drafts.back().profile, judge)) {
      refused->message = "the agent " + json::quoted(one.name) + ": " + refused->message;
      return answer(std::move(*refused));
    }
  }
  change_agents<Imported>(
      [drafts](sqlite::Database&) { return Result<Drafts>(drafts); },
      [this, import](AgentChanges& changes, const Drafts& stored, std::int64_t now_us) {
        return changes.import(import, stored, agent_texts_, now_us);
      },
      std::move(answer));
}

void Ledger::archive(const std::string& name, std::optional<std::int64_t> version, bool archived,
                     Answer<Agent> answer) {
  if (auto fault = fault_of_version(name, version); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  change<Agent>(
      [=, this](File& file, std::int64_t now_us) {
        AgentChanges changes(file.database(), file.rows().budgets());
        return changes.archive(name, version, archived, agent_texts_, now_us);
      },
      std::move(answer));
}
void Ledger::execute(const ArchiveAgent& one, Answer<Agent> answer) {
  archive(one.name, one.version, true, std::move(answer));
}
void Ledger::execute(const RestoreAgent& one, Answer<Agent> answer) {
  archive(one.name, one.version, false, std::move(answer));
}

void Ledger::execute(const GetAgent& query, Answer<Agent> answer, GivenUp given_up) {
  ask_agents<GetAgent>(query, &agent, std::move(answer), std::move(given_up));
}
void Ledger::execute(const ListAgents& query, Answer<AgentPage> answer, GivenUp given_up) {
  ask_agents<ListAgents>(
      query,
      [](sqlite::Database& database, AgentTexts& texts, const ListAgents& list) {
        return Result<AgentPage>(agents(database, texts, list));
      },
      std::move(answer), std::move(given_up));
}
void Ledger::execute(const ExportAgents& query, Answer<AgentPage> answer, GivenUp given_up) {
  ask_agents<ExportAgents>(
      query,
      [](sqlite::Database& database, AgentTexts& texts, const ExportAgents& list) {
        return Result<AgentPage>(agents(database, texts, list));
      },
      std::move(answer), std::move(given_up));
}
void Ledger::execute(const AgentHistory& query, Answer<AgentPage> answer, GivenUp given_up) {
  ask_agents<AgentHistory>(query, &history, std::move(answer), std::move(given_up));
}
void Ledger::execute(const ExplainEntry& query, Answer<Explanation> answer, GivenUp given_up) {
  ask_agents<ExplainEntry>(query, &explain, std::move(answer), std::move(given_up));
}

} // namespace wayfare::ledger
