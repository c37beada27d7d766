#include "simulation/table.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <wayfare/money.hpp>

#include "base/json.hpp"
#include "select/list_values.hpp"

namespace wayfare::conversations {

namespace {

[[noreturn]] void refuse(std::string_view what) {
  throw std::runtime_error("providers.json: " + std::string(what));
}

std::int64_t whole(json::Value value, std::int64_t otherwise) {
  if (!value.exists()) return otherwise;
  const auto number = value.integer();
  if (!number) refuse(std::string(value.key()) + " is not a whole number");
  return *number;
}

Price price(json::Value value) {
  const auto told = Price::parse(value.string());
  // A whole number of picodollars, so that a bill is exact.
  if (!told || told->scale > 12) refuse(std::string(value.raw()) + " is not a price");
  return *told;
}

std::int64_t picodollars(Price told) {
  for (; told.scale < 12; ++told.scale) told.mantissa *= 10;
  return told.mantissa;
}

void read_prices(json::Value told, Endpoint& endpoint) {
  Prices& prices = endpoint.prices;
  for (json::Value one = told.first(); one.exists(); one = one.next()) {
    const std::string_view name = one.key();
    if (name == "prompt")
      prices.prompt = price(one);
    else if (name == "completion")
      prices.completion = price(one);
    else if (name == "input_cache_read")
      prices.cache_read = price(one);
    else if (name == "input_cache_write")
      prices.cache_write = price(one);
    else
      refuse("the price " + std::string(name) + " is not known");
  }
  if (!prices.prompt || !prices.completion) refuse("an endpoint has no price");
  endpoint.prompt = picodollars(*prices.prompt);
  endpoint.completion = picodollars(*prices.completion);
  endpoint.cache_read = picodollars(prices.cache_read.value_or(*prices.prompt));
  endpoint.cache_write = picodollars(prices.cache_write.value_or(*prices.prompt));
  endpoint.bills_writes = prices.cache_write.has_value();
}

Traffic traffic_of(json::Value told) {
  Traffic traffic{.latency_p90_ms = whole(told["latency_p90"], 0),
                  .cached_saves = whole(told["cached_saves"], 0),
                  .failures = whole(told["failures"], 0),
                  .limited = whole(told["limited"], 0),
                  .outages = {}};
  for (json::Value one = told["outages"].first(); one.exists(); one = one.next())
    traffic.outages.emplace_back(whole(one.first(), 0), whole(one.first().next(), 0));
  return traffic;
}

Endpoint endpoint_of(json::Value told, json::Value slugs) {
  Endpoint endpoint;
  endpoint.provider = told["provider"].string();
  endpoint.slug = told["tag"].exists() ? told["tag"].string() : slugs[endpoint.provider].string();
  if (endpoint.slug.empty()) refuse(endpoint.provider + " has no slug");
  read_prices(told["prices"], endpoint);
  endpoint.latency_ms = whole(told["latency"], endpoint.latency_ms);
  endpoint.throughput = whole(told["throughput"], endpoint.throughput);
  if (const json::Value cache = told["cache"]; cache.exists())
    endpoint.cache = Cache{.automatic = cache["automatic"].is_true(),
                           .lifetime_s = whole(cache["lifetime"], 300),
                           .least = whole(cache["least"], 1024)};
  endpoint.traffic = traffic_of(told["traffic"]);
  return endpoint;
}

std::vector<Served> models_of(json::Value told, json::Value slugs, std::size_t& endpoints) {
  std::vector<Served> models;
  for (json::Value one = told.first(); one.exists(); one = one.next()) {
    Served model{.id = std::string(one["id"].string()),
                 .intelligence = select::number_of(one["intelligence"]),
                 .endpoints = {}};
    for (json::Value row = one["endpoints"].first(); row.exists(); row = row.next()) {
      model.endpoints.push_back(endpoint_of(row, slugs));
      model.endpoints.back().index = endpoints++;
    }
    if (model.endpoints.empty()) refuse(model.id + " has no endpoint");
    model.context = whole(one["endpoints"].first()["context"], model.context);
    models.push_back(std::move(model));
  }
  if (models.empty()) refuse("it has no models");
  return models;
}

} // namespace

Table Table::read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  json::Document document;
  if (!file || !document.parse(text)) refuse("it cannot be read: " + document.error());
  const json::Value root = document.root();
  Table table;
  table.own = models_of(root["models"], root["providers"], table.endpoints);
  table.simulated = models_of(root["simulated"], root["providers"], table.endpoints);
  return table;
}

std::vector<Model> Table::listed() const {
  std::vector<Model> models;
  for (const Served& one : simulated) {
    Model model;
    model.id = one.id;
    model.context_tokens = one.context;
    model.prices = one.endpoints.front().prices;
    model.intelligence = one.intelligence;
    models.push_back(std::move(model));
  }
  return models;
}

const Served& Table::find(std::string_view id) const {
  const auto found = std::ranges::find(simulated, id, &Served::id);
  if (found == simulated.end()) refuse(std::string(id) + " is not a simulated model");
  return *found;
}

} // namespace wayfare::conversations
