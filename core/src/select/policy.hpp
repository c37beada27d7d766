// A policy puts the candidates that can serve a request in the order in which they are tried. Pure.
#pragma once

#include <vector>

#include <wayfare/request.hpp>

#include "select/ranking.hpp"
#include "values/ledger_view.hpp"
#include "values/needs.hpp"

namespace wayfare::select {

// Gives the candidates in order, each with the reason of its place (`why`). They come in the order
// of the request, or of the catalogue where the request names none.
using Order = std::vector<Ranked> (*)(const Needs& needs, std::vector<Ranked> candidates,
                                      const LedgerView& view);

// The one of a policy.
Order order_of(const Policy& policy);

} // namespace wayfare::select
