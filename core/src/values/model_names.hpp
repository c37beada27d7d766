// Whether two names are those of one model, as far as the names alone tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wayfare {

enum class SameModel : std::uint8_t { yes, no, perhaps };

// Letter case, a known variant such as ":nitro" and a date such as "-2024-08-06" make no other
// model, unless both names have a date and the dates differ. Names of different authors without a
// common word are those of two models. Only OpenRouter's names are so certain: other servers call a
// model as they like.
SameModel compare_model_names(std::string_view one, std::string_view other);

// The name in lower case and without blanks around it: OpenRouter may know it by that.
std::string folded_name(std::string_view name);

// Whether a name tells that the server chooses the model: a preset, or the newest of a family.
bool is_open_name(std::string_view name);

} // namespace wayfare
