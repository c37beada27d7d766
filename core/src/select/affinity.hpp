// Which endpoint of a model a request asks for, so that the provider that has its prompt in its
// cache serves it. Pure. Only calls with route.affinity_order use it: AFFINITY.md tells what it
// brings beside a session_id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/billing.hpp>
#include <wayfare/error.hpp>
#include <wayfare/model.hpp>

#include "select/cost.hpp"

namespace wayfare::select {

// One of the endpoints of a model.
struct Offer {
  std::string slug;           // as provider.order takes it
  std::string provider;       // as a reply tells it: several endpoints may have the same
  Prices prices;              // of the endpoint, which may differ from those of the model
  Seconds cache_lifetime = 0; // since the last use
};

// A reply of a run tells this of the provider's cache.
struct Warm {
  std::string model; // as the request named it
  std::string slug, provider;
  std::int64_t tokens = 0; // the cache has so many of the beginning of the prompt
  Seconds until = 0;       // when the cache is gone
};

// Returns nothing if the reply neither read nor wrote a cache, or if more than one endpoint, or
// none, may have given it.
std::optional<Warm> warm_after(std::string_view model, std::string_view provider,
                               const Usage& usage, const std::vector<Offer>& offers, Seconds now);

// Whether the endpoint is not asked for any more after this error: a 429 or a 5xx of its provider,
// or of one that the server does not tell.
bool is_lost_by(const Error& error, const Warm& warm);

// The next request of the run.
struct NextRequest {
  std::string_view model;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool caches = false;                       // it marks what to keep: see Needs
  std::vector<std::string_view> preferences; // the names in the `provider` of its body
};

// Returns the slug for provider.order, or "" if the request leaves the choice to the server. It
// asks for the endpoint while the cache is there, if the request costs less there, with the cache,
// than at any endpoint without one. It never does where the caller chooses: by the preferences
// order, only, ignore or sort.
std::string_view order_for(const Warm& warm, const NextRequest& request,
                           const std::vector<Offer>& offers, Seconds now);

} // namespace wayfare::select
