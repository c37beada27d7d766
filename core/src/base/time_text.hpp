// Times as text in UTC: RFC 3339, and days such as 2026-11-23.
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

// Reads a time with at most six decimals, and with Z or an offset such as "+01:00". Also reads a
// date alone, as its midnight in UTC. Returns nothing for any other text.
std::optional<Time> parse_time(std::string_view text) noexcept;

} // namespace wayfare
