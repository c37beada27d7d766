// Points in time as text: RFC 3339, and days like 2026-11-23. In UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <wayfare/ledger.hpp>

namespace wayfare {

// "2026-11-23T09:46:52.000123Z"
std::string time_text(Time time);

// "2026-11-23"
std::string day_text(std::chrono::sys_days day);

// The same, with up to six decimals or none, and with an offset such as "+01:00" in place of the Z;
// or a date alone, its midnight in UTC. Nothing for what is neither.
std::optional<Time> parse_time(std::string_view text) noexcept;

} // namespace wayfare
