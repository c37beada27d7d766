// The part of the ledger that is needed to plan a call. Only a hint: the transaction of the
// reservation decides by the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/ledger.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

// The data of a call that scopes are compared with.
struct Charged {
  const ChargeTo& to;
  std::string_view key;   // the fingerprint of the key
  std::string_view model; // as the request named it
};

// A model without the suffix that steers it: "m/one" of "m/one:nitro".
std::string_view model_without_variant(std::string_view model);

// Whether all parts of the scope match. `value` gets the value of the part that is "*". A model
// matches by its name, and by its name with any suffix: "m/one" matches "m/one:nitro".
bool matches(const Scope& scope, const Charged& charged, std::string& value);

struct LedgerView {
  std::vector<Scope> hard_budgets; // the scopes of the hard budgets

  // Whether a hard budget will need the bound of the call.
  bool asks_bound(const Charged& charged) const;
};

} // namespace wayfare
