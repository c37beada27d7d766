// Which models can serve a request, in the order of a policy, with reasons. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/performance.hpp>
#include <wayfare/request.hpp>

#include "select/catalogue.hpp"
#include "select/cost.hpp"
#include "select/endpoint_list.hpp"
#include "values/ledger_view.hpp"
#include "values/needs.hpp"
#include "values/warm_cache.hpp"

namespace wayfare::select {

struct Moment {
  Seconds now = 0;
  std::string today; // "2026-11-23"
};
Moment moment_at(std::int64_t wall_us); // microseconds since 1970, in UTC

// The most that an attempt can cost. Its prompt has no more tokens than the body has bytes, and
// those that a server adds by itself. Its completion has no more than is asked for, else than the
// model gives. The prices are the caller's own limits where there are any, else the catalogue's
// dearest. They hold once they are put into the request. PRICES.md tells what each price of the API
// means for a bound.
struct Bound {
  std::optional<Amount> amount;
  std::string unbounded; // why there is none
  // without an amount: what the call costs at least, as far as the list tells it
  std::optional<Amount> at_least;
  // for provider.max_price: per token, and per request
  std::optional<Price> prompt_max, completion_max, request_max;
  std::optional<std::int64_t> completion_tokens; // a cap that the body lacks
};
// Whether the model is known to search by itself: it bills searches that the request does not ask
// for.
bool searches_by_itself(const Model& model);
Bound bound_of(const Needs& needs, std::string_view name, const Model* model, const Policy& policy);

// Whether a price for a prompt of so many tokens is above the policy's max_price, or not known.
bool is_too_dear(const Model& model, std::int64_t prompt_tokens, const Policy& policy, Seconds now);

// A ranking without words: what a call needs of it.
enum class Why : std::uint8_t {
  named,   // by the request, in its order
  cheap,   // by its expected cost
  fast,    // by its speed
  good,    // by its quality
  unknown, // the catalogue does not have it; the server may
  // and those that are out:
  kind, // a router, an alias, or of the batch interface: no model to choose by itself
  free, // limited in number, and not private: only where it is named
  expired,
  no_price,   // none known, or one under a condition that is not understood
  context,    // the prompt is longer
  completion, // it gives fewer tokens than are asked for
  input,      // a kind of input that it does not take
  output,
  parameter, // that it does not support
  too_dear,  // by the policy's max_price
  denied,    // by the policy's patterns
  open,      // the server chooses the model, which may be one that the patterns deny
  quality,   // below the policy's min_quality, or not known
  provider,  // no provider of it passes the rules
  further,   // the policy takes the first model alone
  key,       // the key may not call it
};
struct Ranked {
  const Model* model = nullptr; // null: unknown
  std::string_view name;        // of the request's list, or the model's own
  Why why = Why::named;
  std::optional<Amount> expected;
  std::optional<double> quality; // only where the policy has to do with it
  // of the fastest provider that may serve, where the providers are known
  std::optional<double> first_token_ms, throughput;
  bool cools_down = false; // it stands behind those that do not
};
struct Ranking {
  std::vector<Ranked> in, out;
};

// Knowledge beside the models list.
struct Hints {
  const EndpointBook* endpoints = nullptr;
  const WarmCache* cache = nullptr;       // of the conversation to which the request belongs
  std::span<const PerformanceRow> seen{}; // what the ledger has seen
  // The models that the key may call, for the choice among all models. Null: not known.
  const Catalogue* callable = nullptr;
};

// The ranking. `named`: the models that the request names, in its order. Empty: the policy has the
// whole catalogue. A model that is named and that the catalogue does not have can serve: the server
// may know it. The views are into `named` and the catalogue.
Ranking rank(const Needs& needs, const std::vector<std::string>& named, const Policy& policy,
             const Catalogue& catalogue, const Moment& moment, const LedgerView& view,
             const Hints& hints = {});

// The same in words; of a model that is not there, or has come to its end, with the nearest living
// one.
Selection explain(const Ranking& ranking, const Needs& needs, const Policy& policy,
                  const Catalogue& catalogue, const Moment& moment);

} // namespace wayfare::select
