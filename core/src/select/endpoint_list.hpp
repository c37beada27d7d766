// The providers of one model: parsed, and which of them may serve a request. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/request.hpp>

#include "select/cost.hpp"
#include "values/needs.hpp"

namespace wayfare::select {

class Endpoints {
 public:
  static constexpr std::size_t text_max = std::size_t{4} << 20, rows_max = 1000;

  // Reads the answer to GET /models/{author}/{slug}/endpoints, or to GET /endpoints/zdr. The error
  // is `malformed`.
  static Result<Endpoints> parse(std::string_view text);
  // Nothing: what is known before the list was fetched.
  static Endpoints built_in() { return {}; }

  struct Row {
    std::string model; // the id
    ModelEndpoint endpoint;
  };
  const std::vector<Row>& rows() const noexcept { return rows_; }

 private:
  std::vector<Row> rows_;
};

// The providers that are known, by the id of the model.
struct EndpointBook {
  std::map<std::string, std::shared_ptr<const Endpoints>, std::less<>> models;
  // Those that keep no data, of all models; null: not known.
  std::shared_ptr<const Endpoints> zdr;

  // Null where nothing is known.
  const Endpoints* find(std::string_view model) const;
};

// Whether slugs of the rules are patterns. They can be honoured only where the providers are known.
bool has_patterns(const ProviderRules& rules);

// Whether a slug of a request means this endpoint: "azure" means "azure" and "azure/eastus", but no
// service tier such as "azure/priority". A * stands for any characters.
bool names_endpoint(std::string_view slug, std::string_view tag);

// The endpoints of the model that may serve the request, in the server's order.
std::vector<const ModelEndpoint*> usable_endpoints(const Endpoints& known, std::string_view model,
                                                   const Needs& needs, const Policy& policy,
                                                   const EndpointBook& book, Seconds now);

// The quantization with which the provider serves the model. "" where the list does not tell it, or
// tells several.
std::string quantization_at(const Endpoints& known, std::string_view provider);

// The slugs that stand in a request for these rules: patterns are replaced by the endpoints that
// they match.
std::vector<std::string> slugs_of(const std::vector<std::string>& rules, const Endpoints* known);

} // namespace wayfare::select
