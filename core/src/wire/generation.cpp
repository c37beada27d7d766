#include "wire/generation.hpp"

#include "base/cut_text.hpp"
#include "base/json.hpp"
#include "base/refused_figures.hpp"
#include "wire/told_figures.hpp"

namespace wayfare::wire {

std::optional<Ending> generation_of(std::string_view body, std::string_view id) {
  json::Document document;
  if (!document.parse_repaired(body)) return std::nullopt;
  const json::Value data = document.root()["data"];
  const json::Value total = data["total_cost"];
  const auto is_told = [](json::Value value) { return value.exists() && !value.is_null(); };
  if (!is_told(total) || data["id"].string() != id) return std::nullopt;
  RefusedFigures refused;
  const auto amount = [&](std::string_view name) {
    const auto told = told_amount(data[name]);
    if (!told && is_told(data[name])) refused.keep(name, data[name]);
    return told;
  };
  const auto count = [&](std::string_view name) {
    const auto told = told_count(data[name]);
    if (!told && is_told(data[name])) refused.keep(name, data[name]);
    return told ? std::optional(told->count) : std::nullopt;
  };
  const auto cost = amount("total_cost");
  const auto upstream =
      data["is_byok"].is_true() ? amount("upstream_inference_cost") : std::nullopt;
  Ending told{.state = State::settled,
              .billing = {.model = cut_text(data["model"].string()),
                          .provider = cut_text(data["provider_name"].string()),
                          .generation_id = std::string(id),
                          .finish_reason = cut_text(data["finish_reason"].string()),
                          .cost = cost,
                          .cost_source = cost ? CostSource::generation : CostSource::none},
              .usage = {.prompt_tokens = count("native_tokens_prompt"),
                        .completion_tokens = count("native_tokens_completion"),
                        .cached_tokens = count("native_tokens_cached"),
                        .reasoning_tokens = count("native_tokens_reasoning")}};
  read_upstream_cost(data["is_byok"], upstream, told.billing);
  told.billing.refused_figures = refused.text();
  return told;
}

} // namespace wayfare::wire
