// From what a route allows and the catalogue knows to what a call tries: which models, in which
// order, at what bound, and what is added to the request so that the bound holds. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/request.hpp>

#include "call/call.hpp"
#include "select/ranking.hpp"
#include "wire/prepare.hpp"

namespace wayfare {

// Whether the request cannot be routed without a catalogue: it has a policy or a max_cost.
bool needs_catalogue(const Route& route);

struct Routed {
  std::vector<call::Choice> choices;
  std::shared_ptr<const Selection> selection; // the head of the ranking, in words
};

// Of a list, all that can serve are tried; of the whole catalogue the best few.
inline constexpr std::size_t tried_max = 3, told_max = 10;

// Completes `prepared` with the models and their additions. `no_model` where none can serve.
Result<Routed> route(wire::Prepared& prepared, const Route& route, bool openrouter,
                     const select::Catalogue& catalogue, const CatalogueState& state,
                     const select::Moment& moment);

// For a hard budget: the most that the attempt can cost, or the part of it that may cost anything,
// into the reservation; and into the body what makes that true.
struct Bounded {
  std::vector<std::string> added;       // the names of what was put into the body
  std::shared_ptr<const Prices> prices; // as call::Choice has them
};
Bounded bound_by(const select::Catalogue& catalogue, bool openrouter, Reservation& reservation,
                 std::shared_ptr<const std::string>& body);

// The whole ranking, in words, of a request that is not sent.
Selection select_for(const wire::Prepared& prepared, const Route& route,
                     const select::Catalogue& catalogue, const CatalogueState& state,
                     const select::Moment& moment);

} // namespace wayfare
