// Agents in the ledger: versions, compare-and-set, budgets in the same transaction, and the version
// of each reservation.
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;

namespace {

std::optional<Error> accept(const Profile&) { return std::nullopt; }

template <class Change>
Result<typename Change::Result> judged(Ledger& ledger, const Change& change) {
  using Answer = Result<typename Change::Result>;
  std::promise<Answer> answer;
  ledger.execute(change, &accept, [&](Answer result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

Agent create(Ledger& ledger, const std::string& name, Profile profile = {}) {
  return judged(ledger, CreateAgent{name, std::move(profile)}).value();
}
Result<Agent> edit(Ledger& ledger, const std::string& name, std::int64_t version,
                   ProfileChanges changes) {
  return judged(ledger, EditAgent{name, version, std::move(changes)});
}

Verdict verdict(Ledger& ledger, const Reservation& reservation) {
  std::promise<Verdict> answer;
  ledger.reserve(std::make_shared<const Reservation>(reservation),
                 [&](const Verdict& one) { answer.set_value(one); });
  return answer.get_future().get();
}
Reservation of_version(const std::string& agent, std::int64_t version) {
  Reservation one = reservation(agent);
  one.agent_version = version;
  one.bound = Amount{1'000'000};
  return one;
}

AgentBudget dollars(std::int64_t amount) {
  return {.limit = Amount{amount * 1'000'000'000'000}, .window = Window::lifetime};
}

} // namespace

TEST_CASE("each change of an agent is a version, and no edit is lost", "[agents]") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const Profile profile{.defaults = {.model = "a/one", .route = {.retries = 2}},
                        .parameters = R"({"temperature":0.2})",
                        .system = "Be kind.",
                        .tags = {"web"},
                        .notes = "n"};
  const Agent first = create(ledger, "support", profile);
  CHECK(first.version == 1);
  CHECK(first.profile == profile);
  CHECK(judged(ledger, CreateAgent{"support", {}}).error().code == Code::conflict);

  const auto second = edit(ledger, "support", 1, {.model = "b/two", .notes = ""}).value();
  CHECK(second.version == 2);
  CHECK(second.profile.defaults.model == "b/two");
  CHECK(second.profile.notes.empty());
  CHECK(second.profile.system == "Be kind.");
  const auto late = edit(ledger, "support", 1, {.model = "c/three"});
  CHECK(late.error().code == Code::conflict);
  CHECK(late.error().message == "the agent \"support\" is at version 2, not 1");
  CHECK(edit(ledger, "support", 2, {.model = "b/two"}).value().version == 2); // nothing changed
  CHECK(edit(ledger, "support", 3, {}).error().code == Code::conflict);
  CHECK(edit(ledger, "sopport", 1, {}).error().advice == "the nearest name is \"support\"");

  CHECK(ask(ledger, ArchiveAgent{.name = "support", .version = 1}).error().code == Code::conflict);
  CHECK(ask(ledger, ArchiveAgent{.name = "support"}).value().version == 3);
  CHECK(ask(ledger, ArchiveAgent{.name = "support"}).error().code == Code::conflict);
  CHECK(ask(ledger, RestoreAgent{.name = "support"}).value().version == 4);

  const auto history = ask(ledger, AgentHistory{.name = "support", .limit = 3}).value();
  CHECK(history.next == "2");
  const auto rest = ask(ledger, AgentHistory{.name = "support", .after = history.next}).value();
  CHECK(rest.next.empty());
  REQUIRE(rest.agents.size() == 1);
  CHECK(rest.agents[0] == first); // as it was
  CHECK(ask(ledger, GetAgent{.name = "support", .version = 2}).value() == second);
}

TEST_CASE("a reservation with an old version of its agent is not granted", "[agents]") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  create(ledger, "support", {.budget = dollars(5)});
  const Reservation granted = of_version("support", 1);
  CHECK(verdict(ledger, granted).is_granted());
  REQUIRE(edit(ledger, "support", 1, {.model = "b/two"}).ok());
  CHECK(verdict(ledger, of_version("support", 1)).agent_changed);
  CHECK(verdict(ledger, of_version("nobody", 1)).agent_changed);
  CHECK(verdict(ledger, of_version("support", 2)).is_granted());
  REQUIRE(ask(ledger, ArchiveAgent{.name = "support"}).ok());
  CHECK(verdict(ledger, of_version("support", 3)).agent_changed);

  book(ledger, granted.uid, settled(1000)); // which was made by version 1, and stays so
  std::vector<std::int64_t> versions;
  for (const Entry& one : entries(ledger)) versions.push_back(one.agent_version.value_or(0));
  CHECK(versions == std::vector<std::int64_t>{1, 2});
  const auto told = ask(ledger, ExplainEntry{granted.uid.text()}).value();
  CHECK(told.agent.value().version == 1);
  const auto usage =
      ask(ledger, UsageQuery{.by = {Dimension::agent, Dimension::agent_version}}).value();
  REQUIRE(usage.size() == 2);
  CHECK(usage[0].agent_version == "1");
  CHECK(usage[0].cost.picodollars == 1000);
}

TEST_CASE("the budget of an agent changes with its profile", "[agents]") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const auto budget = [&]() -> std::string {
    const auto all = ask(ledger, ListBudgets{}).value();
    if (all.empty()) return "none";
    CHECK(all.size() == 1);
    CHECK(all[0].scope == Scope{.agent = "support"});
    CHECK(all[0].mode == BudgetMode::hard);
    return all[0].name + " " + all[0].limit.text() +
           (all[0].assume ? " " + all[0].assume->text() : "");
  };
  AgentBudget first = dollars(5);
  first.assume = Amount::parse("0.5");
  create(ledger, "support", {.budget = first});
  CHECK(budget() == "agent:support 5 0.5");
  REQUIRE(edit(ledger, "support", 1, {.budget = dollars(7)}).ok());
  CHECK(budget() == "agent:support 7"); // what is left out is taken away
  CHECK(edit(ledger, "support", 1, {.budget = dollars(9)}).error().code == Code::conflict);
  CHECK(budget() == "agent:support 7");
  const auto by_hand = ask(ledger, SetBudget{.name = "agent:support", .limit = Amount{1}});
  CHECK(by_hand.error().message == "\"agent:support\" is the budget of the agent \"support\"");
  REQUIRE(edit(ledger, "support", 2, {.budget = AgentBudget{}}).ok());
  CHECK(budget() == "none");
  REQUIRE(ask(ledger, SetBudget{.name = "agent:sales", .limit = Amount{1}, .window = Window::day})
              .ok());
  CHECK(judged(ledger, CreateAgent{"sales", {.budget = dollars(1)}}).error().code ==
        Code::conflict);
  CHECK(ask(ledger, GetAgent{.name = "sales"}).error().code == Code::no_agent);
}

TEST_CASE("an import that is refused changes nothing", "[agents]") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  create(ledger, "c", {.notes = "mine"});
  const Reservation one = of_version("c", 1);
  REQUIRE(verdict(ledger, one).is_granted());
  book(ledger, one.uid, settled(1000)); // a sum that is not written yet must not be lost
  const std::vector<Agent> three{{.name = "a", .profile = {.budget = dollars(1)}},
                                 {.name = "b", .is_archived = true},
                                 {.name = "c", .profile = {.notes = "theirs"}}};
  const auto refused = judged(ledger, ImportAgents{three, OnConflict::refuse});
  CHECK(refused.error().code == Code::conflict);
  CHECK(ask(ledger, ListBudgets{}).value().empty());
  // Nor does the process go on to enforce a budget of the import.
  Reservation dear = reservation("a");
  dear.bound = Amount{2'000'000'000'000};
  CHECK(verdict(ledger, dear).is_granted());
  CHECK(ask(ledger, ExportAgents{}).value().agents.size() == 1);
  const auto skipped = judged(ledger, ImportAgents{three, OnConflict::skip}).value();
  CHECK(skipped.created == 2);
  CHECK(skipped.skipped == 1);
  const auto budgets = ask(ledger, ListBudgets{}).value();
  REQUIRE(budgets.size() == 1);
  CHECK(budgets[0].reserved == dear.bound); // its window has what was reserved before
  const auto replaced = judged(ledger, ImportAgents{three, OnConflict::replace}).value();
  CHECK(replaced.equal == 2);
  CHECK(replaced.replaced == 1);
  CHECK(ask(ledger, GetAgent{.name = "c"}).value().profile.notes == "theirs");
  CHECK(ask(ledger, UsageQuery{.by = {Dimension::agent}}).value()[0].cost.picodollars == 1000);
  CHECK(ask(ledger, Verify{}).value().ok);
}

TEST_CASE("the list of agents has filters and pages", "[agents]") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  create(ledger, "Sales", {.defaults = {.model = "a/one"}, .tags = {"web", "eu"}});
  create(ledger, "support", {.defaults = {.route = {.models = {"a/one", "b/two"}}}});
  create(ledger, "support \"2\"", {.tags = {"we\"b"}});
  REQUIRE(ask(ledger, ArchiveAgent{.name = "Sales"}).ok());
  const auto names = [&](ListAgents list) {
    std::string all;
    for (const Agent& one : ask(ledger, list).value().agents)
      all += (all.empty() ? "" : ", ") + one.name;
    return all;
  };
  CHECK(names({}) == "support, support \"2\"");
  CHECK(names({.is_archived = true}) == "Sales");
  CHECK(names({.text = "SUPP"}) == "support, support \"2\"");
  CHECK(names({.model = "b/two"}) == "support");
  CHECK(names({.model = "b/tw"}).empty());
  CHECK(names({.tag = "web"}).empty());
  CHECK(names({.tag = "web", .is_archived = true}) == "Sales");
  CHECK(names({.tag = "we\"b"}) == "support \"2\"");
  const auto first = ask(ledger, ListAgents{.limit = 1}).value();
  CHECK(first.next == "support");
  CHECK(names({.after = first.next}) == "support \"2\"");
  CHECK(ask(ledger, ListAgents{.limit = 0}).error().code == Code::invalid);
}
