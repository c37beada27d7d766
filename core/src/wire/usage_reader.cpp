#include "wire/usage_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace wayfare::wire {

namespace {

using Count = std::optional<std::int64_t> Usage::*;

constexpr std::array<Count, 11> counts{&Usage::prompt_tokens,
                                       &Usage::completion_tokens,
                                       &Usage::total_tokens,
                                       &Usage::cached_tokens,
                                       &Usage::cache_write_tokens,
                                       &Usage::reasoning_tokens,
                                       &Usage::prompt_audio_tokens,
                                       &Usage::prompt_image_tokens,
                                       &Usage::completion_audio_tokens,
                                       &Usage::completion_image_tokens,
                                       &Usage::searches};

// A count. Some servers write a whole number as 10.0 or 1e3, and some tell fractions.
std::optional<std::int64_t> count_of(json::Value value, std::vector<std::string>& rounded) {
  const std::string_view text = value.number();
  if (const auto whole = value.integer()) return *whole >= 0 ? whole : std::nullopt;
  double number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr double most = 9e15; // above it not each whole number is a double
  if (text.empty() || read.ec != std::errc() || !(number >= 0 && number <= most))
    return std::nullopt;
  const std::int64_t nearest = std::llround(number);
  if (number != std::floor(number))
    rounded.push_back(std::string(text) + " for " + std::string(value.key()));
  return nearest;
}

std::optional<Amount> amount_of(json::Value cost) {
  if (cost.is_object()) cost = cost["total_cost"]; // Perplexity
  return Amount::parse(cost.is_string() ? cost.string() : cost.number());
}

// Computed from the costs in the response, which have the prices of the serving endpoint. The
// models list may have the prices of another endpoint.
std::optional<Amount> non_token_cost(Amount cost, json::Value usage) {
  const json::Value details = usage["cost_details"];
  const auto prompt = Amount::parse(details["upstream_inference_prompt_cost"].number());
  const auto completion = Amount::parse(details["upstream_inference_completions_cost"].number());
  if (!prompt || !completion || usage["is_byok"].is_true()) return std::nullopt;
  // The sum would overflow.
  if (prompt->picodollars > INT64_MAX - completion->picodollars) return std::nullopt;
  return Amount{cost.picodollars - (prompt->picodollars + completion->picodollars)};
}

Usage counts_of(json::Value usage, std::vector<std::string>& rounded) {
  const auto count = [&](json::Value value) { return count_of(value, rounded); };
  const json::Value prompt = usage["prompt_tokens_details"],
                    completion = usage["completion_tokens_details"];
  Usage told{.prompt_tokens = count(usage["prompt_tokens"]),
             .completion_tokens = count(usage["completion_tokens"]),
             .total_tokens = count(usage["total_tokens"]),
             .cached_tokens = count(prompt["cached_tokens"]),
             .cache_write_tokens = count(prompt["cache_write_tokens"]),
             .reasoning_tokens = count(completion["reasoning_tokens"]),
             .prompt_audio_tokens = count(prompt["audio_tokens"]),
             .prompt_image_tokens = count(prompt["image_tokens"]),
             .completion_audio_tokens = count(completion["audio_tokens"]),
             .completion_image_tokens = count(completion["image_tokens"])};
  for (const json::Value searches :
       {usage["server_tool_use_details"]["web_search_requests"],
        usage["server_tool_use"]["web_search_requests"], usage["num_search_queries"]})
    if (!told.searches) told.searches = count(searches);
  return told;
}

// Whether these figures tell of nothing that could be billed.
bool is_nothing(const Usage& usage, const std::optional<Amount>& cost) {
  return usage.prompt_tokens.value_or(0) == 0 && usage.completion_tokens.value_or(0) == 0 &&
         (!cost || cost->picodollars == 0);
}

} // namespace

bool UsageReader::read(json::Value usage, bool is_final, Billing& billing) {
  if (!usage.is_object()) return false;
  std::vector<std::string> rounded;
  const Usage told = counts_of(usage, rounded);
  const auto amount = amount_of(usage["cost"]);
  if (raw_.empty()) raw_ = usage.raw();
  if (told == Usage{} && !amount) return false; // nothing that is known here
  // A usage of zeros does not take back an earlier usage.
  if (is_known_ && is_nothing(told, amount) && !is_nothing(usage_, billing.cost)) return false;
  raw_ = usage.raw();
  rounded_ = std::move(rounded);
  for (const Count count : counts)
    if (const auto& number = told.*count; number && (*number != 0 || !(usage_.*count)))
      usage_.*count = number;
  is_known_ = true;
  const bool was_final = std::exchange(is_final_, is_final);
  if (!amount) return true;
  // Neither does a cost of zero take back a cost that was final.
  if (amount->picodollars == 0 && was_final && billing.cost && billing.cost->picodollars != 0)
    return true;
  billing.cost = amount;
  billing.cost_source = CostSource::response;
  billing.non_token_cost = non_token_cost(*amount, usage);
  return true;
}

std::vector<std::string> UsageReader::warnings() const {
  std::vector<std::string> lines;
  for (const std::string& figure : rounded_)
    lines.push_back("the server told " + figure + ", which is rounded");
  return lines;
}

} // namespace wayfare::wire
