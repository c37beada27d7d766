#include "simulation/lists.hpp"

#include <memory>
#include <string>
#include <utility>

#include "base/json_text.hpp"

namespace wayfare::conversations {

namespace {

std::string pricing_of(const Prices& prices) {
  std::string text;
  const auto add = [&](const char* name, const std::optional<Price>& price) {
    if (price)
      text += (text.empty() ? "" : ",") + json::quoted(name) + ":" + json::quoted(price->text());
  };
  add("prompt", prices.prompt);
  add("completion", prices.completion);
  add("input_cache_read", prices.cache_read);
  add("input_cache_write", prices.cache_write);
  return "{" + text + "}";
}

std::string row_of(const Endpoint& endpoint) {
  return "{\"provider_name\":" + json::quoted(endpoint.provider) +
         ",\"tag\":" + json::quoted(endpoint.slug) + ",\"pricing\":" + pricing_of(endpoint.prices) +
         ",\"latency_last_30m\":{\"p50\":" + std::to_string(endpoint.latency_ms) + "}" +
         ",\"throughput_last_30m\":{\"p50\":" + std::to_string(endpoint.throughput) + "}}";
}

// The answer of the server.
std::string answer_of(const Served& model) {
  std::string rows;
  for (const Endpoint& one : model.endpoints) rows += (rows.empty() ? "" : ",") + row_of(one);
  return "{\"data\":{\"id\":" + json::quoted(model.id) + ",\"endpoints\":[" + rows + "]}}";
}

} // namespace

Lists lists_of(const Table& table) {
  Lists lists{.models = select::Catalogue(table.listed()), .endpoints = {}};
  for (const Served& model : table.simulated)
    lists.endpoints.models[model.id] = std::make_shared<const select::Endpoints>(
        select::Endpoints::parse(answer_of(model)).value());
  return lists;
}

} // namespace wayfare::conversations
