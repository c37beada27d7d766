#include "wire/usage_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/cut_text.hpp"
#include "wire/told_figures.hpp"

namespace wayfare::wire {

namespace {

using Count = std::optional<std::int64_t> Usage::*;

constexpr std::array<Count, 12> all_counts{
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
std::string quoted_figure(std::string_view name, std::string_view text) {
  constexpr std::size_t shown = 40;
  return cut_text(text, shown) + " for " + std::string(name);
}

// Names what is not known if the figure of this name is not believed.
std::string_view what_of(std::string_view name) {
  if (name.ends_with("upstream_inference_cost")) return "the upstream cost";
  if (name.find("upstream_inference_") != name.npos) return "the non-token cost";
  return name.starts_with("cost") ? "the cost" : "the count";
}

struct Name {
  std::string_view key;
  Count count;
};

} // namespace

// Holds what a usage object has. Each member is looked at once: nearly every answer has such an
// object.
struct UsageReader::Told {
  Usage usage;
  std::optional<Amount> cost, upstream_cost, non_token_cost;
  bool refuses_cost = false;
  json::Value is_byok;
  std::vector<std::string> rounded; // a warning for each
  RefusedFigures refused;
  std::vector<Count> refused_counts;
  std::vector<std::string> believed; // names of figures, if these are wanted

  Told(json::Value object, bool wants_believed) : wants_believed_(wants_believed) {
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
    json::Value cost_member, details;
    for (json::Value member = object.first(); member.exists(); member = member.next()) {
      const std::string_view key = member.key();
      if (key == "prompt_tokens_details")
        read_all(member, of_prompt);
      else if (key == "completion_tokens_details")
        read_all(member, of_completion);
      else if (key == "cost")
        cost_member = member;
      else if (key == "cost_details")
        details = member;
      else if (key == "is_byok")
        is_byok = member;
      else if (key == "server_tool_use_details" || key == "server_tool_use")
        read_all(member, of_tools);
      else
        read({}, member, names);
    }
    read_costs(cost_member, details);
  }

 private:
  void read_costs(json::Value member, json::Value details) {
    const auto of_details = [&](std::string_view name) {
      constexpr std::string_view object = "cost_details.";
      return amount(name, details[name.substr(object.size())]);
    };
    if (is_byok.is_true()) upstream_cost = of_details("cost_details.upstream_inference_cost");
    const json::Value told = member.is_object() ? member["total_cost"] : member; // Perplexity's
    cost = amount(member.is_object() ? "cost.total_cost" : "cost", told);
    refuses_cost = !cost && told.exists() && !told.is_null();
    if (!cost || is_byok.is_true()) return;
    // Computed from the costs in the response, which have the prices of the serving endpoint. The
    // models list may have the prices of another endpoint.
    const auto prompt = of_details("cost_details.upstream_inference_prompt_cost");
    const auto completion = of_details("cost_details.upstream_inference_completions_cost");
    if (prompt && completion)
      non_token_cost = Amount{cost->picodollars - (prompt->picodollars + completion->picodollars)};
  }

  std::optional<Amount> amount(std::string_view name, json::Value told) {
    if (!told.exists() || told.is_null()) return std::nullopt;
    const auto amount = told_amount(told);
    if (!amount)
      refused.keep(name, told, RefusedFigures::Place::first);
    else if (wants_believed_)
      believed.emplace_back(name);
    return amount;
  }

  template <std::size_t count>
  void read_all(json::Value object, const std::array<Name, count>& names) {
    if (!object.is_object()) return;
    for (json::Value member = object.first(); member.exists(); member = member.next())
      read(object.key(), member, names);
  }
  template <std::size_t count>
  void read(std::string_view of, json::Value member, const std::array<Name, count>& names) {
    const auto known = std::ranges::find(names, member.key(), &Name::key);
    if (known == names.end() || member.is_null()) return;
    const auto told = told_count(member);
    usage.*known->count = told ? std::optional(told->count) : std::nullopt;
    if (told && !told->is_rounded && !wants_believed_) return; // nearly always
    std::string name(of);
    name.append(of.empty() ? "" : ".").append(member.key());
    if (!told) {
      refused.keep(name, member);
      return refused_counts.push_back(known->count);
    }
    if (told->is_rounded)
      warn(rounded,
           "the server told " + quoted_figure(name, member.number()) + ", which is rounded");
    believed.push_back(std::move(name));
  }

  const bool wants_believed_;
};

namespace {

// Whether these figures tell of nothing that could be billed.
bool is_nothing(const Usage& usage, const std::optional<Amount>& cost) {
  return usage.prompt_tokens.value_or(0) == 0 && usage.completion_tokens.value_or(0) == 0 &&
         (!cost || cost->picodollars == 0);
}

} // namespace

std::vector<std::string> UsageReader::warnings() const {
  std::vector<std::string> warnings;
  for (const auto& [name, said] : refused_.all())
    warn(warnings, "the server told " + quoted_figure(name, said) +
                       ", which cannot be right: " + std::string(what_of(name)) + " is not known");
  for (const std::string& one : rounded_) warn(warnings, one);
  return warnings;
}

// Figures that were told while the answer ran do not count beside later ones that are not believed.
void UsageReader::drop_running(const Told& told, Billing& billing) {
  for (const Count count : told.refused_counts) (usage_.*count).reset();
  if (!told.refuses_cost) return;
  billing.cost.reset();
  billing.cost_source = CostSource::none;
  billing.non_token_cost.reset();
}

void UsageReader::take_cost(const Told& told, bool was_final, Billing& billing) {
  read_upstream_cost(told.is_byok, told.upstream_cost, billing);
  if (!told.cost) return;
  // Neither does a cost of zero take back a cost that was final.
  if (told.cost->picodollars == 0 && was_final && billing.cost && billing.cost->picodollars != 0)
    return;
  billing.cost = told.cost;
  billing.cost_source = CostSource::response;
  billing.non_token_cost = told.non_token_cost;
}

bool UsageReader::read(json::Value usage, bool is_final, Billing& billing) {
  if (!usage.is_object()) return false;
  const Told told(usage, !refused_.all().empty());
  const bool is_empty = told.usage == Usage{} && !told.cost; // nothing that is known here
  // A usage of zeros does not take back an earlier usage.
  const bool counts = !is_empty && !(is_known_ && is_nothing(told.usage, told.cost) &&
                                     !is_nothing(usage_, billing.cost));
  if (counts || raw_.empty()) raw_ = usage.raw();
  const bool was_final = is_final_;
  if (!was_final) drop_running(told, billing);
  if (counts) {
    rounded_ = told.rounded;
    for (const Count count : all_counts)
      if (const auto& number = told.usage.*count; number && (*number != 0 || !(usage_.*count)))
        usage_.*count = number;
    is_known_ = true;
    is_final_ = is_final;
    take_cost(told, was_final, billing);
    for (const std::string& name : told.believed) refused_.forget(name);
  }
  refused_.take(told.refused);
  billing.refused_figures = refused_.text();
  return counts;
}

} // namespace wayfare::wire
