// Removes the text of the prompt from error messages, because servers may repeat the request in
// their errors. Pure.
#pragma once

#include <string>
#include <string_view>

namespace wayfare::wire {

// the length of a common run that counts as a repetition
inline constexpr std::size_t echo_run = 12;
// the length of a whole text that counts as a repetition
inline constexpr std::size_t echo_whole = 6;
inline constexpr std::size_t echo_body_max = std::size_t{4} << 20;

// Replaces the parts of `message` that repeat texts of the request by "[prompt]": common runs of
// echo_run bytes or more, and whole texts of echo_whole bytes or more. The texts are those in
// messages, prompt, input and prediction. If the body is longer than echo_body_max, the whole text
// of the server is removed.
void hide_prompt(std::string& message, std::string_view body);

} // namespace wayfare::wire
