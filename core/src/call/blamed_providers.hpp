// Which providers of a model failed, where an answer names them. Pure.
#pragma once

#include "select/endpoint_list.hpp"
#include "values/health.hpp"

namespace wayfare::call {

// Adds to an outcome the slugs of the providers that failed, and those of the others. Nothing where
// the model is to blame: the providers of the model are not known, the one that failed is not among
// them or has several slugs, or no other is left. Regions of a provider have one slug, and service
// tiers none: a request gets those only if it asks for them.
void blame_providers(Outcome& outcome, const select::Endpoints& known);

} // namespace wayfare::call
