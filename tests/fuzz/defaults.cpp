// The defaults of a call: each part comes from the first that has it, and the body that is sent is
// the caller's with what is added. The input has parts between lines "---", each but the last one
// in the form of a client's options. The first is the request itself (its route and charge_to), the
// last but one is the client, those between them are the defaults of the request. The last part is
// the body.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/bodies.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "json_api/json_api.hpp"
#include "wire/defaults.hpp"
#include "wire/prepare.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

// The request itself, its defaults, and those of the client: earlier ones go before later ones.
using Layers = std::vector<Defaults>;

bool has(const std::string& text) { return !text.empty(); }
bool has(const std::vector<std::string>& texts) { return !texts.empty(); }
template <class Value>
bool has(const std::optional<Value>& value) {
  return value.has_value();
}

// What the first layer that has it has.
template <class Get>
auto first_of(const Layers& layers, const Get& get) {
  const auto found = std::ranges::find_if(layers, [&](const auto& one) { return has(get(one)); });
  return get(found == layers.end() ? layers.back() : *found);
}

void check_route(const Route& route, const Layers& layers) {
  const auto is_first = [&](auto member) {
    return route.*member ==
           first_of(layers, [member](const Defaults& one) { return one.route.*member; });
  };
  check(is_first(&Route::retries), "retries come from the wrong place");
  check(is_first(&Route::deadline), "the deadline comes from the wrong place");
  check(is_first(&Route::max_cost), "max_cost comes from the wrong place");
  check(is_first(&Route::key), "the key comes from the wrong place");
  check(is_first(&Route::on_budget), "on_budget comes from the wrong place");
  check(is_first(&Route::affinity), "affinity comes from the wrong place");
  check(is_first(&Route::affinity_order), "affinity_order comes from the wrong place");
  check(is_first(&Route::pin), "pin comes from the wrong place");
  check(is_first(&Route::keep_decision), "keep_decision comes from the wrong place");
  check(is_first(&Route::cooldown), "cooldown comes from the wrong place");
  check(is_first(&Route::on_rate_limit), "on_rate_limit comes from the wrong place");
  if (route.on_budget == OnBudget::wait || route.on_rate_limit == OnRateLimit::wait)
    check(is_first(&Route::budget_wait), "budget_wait comes from the wrong place");
  else
    check(route.budget_wait == layers.front().route.budget_wait, "a call that does not wait waits");
  for (const auto patterns : {&Policy::allow, &Policy::deny})
    check(route.policy.*patterns ==
              first_of(layers, [&](const Defaults& one) { return one.route.policy.*patterns; }),
          "patterns come from the wrong place");
  for (const auto& [name, price] : members_of<MaxPrice>) {
    const auto get = [member = price](const Defaults& one) {
      return one.route.policy.max_price.*member;
    };
    check(route.policy.max_price.*price == first_of(layers, get),
          "a highest price comes from the wrong place", name);
  }
}

void check_accounts(const ChargeTo& to, const Layers& layers) {
  const auto is_first = [&](auto member) {
    return to.*member ==
           first_of(layers, [member](const Defaults& one) { return one.charge_to.*member; });
  };
  for (const auto member : {&ChargeTo::app, &ChargeTo::agent, &ChargeTo::user, &ChargeTo::run})
    check(is_first(member), "an account comes from the wrong place");
  check(is_first(&ChargeTo::tags), "the tags come from the wrong place");
  for (const ChargePart part : {ChargePart::app, ChargePart::tags}) {
    const bool is_there = part == ChargePart::app ? has(to.app) : has(to.tags);
    check(wire::missing_part(to, {part}).has_value() == !is_there, "a part is missed wrongly");
  }
}

// The names that a layer gives a call to try. Nothing if it does not choose.
std::optional<std::vector<std::string>> names_of(const Defaults& one) {
  for (const std::string& name : {one.model, one.route.model})
    if (!name.empty()) return std::vector{name};
  if (!one.route.models.empty()) return one.route.models;
  if (one.route.policy.sort == Sort::cheapest) return std::vector{std::string()};
  return std::nullopt;
}

void check_models(const wire::Prepared& prepared, const Layers& layers) {
  if (prepared.names_model || prepared.chosen_elsewhere) return; // in the body
  const auto chooses = [](const Defaults& one) { return names_of(one).has_value(); };
  const auto chosen = std::ranges::find_if(layers, chooses);
  const std::vector<std::string> common{std::string(default_model)};
  check(prepared.models == (chosen == layers.end() ? common : *names_of(*chosen)),
        "the models come from the wrong place");
}

// The default limit of the answer is sent where the body has none, and only there.
void check_limit(const wire::Prepared& prepared, const std::string& body, const Layers& layers) {
  const auto limit = first_of(layers, [](const Defaults& one) { return one.max_tokens; });
  wayfare::json::Document caller, sent;
  check(caller.parse(body), "a request is taken that is no JSON");
  const std::string text = *prepared.body_of(body, prepared.models.front(), {}).text;
  check(sent.parse(text), "what is sent is no JSON", text);
  const auto is_given = [&](std::string_view name) {
    return caller.root()[name].exists() && !caller.root()[name].is_null();
  };
  if (is_given("max_tokens") || is_given("max_completion_tokens") || !limit) {
    check_equal(caller.root()["max_tokens"].raw(), sent.root()["max_tokens"].raw(),
                "the caller's max_tokens changes");
    return;
  }
  check(sent.root()["max_tokens"].integer() == limit, "the default limit is not sent", text);
  check(prepared.needs.completion_tokens == limit, "the default limit does not count");
}

Request request_of(const Layers& layers, const std::string& body) {
  Request request{.body = body,
                  .route = layers.front().route,
                  .charge_to = layers.front().charge_to,
                  .defaults = {layers.begin() + 1, layers.end() - 1}};
  return request;
}

void complete(Layers layers, const std::string& body, std::optional<bool> stream,
              const Server& server) {
  layers.front().model.clear(); // a request itself has these in its body
  layers.front().max_tokens.reset();
  Request request = request_of(layers, body);
  if (const auto fault = wire::fault_of(layers.back())) return check_error(*fault);
  if (const auto refused = wire::take_defaults(request, layers.back())) {
    check(layers.size() > 10 || std::ranges::any_of(request.defaults,
                                                    [](const Defaults& one) {
                                                      return wire::fault_of(one).has_value();
                                                    }),
          "good defaults are refused", refused->message);
    return check_error(*refused);
  }
  check(request.defaults.size() <= 1, "several defaults are left");
  check_route(request.route, layers);
  check_accounts(request.charge_to, layers);
  const auto prepared = wire::prepare(std::move(request), stream, server);
  if (prepared) {
    check_models(*prepared, layers);
    check_limit(*prepared, body, layers);
    return check_body(*prepared, body, {});
  }
  check_error(prepared.error());
  Request alone = request_of(layers, body);
  alone.defaults.clear();
  if (wire::prepare(std::move(alone), stream, server))
    check(prepared.error().message.starts_with("the body's provider"),
          "a good request is refused with good defaults", prepared.error().message);
}

} // namespace

void defaults(std::string_view input) {
  Layers layers;
  for (Parts parts = parts_of(input); parts.are_two; parts = parts_of(input)) {
    const auto options = json_api::options_of(parts.first);
    if (!options) return check_error(options.error());
    layers.push_back(options->defaults);
    input = parts.second;
  }
  layers.resize(std::max<std::size_t>(layers.size(), 2));
  for (const Server& server : {openrouter_server(), openai_server()})
    for (const auto stream : {std::optional<bool>(), std::optional(true)})
      complete(layers, std::string(input), stream, server);
}

} // namespace fuzz
