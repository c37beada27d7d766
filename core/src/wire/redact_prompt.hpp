// Servers repeat what they were sent in their errors; an error is no place for the text of a
// prompt. Pure.
#pragma once

#include <string>
#include <string_view>

namespace wayfare::wire {

inline constexpr std::size_t echo_run = 12;  // bytes in common that are taken for a repetition
inline constexpr std::size_t echo_whole = 6; // of a whole text
inline constexpr std::size_t echo_body_max = std::size_t{4} << 20;

// Puts "[prompt]" in the place of whatever `message` has in common with the texts of the request's
// messages, prompt, input or prediction: runs of echo_run bytes, and whole texts of echo_whole. Of
// a body longer than echo_body_max all of the server's words are left out.
void hide_prompt(std::string& message, std::string_view body);

} // namespace wayfare::wire
