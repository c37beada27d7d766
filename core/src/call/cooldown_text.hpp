// The words of a call about a model that cools down. Pure.
#pragma once

#include <string>
#include <vector>

#include <wayfare/error.hpp>

#include "values/health.hpp"

namespace wayfare::call {

// "m/one: it cools down until 2026-11-23T09:46:52.000123Z, after 3 failures: provider_failed (502)
// of P"
std::string in_words(const std::string& model, const Cooling& cooling);

// The error of a call whose last model may not be tried. `skipped`: its models before.
Error refusal_of(const std::string& model, const Cooling& cooling,
                 const std::vector<std::string>& skipped);

} // namespace wayfare::call
