// The tokens and the cost of an attempt.
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
    "State", "The state of an attempt.",
    {
        {State::reserved, "reserved",
         "The attempt has a reservation in the ledger and has not ended. Its request may have been "
         "sent."},
        {State::settled, "settled",
         "The attempt has ended. Its cost is known if the server told it."},
        {State::voided, "void", "The request was not sent, or the server did not bill it."},
        {State::unknown, "unknown",
         "The server may have billed the attempt: it was cancelled, lost or timed out, or its "
         "process died. wayfare looks the cost up for a day."},
    });

enum class CostSource : std::uint8_t { none, response, generation, bound, computed, manual };
template <>
inline constexpr auto values_of<CostSource> = enumeration<CostSource>(
    "CostSource", "Where a cost comes from.",
    {
        {CostSource::none, "none", "The cost is not known."},
        {CostSource::response, "response", "The response contained the cost."},
        {CostSource::generation, "generation",
         "The server told the cost later, when wayfare looked it up."},
        {CostSource::bound, "bound",
         "The cost is the most that the attempt could cost, because the server did not tell the "
         "cost within a day."},
        {CostSource::computed, "computed",
         "wayfare computed the cost from the tokens and the prices in the server's models list. It "
         "does so if the server is not OpenRouter and told no cost, if the call needed the models "
         "list, and if the list has every price. Other charges of the server are not included."},
        {CostSource::manual, "manual",
         "A person gave the cost, with the operation settle. The entry has the reason."},
    });

struct Usage {
  std::optional<std::int64_t> prompt_tokens, completion_tokens, total_tokens;
  std::optional<std::int64_t> cached_tokens, cache_write_tokens, reasoning_tokens;
  std::optional<std::int64_t> prompt_audio_tokens, prompt_image_tokens, prompt_video_tokens;
  std::optional<std::int64_t> completion_audio_tokens, completion_image_tokens, searches;

  bool operator==(const Usage&) const = default;
};
template <>
inline constexpr auto fields_of<Usage> =
    record("Usage",
           "Token counts of the provider's own tokenizer. A count that the server did not send is "
           "not known. Servers differ: do not assume that one count is the sum of others.",
           field("prompt_tokens", &Usage::prompt_tokens,
                 "The tokens of the prompt, including the cached and the cache-written tokens."),
           field("completion_tokens", &Usage::completion_tokens,
                 "The tokens of the answer, including the reasoning."),
           field("total_tokens", &Usage::total_tokens, "The sum, as the server computed it."),
           field("cached_tokens", &Usage::cached_tokens,
                 "The tokens of the prompt that were read from the provider's cache."),
           field("cache_write_tokens", &Usage::cache_write_tokens,
                 "The tokens of the prompt that were written to the provider's cache."),
           field("reasoning_tokens", &Usage::reasoning_tokens,
                 "The tokens of the answer that were spent on reasoning."),
           field("prompt_audio_tokens", &Usage::prompt_audio_tokens,
                 "The tokens of the prompt that are audio. This and the counts below are not in "
                 "the ledger."),
           field("prompt_image_tokens", &Usage::prompt_image_tokens,
                 "The tokens of the prompt that are images."),
           field("prompt_video_tokens", &Usage::prompt_video_tokens,
                 "The tokens of the prompt that stand for video."),
           field("completion_audio_tokens", &Usage::completion_audio_tokens,
                 "The tokens of the answer that are audio."),
           field("completion_image_tokens", &Usage::completion_image_tokens,
                 "The tokens of the answer that are images."),
           field("searches", &Usage::searches, "The searches of the web that the server made."));

struct Billing {
  std::string model;
  std::string provider;
  std::string generation_id;
  std::string finish_reason;
  std::optional<Amount> cost;
  CostSource cost_source = CostSource::none;
  std::optional<Amount> non_token_cost;
  std::optional<bool> is_byok;
  std::optional<Amount> upstream_cost;
  std::string tier;
  std::optional<bool> served_otherwise;
  std::string refused_figures;
  std::string quantization;

  bool operator==(const Billing&) const = default;
};
template <>
inline constexpr auto fields_of<Billing> = record(
    "Billing", "The fields that a reply shares with its entry in the ledger.",
    field("model", &Billing::model,
          "The model that served the request. The requested model if the server did not name one."),
    field("provider", &Billing::provider,
          "The provider that served the request, such as Amazon Bedrock.", Shape::null_if_empty),
    field("generation_id", &Billing::generation_id, "The server's id of the call.",
          Shape::null_if_empty),
    field("finish_reason", &Billing::finish_reason,
          "Why the answer ended: stop, length, tool_calls, content_filter or error.",
          Shape::null_if_empty),
    field("cost", &Billing::cost,
          "Exact US dollars that the server bills. Null if the cost is not known. An unknown cost "
          "is not zero. If is_byok is true, the provider bills upstream_cost beside it."),
    field("cost_source", &Billing::cost_source, "Where the cost comes from."),
    field("non_token_cost", &Billing::non_token_cost,
          "The part of the cost that is not for tokens: web search, file parsing, server tools. "
          "Below zero for a discount. It is the cost minus the costs of prompt and completion in "
          "the response. Not known if the response has no such costs, or if the provider was paid "
          "directly (BYOK)."),
    field("is_byok", &Billing::is_byok,
          "Whether the call used your own key of the provider (BYOK), so that the provider bills "
          "you directly. Null if the server did not tell it."),
    field("upstream_cost", &Billing::upstream_cost,
          "Exact US dollars that the provider bills you directly. Null if is_byok is not true, or "
          "if the server did not tell the amount."),
    field("tier", &Billing::tier,
          "The service tier that served, as the server tells it, such as flex or priority.",
          Shape::null_if_empty),
    field("served_otherwise", &Billing::served_otherwise,
          "Whether another model served than the request named. Its dated name, an alias, a "
          "variant such as :nitro and letter case make no other model, and each of the `models` "
          "of the body was asked for. Null if the request left the choice to a router or a preset, "
          "if the server named no model, or if it is not certain."),
    field("refused_figures", &Billing::refused_figures,
          "The figures of the server that cannot be right, and so are not known: their names with "
          "what "
          "the server said, as texts. A text has at most 256 bytes: a longer number is cut, and of "
          "what else is longer there is only the size. All of it has at most 512 bytes: what does "
          "not "
          "fit is left out. A cost cannot be right if it is no amount, is below 0 or is above "
          "100,000 dollars, and a count if it is no number, is below 0 or is above "
          "1,000,000,000,000.",
          Shape::json | Shape::null_if_empty),
    field("quantization", &Billing::quantization,
          "The quantization with which the provider serves the model, such as fp8, as the list of "
          "the model's providers tells it. Null if the client did not know that list when the call "
          "ended (see the operation endpoints), if the list does not tell it, or if it names "
          "several for the provider.",
          Shape::null_if_empty));

} // namespace wayfare
