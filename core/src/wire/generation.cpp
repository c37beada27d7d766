#include "wire/generation.hpp"

#include "base/cut_text.hpp"
#include "base/json.hpp"
#include "wire/upstream_cost.hpp"

namespace wayfare::wire {

std::optional<Ending> generation_of(std::string_view body, std::string_view id) {
  json::Document document;
  if (!document.parse_repaired(body)) return std::nullopt;
  const json::Value data = document.root()["data"];
  const json::Value total = data["total_cost"];
  const auto cost = told_amount(total);
  if (!cost || data["id"].string() != id) return std::nullopt;
  const auto count = [&](std::string_view name) {
    const auto value = data[name].integer();
    return value && *value >= 0 && *value <= count_max ? value : std::nullopt;
  };
  Ending told{.state = State::settled,
              .billing = {.model = cut_text(data["model"].string()),
                          .provider = cut_text(data["provider_name"].string()),
                          .generation_id = std::string(id),
                          .finish_reason = cut_text(data["finish_reason"].string()),
                          .cost = cost,
                          .cost_source = CostSource::generation},
              .usage = {.prompt_tokens = count("native_tokens_prompt"),
                        .completion_tokens = count("native_tokens_completion"),
                        .cached_tokens = count("native_tokens_cached"),
                        .reasoning_tokens = count("native_tokens_reasoning")}};
  read_upstream_cost(data["is_byok"], data["upstream_inference_cost"], told.billing);
  return told;
}

} // namespace wayfare::wire
