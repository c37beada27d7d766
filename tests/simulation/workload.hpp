// Conversations of users with a program. Each is drawn by the seed and its number, so it is the
// same in every row of the table.
//
// All of this is assumed. It is meant to be like a support chat or a coding agent: a system prompt
// that stays, a history that only grows, and a person or a tool that answers after a while.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wayfare::conversations {

struct Turn {
  std::int64_t at_ms = 0;         // since the day began. It is the same whatever the calls take.
  std::int64_t prompt_tokens = 0; // all that came before, and what is new
  std::int64_t answer_tokens = 0;
};

struct Conversation {
  std::uint64_t number = 0;
  std::vector<std::string> models; // of the route, in its order
  bool marks = true;               // the requests mark what to keep (cache_control)
  std::vector<Turn> turns;
};

// Seconds of the day in which conversations begin.
inline constexpr std::int64_t day_s = 86'400;
// The limit of an answer that every request has.
inline constexpr std::int64_t answer_most = 1000;

Conversation draw_conversation(std::uint64_t seed, std::uint64_t number);

} // namespace wayfare::conversations
