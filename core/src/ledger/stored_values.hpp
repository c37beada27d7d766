// Values that a whole ledger never stores otherwise. In a damaged file they may be anything: then
// these functions throw sqlite::Failure, so that a report is an error and no nonsense.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// A time of the years 1 to 9999, which every language can show.
inline Time stored_time(std::int64_t us) {
  constexpr std::int64_t first = -62'135'596'800'000'000, last = 253'402'300'799'999'999;
  if (us >= first && us <= last) return Time(std::chrono::microseconds(us));
  throw sqlite::Failure(sqlite::Failure::Kind::content,
                        "a time of " + std::to_string(us) + " us is in no year from 1 to 9999");
}

template <class Enum>
Enum stored_enumerator(std::int64_t number) {
  const auto& known = values_of<Enum>.values;
  const auto is_it = [&](const auto& one) {
    return static_cast<std::int64_t>(one.value) == number;
  };
  if (std::ranges::any_of(known, is_it)) return static_cast<Enum>(number);
  throw sqlite::Failure(sqlite::Failure::Kind::content,
                        std::to_string(number) + " is no " + std::string(values_of<Enum>.name));
}

} // namespace wayfare::ledger
