#include "select/catalogue.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>
#include <utility>

#include "base/cut_text.hpp"
#include "base/distance.hpp"
#include "base/json.hpp"
#include "select/list_values.hpp"
#include "values/model_names.hpp"

namespace wayfare::select {

namespace {

using json::Value;

bool has_suffix(std::string_view id, std::string_view suffix) { return id.ends_with(suffix); }

Model model_of(Value given) {
  const Value pricing = given["pricing"], architecture = given["architecture"],
              top = given["top_provider"];
  Model model{.id = std::string(given["id"].string()),
              .canonical_slug = text_of(given["canonical_slug"], id_max),
              .name = cut_text(given["name"].string()),
              .alias_of = text_of(given["alias_target"]["slug"], id_max),
              .created = given["created"].integer().value_or(0),
              .expires = text_of(given["expiration_date"], word_max),
              .context_tokens = count_of(given["context_length"]),
              .completion_tokens_max = count_of(top["max_completion_tokens"]),
              .input_modalities = texts_of(architecture["input_modalities"], modalities_max),
              .output_modalities = texts_of(architecture["output_modalities"], modalities_max),
              .parameters = texts_of(given["supported_parameters"], parameters_max),
              .prices = prices_of(pricing)};
  if (!model.context_tokens) model.context_tokens = count_of(top["context_length"]);
  model.overrides = overrides_of(pricing);
  const Value indices = given["benchmarks"]["artificial_analysis"];
  model.intelligence = number_of(indices["intelligence_index"]);
  model.coding = number_of(indices["coding_index"]);
  model.agentic = number_of(indices["agentic_index"]);

  const bool varies = digits_of(pricing["prompt"]).starts_with('-') ||
                      digits_of(pricing["completion"]).starts_with('-');
  if (!model.alias_of.empty() || model.id.starts_with('~'))
    model.kind = ModelKind::alias;
  else if (varies || architecture["tokenizer"].string() == "Router")
    model.kind = ModelKind::router;
  else if (has_suffix(model.id, ":batch"))
    model.kind = ModelKind::batch;
  model.free = has_suffix(model.id, ":free") || model.id == "openrouter/free";
  return model;
}

std::string_view variant_of(std::string_view id) {
  const auto colon = id.rfind(':');
  return colon == id.npos ? std::string_view() : id.substr(colon);
}
std::string_view author_of(std::string_view id) {
  return id.substr(0, std::min(id.find('/'), id.size()));
}

// Calls `each(word)` for the words of a name that say of what family it is: no numbers, no dates.
// Names have few words.
template <class Each>
void for_words(std::string_view id, Each each) {
  std::size_t left = 16;
  const auto slash = id.find('/');
  std::string_view rest = slash == id.npos ? id : id.substr(slash + 1);
  while (!rest.empty() && left > 0) {
    const auto end = std::min(rest.find_first_of("-._:"), rest.size());
    const auto word = rest.substr(0, end);
    if (std::ranges::any_of(word, [](unsigned char c) { return std::isalpha(c) != 0; })) {
      each(word);
      --left;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

} // namespace

Catalogue::Catalogue(std::vector<Model> models) : models_(std::move(models)) {
  ids_.reserve(models_.size());
  for (std::size_t at = 0; at < models_.size(); ++at) ids_.emplace(models_[at].id, at);
  for (std::size_t at = 0; at < models_.size(); ++at)
    if (const Model& model = models_[at];
        !model.canonical_slug.empty() && model.kind != ModelKind::batch)
      if (std::string slug = model.canonical_slug + std::string(variant_of(model.id));
          slug != model.id)
        slugs_.emplace(std::move(slug), at);
}

Result<Catalogue> Catalogue::parse(std::string_view text) {
  const auto malformed = [](std::string what) {
    return Error{.code = Code::malformed,
                 .message = "the models list " + std::move(what),
                 .advice = "check the base URL"};
  };
  if (text.size() > text_max) return malformed("is longer than 32 MiB");
  json::Document document;
  if (!document.parse_repaired(text)) return malformed("is not JSON: " + document.error());
  const Value data = document.root()["data"];
  if (!data.is_array()) return malformed("has no \"data\"");
  if (data.size() > models_max) return malformed("has more than 20000 models");
  std::vector<Model> models;
  models.reserve(data.size());
  for (Value one = data.first(); one.exists(); one = one.next())
    if (const auto id = one["id"].string(); !id.empty() && fits_in_a_line(id, id_max))
      models.push_back(model_of(one));
  if (models.empty()) return malformed("is empty");
  return Catalogue(std::move(models));
}

const Model* Catalogue::find(std::string_view name) const {
  const auto known = [this](std::string_view exact) -> const Model* {
    if (const auto found = ids_.find(exact); found != ids_.end()) return &models_[found->second];
    const auto found = slugs_.find(std::string(exact));
    return found == slugs_.end() ? nullptr : &models_[found->second];
  };
  if (const Model* model = known(name)) return model;
  static constexpr std::array<std::string_view, 4> steering{":nitro", ":floor", ":exacto",
                                                            ":online"};
  const auto variant = variant_of(name);
  if (std::ranges::find(steering, variant) == steering.end()) return nullptr;
  return known(name.substr(0, name.size() - variant.size()));
}

const Model* Catalogue::nearest(std::string_view id, std::string_view today) const {
  const auto author = author_of(id), variant = variant_of(id);
  std::vector<std::string_view> words;
  for_words(id, [&](std::string_view word) { words.push_back(word); });
  std::vector<bool> are_shared(words.size());
  const Distance distance(id);
  const bool authorless = author.size() == id.size();
  const long near = std::min<long>(3, static_cast<long>(id.size()) / 4); // letters
  const Model* best = nullptr;
  long best_cost = 0;
  for (const Model& model : models_) {
    if (model.kind != ModelKind::model || model.id == id || has_expired(model, today) ||
        variant_of(model.id) != variant)
      continue;
    const std::string_view whole = model.id;
    const auto spelled = authorless ? whole.substr(whole.find('/') + 1) : whole;
    const auto spelling = static_cast<long>(distance.to(spelled));
    std::fill(are_shared.begin(), are_shared.end(), false);
    for_words(whole, [&](std::string_view word) {
      for (std::size_t at = 0; at < words.size(); ++at)
        if (words[at] == word) are_shared[at] = true;
    });
    const auto shared = std::ranges::count(are_shared, true);
    const bool same_author = authorless || author_of(whole) == author;
    if (spelling > near && !(same_author && shared > 0)) continue;
    const long cost = spelling - 6 * shared + (same_author ? 0 : 10);
    if (!best || cost < best_cost || (cost == best_cost && model.created > best->created)) {
      best = &model;
      best_cost = cost;
    }
  }
  if (best || variant.empty()) return best;
  // None is left of this variant: the model without it, or what is near that.
  const auto plain = id.substr(0, id.size() - variant.size());
  const auto found = ids_.find(plain);
  const bool lives = found != ids_.end() && models_[found->second].kind == ModelKind::model &&
                     !has_expired(models_[found->second], today);
  return lives ? &models_[found->second] : nearest(plain, today);
}

bool leaves_model_open(std::string_view name, const Model* model) {
  if (is_open_name(name)) return true;
  return model ? model->kind == ModelKind::router : name.starts_with("openrouter/");
}

// Dates like "2026-11-23" compare as text. What is no such date is no end.
bool has_expired(const Model& model, std::string_view today) {
  constexpr std::string_view like = "0000-00-00";
  const std::string_view end = std::string_view(model.expires).substr(0, like.size());
  const auto is_like = [](char c, char shape) {
    return shape == '0' ? c >= '0' && c <= '9' : c == shape;
  };
  return std::ranges::equal(end, like, is_like) && end <= today;
}

Catalogue Catalogue::built_in() {
  const std::vector<std::string> openai{"frequency_penalty",
                                        "logit_bias",
                                        "logprobs",
                                        "max_tokens",
                                        "presence_penalty",
                                        "response_format",
                                        "seed",
                                        "stop",
                                        "structured_outputs",
                                        "temperature",
                                        "tool_choice",
                                        "tools",
                                        "top_logprobs",
                                        "top_p"};
  const std::vector<std::string> anthropic{"max_tokens", "stop",  "temperature", "tool_choice",
                                           "tools",      "top_k", "top_p"};
  const auto make = [](const char* id, const char* name, std::int64_t context,
                       std::int64_t completion, std::vector<std::string> inputs,
                       const std::vector<std::string>& parameters, const char* prompt_price,
                       const char* completion_price) {
    return Model{.id = id,
                 .canonical_slug = id,
                 .name = name,
                 .context_tokens = context,
                 .completion_tokens_max = completion,
                 .input_modalities = std::move(inputs),
                 .output_modalities = {"text"},
                 .parameters = parameters,
                 .prices = {.prompt = Price::parse(prompt_price),
                            .completion = Price::parse(completion_price)}};
  };
  std::vector<Model> models{
      make("openai/gpt-4o-mini", "OpenAI: GPT-4o-mini", 128'000, 16'384, {"text", "image", "file"},
           openai, "0.00000015", "0.0000006"),
      make("openai/gpt-4", "OpenAI: GPT-4", 8'191, 4'096, {"text"}, openai, "0.00003", "0.00006"),
      make("openai/gpt-3.5-turbo", "OpenAI: GPT-3.5 Turbo", 16'385, 4'096, {"text"}, openai,
           "0.0000005", "0.0000015"),
      make("anthropic/claude-3-haiku", "Anthropic: Claude 3 Haiku", 200'000, 4'096,
           {"text", "image"}, anthropic, "0.00000025", "0.00000125"),
      make("anthropic/claude-3-sonnet", "Anthropic: Claude 3 Sonnet", 200'000, 4'096,
           {"text", "image"}, anthropic, "0.000003", "0.000015"),
  };
  models[0].prices.cache_read = Price::parse("0.000000075");
  models[3].prices.cache_read = Price::parse("0.00000003");
  models[3].prices.cache_write = Price::parse("0.0000003");
  return Catalogue(std::move(models));
}

} // namespace wayfare::select
