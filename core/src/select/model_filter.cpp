#include "select/model_filter.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "select/default_models.hpp"
#include "select/list_values.hpp"

namespace wayfare::select {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return out;
}

// `most` is per million for tokens, as the list's prices are not. No price per million is too large
// for a price per token, and the reverse is not so.
bool is_within(const std::optional<Price>& price, const std::optional<Price>& most,
               bool per_million) {
  if (!most) return true;
  return price && *price <= (per_million ? most->from_per_million() : *most);
}

bool passes(const Model& model, const ModelFilter& filter, const std::string& text) {
  if (!text.empty() && lower(model.id).find(text) == std::string::npos &&
      lower(model.name).find(text) == std::string::npos)
    return false;
  if (filter.context_tokens &&
      !(model.context_tokens && *model.context_tokens >= *filter.context_tokens))
    return false;
  const Prices& prices = model.prices;
  const MaxPrice& most = filter.max_price;
  // A request or an image that the list has no price for costs nothing of its own.
  const Price zero{};
  return has_every(model.parameters, filter.parameters) &&
         has_every(model.input_modalities, filter.inputs) &&
         has_every(model.output_modalities, filter.outputs) &&
         is_within(prices.prompt, most.prompt, true) &&
         is_within(prices.completion, most.completion, true) &&
         is_within(prices.request.value_or(zero), most.request, false) &&
         is_within(prices.image.value_or(zero), most.image, false);
}

} // namespace

std::string fault_of(const ModelFilter& filter) {
  return filter.context_tokens && *filter.context_tokens < 1
             ? "context_tokens of models is not above zero"
             : "";
}

ModelList filtered(const Catalogue& catalogue, const ModelFilter& filter, std::string_view today) {
  const std::string text = lower(filter.text);
  ModelList list{.models = {}, .catalogue = {}, .defaults = {}};
  std::vector<std::string> first;
  if (filter.defaults_first) {
    list.defaults = default_models(catalogue, today);
    for (const DefaultModel& one : list.defaults) {
      const Model* const model = one.gone ? nullptr : catalogue.find(one.id);
      if (!model || !passes(*model, filter, text)) continue;
      list.models.push_back(*model);
      first.push_back(model->id);
    }
  }
  for (const Model& model : catalogue.models())
    if (passes(model, filter, text) && std::ranges::find(first, model.id) == first.end())
      list.models.push_back(model);
  return list;
}

std::vector<std::string> warnings_of_models(const Catalogue& catalogue,
                                            const std::vector<std::string>& models,
                                            const std::string& agent, std::string_view today) {
  std::vector<std::string> lines;
  for (const std::string& name : models) {
    const Model* const model = catalogue.find(name);
    if (leaves_model_open(name, model)) continue;
    const bool is_gone = !model || has_expired(*model, today);
    if (!is_gone && model->expires.empty()) continue;
    std::string line = "the model " + name + " of the agent " + agent +
                       (is_gone ? " is gone" : " has its last day on " + model->expires);
    if (const Model* near = catalogue.nearest(name, today))
      line += "; the most similar is " + near->id;
    lines.push_back(std::move(line));
  }
  return lines;
}

} // namespace wayfare::select
