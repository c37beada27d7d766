// The words of a call about a model or a provider that cools down. Pure.
#pragma once

#include <string>
#include <vector>

#include <wayfare/error.hpp>

#include "values/health.hpp"
#include "values/ledger_view.hpp"

namespace wayfare::call {

// "m/one: it cools down until 2026-11-23T09:46:52.000123Z, after 3 failures: provider_failed (502)
// of P"
std::string in_words(const std::string& model, const Cooling& cooling);

// "left out the provider P (p) of m/one: it cools down until 2026-11-23T09:46:52.000123Z"
std::string words_of_left_out(const LedgerView::Cooldown& cooldown);

// The error of a call whose last model may not be tried. `skipped`: its models before.
Error refusal_of(const std::string& model, const Cooling& cooling,
                 const std::vector<std::string>& skipped);

} // namespace wayfare::call
