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

// Whether all parts of the scope match. `value` becomes that of the part that is "*".
bool matches(const Scope& scope, const Charged& charged, std::string& value);

struct LedgerView {
  std::vector<Scope> hard_budgets; // their scopes

  // Whether a hard budget will ask what the call can cost at most.
  bool asks_bound(const Charged& charged) const;
};

} // namespace wayfare
