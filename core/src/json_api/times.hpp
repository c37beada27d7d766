// Moments as text: RFC 3339. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <wayfare/ledger.hpp>

namespace wayfare::json_api {

// "2026-11-23T09:46:52.000123Z"
std::string to_text(Time time);

// The same, with up to six decimals or none, and with an offset such as "+01:00" in place of the Z; or a date alone, its midnight in
// UTC. Nothing for what is neither.
std::optional<Time> time_of(std::string_view text) noexcept;

} // namespace wayfare::json_api
