// The values that the lists of models and of endpoints have in common. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/model.hpp>

#include "base/json.hpp"

namespace wayfare::select {

// These limits hold for the lists and the texts of a row.
inline constexpr std::size_t id_max = 128; // a longer one cannot be named in a request
inline constexpr std::size_t word_max = 64;
inline constexpr std::size_t modalities_max = 16;
inline constexpr std::size_t parameters_max = 128;

// The digits of a number, which may be a text.
std::string_view digits_of(json::Value price);
Prices prices_of(json::Value pricing);
// The `overrides` of a price. Those beyond the eighth are not understood. If some price cannot be
// read, one more is there that is not understood: what it costs is not known, and not nothing.
std::vector<PriceOverride> overrides_of(json::Value pricing);

// At most `most` texts of a list. Those longer than word_max are left out.
std::vector<std::string> texts_of(json::Value list, std::size_t most);
// Whether every text that is wanted is there.
bool has_every(const std::vector<std::string>& there, const std::vector<std::string>& wanted);
// Errors and reasons, which have one line, tell such texts.
bool fits_in_a_line(std::string_view text, std::size_t most);
// The text, or "" for one that does not fit in a line.
std::string text_of(json::Value value, std::size_t most);
// A whole number above 0.
std::optional<std::int64_t> count_of(json::Value value);
std::optional<double> number_of(json::Value value);

} // namespace wayfare::select
