#include "wire/usage_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/cut_text.hpp"
#include "wire/upstream_cost.hpp"

namespace wayfare::wire {

namespace {

using Count = std::optional<std::int64_t> Usage::*;

constexpr std::array<Count, 12> counts{
    &Usage::prompt_tokens,           &Usage::completion_tokens,       &Usage::total_tokens,
    &Usage::cached_tokens,           &Usage::cache_write_tokens,      &Usage::reasoning_tokens,
    &Usage::prompt_audio_tokens,     &Usage::prompt_image_tokens,     &Usage::prompt_video_tokens,
    &Usage::completion_audio_tokens, &Usage::completion_image_tokens, &Usage::searches};

// An answer may tell a figure as often as it likes.
void warn(std::vector<std::string>& warnings, std::string text) {
  constexpr std::size_t warnings_max = 16;
  if (warnings.size() < warnings_max) warnings.push_back(std::move(text));
}

// The text of a figure, for a warning.
std::string quoted_figure(json::Value value) {
  constexpr std::size_t shown = 40;
  const std::string_view text = value.is_string() ? value.string() : value.number();
  return cut_text(text, shown) + " for " + std::string(value.key());
}

// A count. Some servers write a whole number as 10.0 or 1e3, and some tell fractions.
std::optional<std::int64_t> count_of(json::Value value, std::vector<std::string>& warnings) {
  const std::string_view text = value.number();
  double number = -1;
  if (const auto whole = value.integer(); whole && *whole <= count_max)
    return *whole >= 0 ? whole : std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || !(number >= 0)) return std::nullopt;
  if (number > static_cast<double>(count_max)) {
    warn(warnings, "the server told " + quoted_figure(value) +
                       ", which cannot be right: the count is not known");
    return std::nullopt;
  }
  if (number != std::floor(number))
    warn(warnings, "the server told " + quoted_figure(value) + ", which is rounded");
  return std::llround(number);
}

// Computed from the costs in the response, which have the prices of the serving endpoint. The
// models list may have the prices of another endpoint.
std::optional<Amount> non_token_cost(Amount cost, json::Value details) {
  const auto prompt = Amount::parse(details["upstream_inference_prompt_cost"].number());
  const auto completion = Amount::parse(details["upstream_inference_completions_cost"].number());
  if (!prompt || !completion) return std::nullopt;
  // The sum would overflow.
  if (prompt->picodollars > INT64_MAX - completion->picodollars) return std::nullopt;
  return Amount{cost.picodollars - (prompt->picodollars + completion->picodollars)};
}

struct Name {
  std::string_view key;
  Count count;
};

// Holds what a usage object has. Each member is looked at once: nearly every answer has such an
// object.
struct Told {
  Usage usage;
  json::Value cost, cost_details, is_byok;
  std::vector<std::string> warnings;

  explicit Told(json::Value object) {
    constexpr std::array<Name, 4> names{{{"prompt_tokens", &Usage::prompt_tokens},
                                         {"completion_tokens", &Usage::completion_tokens},
                                         {"total_tokens", &Usage::total_tokens},
                                         {"num_search_queries", &Usage::searches}}};
    constexpr std::array<Name, 5> of_prompt{{{"cached_tokens", &Usage::cached_tokens},
                                             {"cache_write_tokens", &Usage::cache_write_tokens},
                                             {"audio_tokens", &Usage::prompt_audio_tokens},
                                             {"image_tokens", &Usage::prompt_image_tokens},
                                             {"video_tokens", &Usage::prompt_video_tokens}}};
    constexpr std::array<Name, 3> of_completion{
        {{"reasoning_tokens", &Usage::reasoning_tokens},
         {"audio_tokens", &Usage::completion_audio_tokens},
         {"image_tokens", &Usage::completion_image_tokens}}};
    constexpr std::array<Name, 1> of_tools{{{"web_search_requests", &Usage::searches}}};
    for (json::Value member = object.first(); member.exists(); member = member.next()) {
      const std::string_view key = member.key();
      if (member.kind() == json::Kind::number && key != "cost")
        read(member, names);
      else if (key == "prompt_tokens_details")
        read_all(member, of_prompt);
      else if (key == "completion_tokens_details")
        read_all(member, of_completion);
      else if (key == "cost")
        cost = member;
      else if (key == "cost_details")
        cost_details = member;
      else if (key == "is_byok")
        is_byok = member;
      else if (key == "server_tool_use_details" || key == "server_tool_use")
        read_all(member, of_tools);
    }
  }

  std::optional<Amount> amount() {
    const json::Value told = cost.is_object() ? cost["total_cost"] : cost; // Perplexity's object
    const auto amount = told_amount(told);
    if (!amount && (told.kind() == json::Kind::number || told.is_string()))
      warn(warnings, "the server told " + quoted_figure(told) +
                         ", which cannot be right: the cost is not known");
    return amount;
  }

 private:
  template <std::size_t count>
  void read_all(json::Value object, const std::array<Name, count>& names) {
    for (json::Value member = object.first(); object.is_object() && member.exists();
         member = member.next())
      if (member.kind() == json::Kind::number) read(member, names);
  }
  template <std::size_t count>
  void read(json::Value member, const std::array<Name, count>& names) {
    const std::string_view key = member.key();
    for (const Name& name : names)
      if (key == name.key) {
        usage.*name.count = count_of(member, warnings);
        return;
      }
  }
};

// Whether these figures tell of nothing that could be billed.
bool is_nothing(const Usage& usage, const std::optional<Amount>& cost) {
  return usage.prompt_tokens.value_or(0) == 0 && usage.completion_tokens.value_or(0) == 0 &&
         (!cost || cost->picodollars == 0);
}

} // namespace

bool UsageReader::read(json::Value usage, bool is_final, Billing& billing) {
  if (!usage.is_object()) return false;
  Told told(usage);
  const auto amount = told.amount();
  const bool is_empty = told.usage == Usage{} && !amount; // nothing that is known here
  // A usage of zeros does not take back an earlier usage.
  if (is_empty ||
      (is_known_ && is_nothing(told.usage, amount) && !is_nothing(usage_, billing.cost))) {
    if (raw_.empty()) raw_ = usage.raw();
    return false;
  }
  raw_ = usage.raw();
  warnings_ = std::move(told.warnings);
  for (const Count count : counts)
    if (const auto& number = told.usage.*count; number && (*number != 0 || !(usage_.*count)))
      usage_.*count = number;
  is_known_ = true;
  const bool was_final = std::exchange(is_final_, is_final);
  read_upstream_cost(told.is_byok, told.cost_details["upstream_inference_cost"], billing);
  if (!amount) return true;
  // Neither does a cost of zero take back a cost that was final.
  if (amount->picodollars == 0 && was_final && billing.cost && billing.cost->picodollars != 0)
    return true;
  billing.cost = amount;
  billing.cost_source = CostSource::response;
  billing.non_token_cost =
      told.is_byok.is_true() ? std::nullopt : non_token_cost(*amount, told.cost_details);
  return true;
}

} // namespace wayfare::wire
