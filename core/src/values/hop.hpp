// An attempt that left the cache of the attempt before it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <wayfare/money.hpp>

namespace wayfare {

struct Hop {
  std::string_view model{}; // that served
  std::int64_t reserved_us = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t lost_tokens = 0;    // that were not read from a cache
  std::int64_t written_tokens = 0; // of them, those that were written to a cache
};
// Tells what the lost tokens cost above the price of reading them from a cache; nothing where a
// price is not known. Called on the thread for reports.
using HopPrice = std::function<std::optional<Amount>(const Hop& hop)>;

} // namespace wayfare
