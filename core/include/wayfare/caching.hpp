// Caching: how much of the prompts came from caches, and what it cost to leave a cache.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

struct CachingRow {
  std::optional<std::string> day, app, agent, model, provider, key, user, run, hour, week, month,
      requested_model, agent_version;
  std::int64_t calls = 0;
  std::int64_t prompt_tokens = 0, cached_tokens = 0, cache_write_tokens = 0;
  std::optional<double> cached_share;
  std::int64_t hops = 0, cold_hops = 0, lost_tokens = 0;
  Amount hop_cost;
  std::int64_t unpriced = 0;
};
template <>
inline constexpr auto fields_of<CachingRow> = record(
    "CachingRow",
    "Past calls and the caches of their prompts. A dimension is null if the query did not group by "
    "it. A sum that does not fit in 64 bits stays at the largest number.",
    field("day", &CachingRow::day, doc_of<UsageRow>("day")),
    field("app", &CachingRow::app, doc_of<UsageRow>("app")),
    field("agent", &CachingRow::agent, doc_of<UsageRow>("agent")),
    field("model", &CachingRow::model, doc_of<UsageRow>("model")),
    field("provider", &CachingRow::provider, doc_of<UsageRow>("provider")),
    field("key", &CachingRow::key, doc_of<UsageRow>("key")),
    field("user", &CachingRow::user, doc_of<UsageRow>("user")),
    field("run", &CachingRow::run, doc_of<UsageRow>("run")),
    field("hour", &CachingRow::hour, "The begin of the hour, such as 2026-11-23T09:00:00Z."),
    field("week", &CachingRow::week, doc_of<UsageRow>("week")),
    field("month", &CachingRow::month, doc_of<UsageRow>("month")),
    field("requested_model", &CachingRow::requested_model, doc_of<UsageRow>("requested_model")),
    field("agent_version", &CachingRow::agent_version, doc_of<UsageRow>("agent_version")),
    field("calls", &CachingRow::calls, "The settled attempts whose prompt tokens are known."),
    field("prompt_tokens", &CachingRow::prompt_tokens, "The sum of their prompt tokens."),
    field("cached_tokens", &CachingRow::cached_tokens,
          "The prompt tokens among them that were read from a provider's cache."),
    field("cache_write_tokens", &CachingRow::cache_write_tokens,
          "The prompt tokens among them that were written to a provider's cache."),
    field("cached_share", &CachingRow::cached_share,
          "`cached_tokens` divided by `prompt_tokens`, from 0 to 1. Null without prompt tokens."),
    field("hops", &CachingRow::hops,
          "The attempts among `calls` that another model or another provider served than the "
          "attempt before it of the same run."),
    field("cold_hops", &CachingRow::cold_hops,
          "The hops that left a cache: the attempt before had read or written tokens of its cache "
          "and had ended at most 5 minutes before, and the hop read fewer of them."),
    field("lost_tokens", &CachingRow::lost_tokens,
          "The tokens that cold hops did not read: those that the attempt before had read and "
          "written, at most the prompt of the hop, less those that the hop read from a cache."),
    field("hop_cost", &CachingRow::hop_cost,
          "US dollars: what `lost_tokens` cost above the price of reading them from a cache. Each "
          "has the price of the model that served the hop: that of a cache write, as far as the "
          "hop wrote tokens, and else that of the prompt. An estimate, by the models list."),
    field("unpriced", &CachingRow::unpriced,
          "The cold hops that `hop_cost` leaves out: their model has no such price in the models "
          "list, or they used your own key of the provider (BYOK)."));

struct Caching {
  std::vector<CachingRow> rows;
  CachingRow total;
  std::optional<CatalogueState> catalogue;
};
template <>
inline constexpr auto fields_of<Caching> =
    record("Caching", "How much of the prompts came from caches, and what hops cost.",
           field("rows", &Caching::rows, "A row for each combination of the dimensions."),
           field("total", &Caching::total, "The sum of the rows."),
           field("catalogue", &Caching::catalogue, "The models list that gave the prices."));

struct CachingQuery {
  using Result = Caching;
  std::vector<Dimension> by{};
  std::optional<Time> since{}, until{};
  std::string app{}, agent{}, user{}, run{};
};
template <>
inline constexpr auto fields_of<CachingQuery> = record(
    "caching",
    "Tells which share of the prompt tokens came from caches of the providers, how often the calls "
    "of a run went to another model or provider, and what that cost. It reads the settled entries "
    "of the ledger, and so not those that were pruned. The first attempt of a run in the period "
    "is no hop. It sends nothing to a model.",
    field("by", &CachingQuery::by,
          "The dimensions, all but tag. The result has one row for each combination of their "
          "values."),
    field("since", &CachingQuery::since,
          "When the period begins. The time of the reservation counts."),
    field("until", &CachingQuery::until, "When the period ends. It is not included."),
    field("app", &CachingQuery::app, "Only the calls of this app of charge_to.",
          Shape::never_empty),
    field("agent", &CachingQuery::agent, "Only the calls of this agent of charge_to.",
          Shape::never_empty),
    field("user", &CachingQuery::user, "Only the calls of this user of charge_to.",
          Shape::never_empty),
    field("run", &CachingQuery::run, "Only the calls of this run of charge_to.",
          Shape::never_empty));

} // namespace wayfare
