// What an attempt used and what it cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

enum class State : std::uint8_t { reserved, settled, voided, unknown };
template <>
inline constexpr auto values_of<State> = enumeration<State>(
    "State", "How far an attempt has come.",
    {
        {State::reserved, "reserved",
         "The ledger holds its reservation, and it has no end yet. It may have been sent."},
        {State::settled, "settled", "It has ended. Its cost is known where the server told it."},
        {State::voided, "void", "It was not sent, or it was not billed."},
        {State::unknown, "unknown",
         "It may have been billed: it was cancelled, lost or timed out, or its process died. Its "
         "cost is looked up for a day."},
    });

enum class CostSource : std::uint8_t { none, response, generation, bound, computed };
template <>
inline constexpr auto values_of<CostSource> = enumeration<CostSource>(
    "CostSource", "Where a cost comes from.",
    {
        {CostSource::none, "none", "The cost is not known."},
        {CostSource::response, "response", "The response told it."},
        {CostSource::generation, "generation", "The server told it later, when it was looked up."},
        {CostSource::bound, "bound",
         "It is what the attempt could cost at most: the cost was not learned within a day."},
        {CostSource::computed, "computed",
         "It is the tokens at the prices of the server's models list. That is done for a server "
         "that is not OpenRouter and told no cost, where the call needed that list and the list "
         "has every price. Other charges of the server are not in it."},
    });

struct Usage {
  std::optional<std::int64_t> prompt_tokens, completion_tokens, total_tokens;
  std::optional<std::int64_t> cached_tokens, cache_write_tokens, reasoning_tokens;

  bool operator==(const Usage&) const = default;
};
template <>
inline constexpr auto fields_of<Usage> = record(
    "Usage",
    "Tokens as the provider's own tokenizer counts them. A count that the server did not send is "
    "not known. Servers differ: do not assume that one count is the sum of others.",
    field("prompt_tokens", &Usage::prompt_tokens,
          "The tokens of the prompt, with the cached and the cache-written ones."),
    field("completion_tokens", &Usage::completion_tokens,
          "The tokens of the answer, with the reasoning."),
    field("total_tokens", &Usage::total_tokens, "The server's own sum."),
    field("cached_tokens", &Usage::cached_tokens,
          "The tokens of the prompt that were read from the provider's cache."),
    field("cache_write_tokens", &Usage::cache_write_tokens,
          "The tokens of the prompt that were written to the provider's cache."),
    field("reasoning_tokens", &Usage::reasoning_tokens,
          "The tokens of the answer that were spent on reasoning."));

struct Billing {
  std::string model;
  std::string provider;
  std::string generation_id;
  std::string finish_reason;
  std::optional<Amount> cost;
  CostSource cost_source = CostSource::none;
  std::optional<Amount> non_token_cost;

  bool operator==(const Billing&) const = default;
};
template <>
inline constexpr auto fields_of<Billing> = record(
    "Billing", "What a reply and its entry in the ledger both tell.",
    field("model", &Billing::model,
          "The model that served. The requested one where the server did not tell."),
    field("provider", &Billing::provider, "The provider that served, such as Amazon Bedrock.",
          Shape::null_if_empty),
    field("generation_id", &Billing::generation_id, "The server's id of the call.",
          Shape::null_if_empty),
    field("finish_reason", &Billing::finish_reason,
          "Why the answer ended: stop, length, tool_calls, content_filter or error.",
          Shape::null_if_empty),
    field("cost", &Billing::cost, "US dollars, exact. A cost that is not known is not zero."),
    field("cost_source", &Billing::cost_source, "Where the cost comes from."),
    field("non_token_cost", &Billing::non_token_cost,
          "The part of the cost that the prices of the tokens do not explain: web search, file "
          "parsing, server tools. Below zero for a discount. It is the cost less what the "
          "response says that prompt and completion cost. Not known where the response does not "
          "say it, or the provider was paid directly (BYOK)."));

} // namespace wayfare
