// Replay: what past calls would have cost under other prices, or with other models.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

struct ReplayRow {
  std::optional<std::string> day, app, agent, model, provider, key, user, run, hour, week, month,
      requested_model, agent_version;
  std::string replayed_model;
  std::int64_t calls = 0, unknown = 0;
  Amount cost;
  std::int64_t priced = 0;
  Amount priced_cost, replayed_cost, non_token_cost;
  std::int64_t no_price = 0, no_model = 0, no_tokens = 0, byok = 0;
  bool exact = false;
};
template <>
inline constexpr auto fields_of<ReplayRow> = record(
    "ReplayRow",
    "Past calls, and what they would have cost. A dimension is null if the query did not group by "
    "it.",
    field("day", &ReplayRow::day, doc_of<UsageRow>("day")),
    field("app", &ReplayRow::app, doc_of<UsageRow>("app")),
    field("agent", &ReplayRow::agent, doc_of<UsageRow>("agent")),
    field("model", &ReplayRow::model, doc_of<UsageRow>("model")),
    field("provider", &ReplayRow::provider, doc_of<UsageRow>("provider")),
    field("key", &ReplayRow::key, doc_of<UsageRow>("key")),
    field("user", &ReplayRow::user, doc_of<UsageRow>("user")),
    field("run", &ReplayRow::run, doc_of<UsageRow>("run")),
    field("hour", &ReplayRow::hour, "The begin of the hour, such as 2026-11-23T09:00:00Z."),
    field("week", &ReplayRow::week, doc_of<UsageRow>("week")),
    field("month", &ReplayRow::month, doc_of<UsageRow>("month")),
    field("requested_model", &ReplayRow::requested_model, doc_of<UsageRow>("requested_model")),
    field("agent_version", &ReplayRow::agent_version, doc_of<UsageRow>("agent_version")),
    field("replayed_model", &ReplayRow::replayed_model,
          "The model at whose prices the calls were priced. Null if there are several, or none.",
          Shape::null_if_empty),
    field("calls", &ReplayRow::calls, "The settled attempts."),
    field("unknown", &ReplayRow::unknown, "The attempts among `calls` whose cost is not known."),
    field("cost", &ReplayRow::cost, "US dollars: the sum of the known costs of `calls`."),
    field("priced", &ReplayRow::priced, "The attempts among `calls` that could be priced."),
    field("priced_cost", &ReplayRow::priced_cost,
          "US dollars: the part of `cost` that is of `priced`. Compare it with `replayed_cost`."),
    field("replayed_cost", &ReplayRow::replayed_cost,
          "US dollars: what `priced` would have cost, with `non_token_cost`."),
    field("non_token_cost", &ReplayRow::non_token_cost,
          "US dollars: the part of `replayed_cost` that is not for tokens, such as web search. It "
          "is carried over as it was."),
    field("no_price", &ReplayRow::no_price,
          "The attempts among `calls` whose model has no price that is needed."),
    field("no_model", &ReplayRow::no_model,
          "The attempts among `calls` whose model is not in the models list, or for which no model "
          "of the policy has the room."),
    field("no_tokens", &ReplayRow::no_tokens,
          "The attempts among `calls` whose tokens are not known."),
    field("byok", &ReplayRow::byok,
          "The attempts among `calls` that used your own key of the provider (BYOK), whose prices "
          "the models list does not have."),
    field("exact", &ReplayRow::exact,
          "Whether the replayed cost is arithmetic: each of `priced` has the model that served, "
          "and the list has a price for each kind of its tokens. Else it is an estimate, because "
          "another model counts its tokens otherwise, and answers at another length. False if "
          "nothing was priced."));

struct Replayed {
  std::vector<ReplayRow> rows;
  ReplayRow total;
  std::optional<CatalogueState> catalogue;
};
template <>
inline constexpr auto fields_of<Replayed> =
    record("Replayed", "What past calls would have cost.",
           field("rows", &Replayed::rows, "A row for each combination of the dimensions."),
           field("total", &Replayed::total, "The sum of the rows."),
           field("catalogue", &Replayed::catalogue,
                 "The models list. Null if the operation named a file."));

struct Replay {
  using Result = Replayed;
  std::optional<Time> since{}, until{};
  std::string app{}, agent{}, user{}, of_model{};
  std::string model{};
  std::vector<std::pair<std::string, std::string>> models{};
  std::optional<Policy> policy{};
  std::string models_list{};
  std::optional<std::vector<Dimension>> by{};
};
template <>
inline constexpr auto fields_of<Replay> = record(
    "replay",
    "Tells what past calls would have cost: with another model, with a mapping of models, with the "
    "cheapest model of a policy, or with the same models at the prices of a models list. It prices "
    "the tokens of the entries. It reads the settled entries of the ledger, and so not those that "
    "were pruned. The ledger has no counts of audio, images and searches. Cached tokens have the "
    "price for cached tokens, or else that of the prompt. It sends nothing to a model.",
    field("since", &Replay::since, "When the period begins. The time of the reservation counts."),
    field("until", &Replay::until, "When the period ends. It is not included."),
    field("app", &Replay::app, "Only the calls of this app of charge_to.", Shape::never_empty),
    field("agent", &Replay::agent, "Only the calls of this agent of charge_to.",
          Shape::never_empty),
    field("user", &Replay::user, "Only the calls of this user of charge_to.", Shape::never_empty),
    field("of_model", &Replay::of_model,
          "Only the calls of this model: the one that the request named, or that served.",
          Shape::never_empty),
    field("model", &Replay::model,
          "The model at whose prices all calls are priced. Without it, `models` and `policy`: the "
          "model that served.",
          Shape::never_empty),
    field("models", &Replay::models,
          "For models that served, the model at whose prices their calls are priced: at most 1000. "
          "The others keep theirs."),
    field("policy", &Replay::policy,
          "Prices each call with the cheapest model of the models list for its tokens that the "
          "policy allows and whose context has the room. Its `sort` is cheapest."),
    field("models_list", &Replay::models_list,
          "The path of a JSON file of at most 32 MiB in the form of GET /models. Else the models "
          "list of the server.",
          Shape::path | Shape::never_empty),
    field("by", &Replay::by,
          "The dimensions, all but tag. The result has one row for each combination of their "
          "values. Without it: model and agent."));

} // namespace wayfare
