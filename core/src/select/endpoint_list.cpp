#include "select/endpoint_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.hpp"
#include "select/list_values.hpp"
#include "select/patterns.hpp"

namespace wayfare::select {

namespace {

using json::Value;

ModelEndpoint endpoint_of(Value given) {
  const Value pricing = given["pricing"];
  const auto status = given["status"].integer();
  return {.provider = text_of(given["provider_name"], id_max),
          .tag = text_of(given["tag"], id_max),
          .quantization = text_of(given["quantization"], word_max),
          .status = status.value_or(0),
          .context_tokens = count_of(given["context_length"]),
          .prompt_tokens_max = count_of(given["max_prompt_tokens"]),
          .completion_tokens_max = count_of(given["max_completion_tokens"]),
          .parameters = texts_of(given["supported_parameters"], parameters_max),
          .prices = prices_of(pricing),
          .overrides = overrides_of(pricing),
          .uptime = number_of(given["uptime_last_30m"]),
          .first_token_ms = number_of(given["latency_last_30m"]["p50"]),
          .throughput = number_of(given["throughput_last_30m"]["p50"]),
          .caches_by_itself = given["supports_implicit_caching"].is_true()};
}

// Source: OpenRouter, "Service tiers": a slug of a provider does not stand for its tiers.
bool is_tier(std::string_view word) {
  static constexpr std::array<std::string_view, 3> tiers{"priority", "flex", "fast"};
  return std::ranges::find(tiers, word) != tiers.end();
}

bool is_tier_of_a_provider(std::string_view tag) {
  const auto slash = tag.find('/');
  return slash != tag.npos && is_tier(tag.substr(slash + 1));
}

bool is_named(const std::vector<std::string>& slugs, std::string_view tag) {
  return std::ranges::any_of(slugs,
                             [&](const std::string& slug) { return names_endpoint(slug, tag); });
}

bool is_within(const std::optional<Price>& price, const std::optional<Price>& most) {
  return !most || (price && *price <= *most);
}

// The lower one of two limits.
std::optional<Price> tighter(const std::optional<Price>& one, const std::optional<Price>& other) {
  if (!one || !other) return one ? one : other;
  return *one < *other ? one : other;
}

bool is_cheap_enough(const ModelEndpoint& endpoint, std::int64_t prompt_tokens, const Needs& needs,
                     const Policy& policy, Seconds now) {
  const auto per_token = [](const std::optional<Price>& per_million) {
    return per_million ? std::optional(per_million->from_per_million()) : std::nullopt;
  };
  const Prices prices = prices_at(endpoint.prices, endpoint.overrides, prompt_tokens, now);
  const MaxPrice& most = policy.max_price;
  return is_within(prices.prompt, tighter(needs.prompt_max, per_token(most.prompt))) &&
         is_within(prices.completion, tighter(needs.completion_max, per_token(most.completion)));
}

bool fits(const ModelEndpoint& endpoint, std::int64_t prompt_tokens, const Needs& needs) {
  if (endpoint.context_tokens && prompt_tokens > *endpoint.context_tokens) return false;
  if (endpoint.prompt_tokens_max && prompt_tokens > *endpoint.prompt_tokens_max) return false;
  if (endpoint.completion_tokens_max &&
      needs.completion_tokens.value_or(0) > *endpoint.completion_tokens_max)
    return false;
  return endpoint.parameters.empty() || has_every(endpoint.parameters, needs.parameters);
}

bool passes(const ModelEndpoint& endpoint, std::string_view model, const ProviderRules& rules,
            const EndpointBook& book) {
  if (!rules.only.empty() && !is_named(rules.only, endpoint.tag)) return false;
  if (is_named(rules.ignore, endpoint.tag)) return false;
  if (!rules.quantizations.empty() &&
      std::ranges::find(rules.quantizations, endpoint.quantization) == rules.quantizations.end())
    return false;
  if (!rules.zdr.value_or(false) || !book.zdr) return true;
  return std::ranges::any_of(book.zdr->rows(), [&](const Endpoints::Row& row) {
    return row.model == model && row.endpoint.tag == endpoint.tag;
  });
}

} // namespace

Result<Endpoints> Endpoints::parse(std::string_view text) {
  const auto malformed = [](std::string what) {
    return Error{.code = Code::malformed,
                 .message = "the list of endpoints " + std::move(what),
                 .advice = "check the base URL"};
  };
  if (text.size() > text_max) return malformed("is longer than 4 MiB");
  json::Document document;
  if (!document.parse_repaired(text)) return malformed("is not JSON: " + document.error());
  const Value data = document.root()["data"];
  const Value rows = data.is_array() ? data : data["endpoints"];
  if (!rows.is_array()) return malformed("has no endpoints");
  if (rows.size() > rows_max) return malformed("has more than 1000 endpoints");
  Endpoints list;
  for (Value one = rows.first(); one.exists(); one = one.next()) {
    if (!one.is_object()) continue;
    std::string model = text_of(one["model_id"], id_max);
    if (model.empty()) model = text_of(data["id"], id_max);
    ModelEndpoint endpoint = endpoint_of(one);
    if (!endpoint.tag.empty() || !endpoint.provider.empty())
      list.rows_.push_back({std::move(model), std::move(endpoint)});
  }
  return list;
}

const Endpoints* EndpointBook::find(std::string_view model) const {
  const auto known = models.find(model);
  return known == models.end() || known->second->rows().empty() ? nullptr : known->second.get();
}

bool has_patterns(const ProviderRules& rules) {
  const auto is_pattern = [](const std::string& slug) { return slug.find('*') != slug.npos; };
  return std::ranges::any_of(rules.only, is_pattern) ||
         std::ranges::any_of(rules.ignore, is_pattern);
}

bool names_endpoint(std::string_view slug, std::string_view tag) {
  if (slug.find('*') != slug.npos) return matches_pattern(slug, tag);
  if (slug == tag) return true;
  const bool is_part = tag.size() > slug.size() && tag.starts_with(slug) && tag[slug.size()] == '/';
  return is_part && !is_tier_of_a_provider(tag);
}

std::vector<const ModelEndpoint*> usable_endpoints(const Endpoints& known, std::string_view model,
                                                   const Needs& needs, const Policy& policy,
                                                   const EndpointBook& book, Seconds now) {
  const std::int64_t prompt_tokens = needs.prompt_bytes / bytes_per_token;
  std::vector<const ModelEndpoint*> usable;
  for (const Endpoints::Row& row : known.rows()) {
    const ModelEndpoint& one = row.endpoint;
    const bool is_asked_for =
        is_named(policy.providers.only, one.tag) || is_named(needs.providers.only, one.tag);
    if (is_tier_of_a_provider(one.tag) && !is_asked_for) continue;
    if (one.status >= 0 && fits(one, prompt_tokens, needs) &&
        passes(one, model, policy.providers, book) && passes(one, model, needs.providers, book) &&
        is_cheap_enough(one, prompt_tokens, needs, policy, now))
      usable.push_back(&one);
  }
  return usable;
}

std::string quantization_at(const Endpoints& known, std::string_view provider) {
  const std::string* found = nullptr;
  for (const Endpoints::Row& row : known.rows()) {
    const ModelEndpoint& one = row.endpoint;
    if (one.provider != provider) continue;
    if (found && *found != one.quantization) return {};
    found = &one.quantization;
  }
  return !found || *found == "unknown" ? std::string() : *found;
}

std::vector<std::string> slugs_of(const std::vector<std::string>& rules, const Endpoints* known) {
  std::vector<std::string> slugs;
  for (const std::string& rule : rules) {
    if (rule.find('*') == rule.npos) {
      slugs.push_back(rule);
      continue;
    }
    if (!known) continue;
    for (const Endpoints::Row& row : known->rows())
      if (matches_pattern(rule, row.endpoint.tag) &&
          std::ranges::find(slugs, row.endpoint.tag) == slugs.end())
        slugs.push_back(row.endpoint.tag);
  }
  return slugs;
}

} // namespace wayfare::select
