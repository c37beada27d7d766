// The stage before a request is prepared: what it leaves out is taken from defaults. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

namespace wayfare::wire {

// Returns the fault of the accounts, such as "charge_to.app is longer than 128 bytes".
std::string fault_of_charge_to(const ChargeTo& to);

// A name that the caller wrote, for a message: in quotes, or "a name" if it is long or would not
// stay on one line.
std::string shown(std::string_view name);

// Returns the fault of a text that the ledger keeps. `what` is its place.
std::string fault_of_name(std::string_view what, std::string_view text);

// Errors: invalid, with the name of the part.
std::optional<Error> fault_of(const Defaults& defaults);

// Joins the defaults of the agent (null: there is none), of the request and of the client into one,
// the only one of the request then, and fills the accounts and the route from it. The choice of the
// model stays there: only prepare() knows whether the body makes it. Errors: invalid.
std::optional<Error> take_defaults(Request& request, const Defaults& of_client,
                                   const Defaults* of_agent = nullptr);

// Whether the route chooses the model: by a name or by the order of a policy.
bool chooses_model(const Route& route);

// Takes the choice of the model from the defaults. For a request that does not make it.
void take_model(Route& route, const Defaults& defaults);

// The error of a call that lacks a part of charge_to which the client requires.
std::optional<Error> missing_part(const ChargeTo& to, const std::vector<ChargePart>& required);

} // namespace wayfare::wire
