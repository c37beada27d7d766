// The words for a call that a budget refuses.
#pragma once

#include <string>
#include <string_view>

#include <wayfare/error.hpp>

#include "values/booking.hpp"

namespace wayfare::ledger {

const char* in_words(Window window); // "this day"

// A part of the call may cost anything, and the budget is hard.
Error no_bound(const std::string& budget, const Reservation& reservation);
// The budget counts the model `counted`, and the server chooses the model of the call.
Error model_unknown(const std::string& budget, const std::string& counted,
                    const std::string& model);
// The budget has a window for each value of `part`, and the call has no value for it.
Error lacks_value(const std::string& budget, std::string_view part);

} // namespace wayfare::ledger
