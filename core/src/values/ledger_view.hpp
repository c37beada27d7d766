// The part of the ledger that is needed to plan a call. Only a hint: the transaction of the
// reservation decides by the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/budget.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

// A further name of a model that may serve an attempt: one of the `models` of the body, or another
// name of a model in the models list. `stands_for` is the name in the body.
struct OtherName {
  std::string name, stands_for;
  // `name` is the one under which a budget for each model (`*`) counts `stands_for`: the id of the
  // models list without its suffix. A request that names one model by that name has none of these.
  bool is_of_window = false;
};

// The data of a call that scopes are compared with.
struct Charged {
  const ChargeTo& to;
  std::string_view key;                                // the fingerprint of the key
  std::string_view model;                              // as the request named it
  const std::vector<OtherName>* other_names = nullptr; // the further names that may be counted
};

// A model without the suffix that steers it: "m/one" of "m/one:nitro".
std::string_view model_without_variant(std::string_view model);

// The models of a call, each by the one name under which a budget for each model counts it.
std::vector<std::string> models_of_windows(const Charged& charged);

// Whether all parts of the scope match. `value` gets the value of the part that is "*". A model
// matches by each of its names, and by its name with any suffix: "m/one" matches "m/one:nitro".
// A part "*" matches each model of models_of_windows(), and `value` gets the first.
bool matches(const Scope& scope, const Charged& charged, std::string& value);

// The name of the part that is "*"; empty if there is none.
std::string_view each_part(const Scope& scope);

struct LedgerView {
  struct HardBudget {
    std::string name;
    Scope scope;
  };
  // A model that cools down, or a provider of it. `model` is as health_name() gives it.
  struct Cooldown {
    std::string server, model;
    std::int64_t until_us = 0;  // in ledger time
    std::string entry;          // the attempt that began it
    std::string slug, provider; // of the provider; "": the model cools down

    bool operator==(const Cooldown&) const = default;
  };
  std::vector<HardBudget> hard_budgets;
  std::vector<Cooldown> cooldowns;
  bool names_models = false; // a budget or a block counts models
  std::string id;            // the ledger's own; "": not known yet

  // The name of a hard budget that will need the bound of the call; null if none does.
  const std::string* asks_bound(const Charged& charged) const;
};

} // namespace wayfare
