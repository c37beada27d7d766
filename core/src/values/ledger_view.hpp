// What a call is planned with of the ledger. It is a hint: the transaction that reserves judges by
// what stands in the file then.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/ledger.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

// What scopes are compared with.
struct Charged {
  const ChargeTo& to;
  std::string_view key;   // its fingerprint
  std::string_view model; // as asked for
};

// A model without the suffix that steers it: "m/one" of "m/one:nitro".
std::string_view model_without_variant(std::string_view model);

// Whether all parts of the scope match. `value` becomes that of the part that is "*". A model
// matches by its name, and by its name with any suffix: "m/one" matches "m/one:nitro".
bool matches(const Scope& scope, const Charged& charged, std::string& value);

struct LedgerView {
  std::vector<Scope> hard_budgets; // their scopes

  // Whether a hard budget will ask what the call can cost at most.
  bool asks_bound(const Charged& charged) const;
};

} // namespace wayfare
