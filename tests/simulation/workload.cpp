#include "simulation/workload.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "simulation/chance.hpp"

namespace wayfare::conversations {

namespace {

// What a program names in its route: models of one kind, of which each can do the work. They differ
// in the price of a prompt beside that of an answer, in caches, and in how many providers there
// are.
constexpr std::array<std::array<const char*, 3>, 5> routes{{
    {"openai/gpt-4.1-mini", "google/gemini-3.7-flash", "mistralai/mistral-medium-3.1"},
    {"deepseek/deepseek-v3.2", "z-ai/glm-5.2", "meta-llama/llama-4-maverick"},
    {"anthropic/claude-haiku-4.5", "openai/gpt-5.6-terra", "z-ai/glm-5.2"},
    {"anthropic/claude-sonnet-5", "moonshotai/kimi-k3", "openai/gpt-5.6-terra"},
    {"openai/gpt-5.6-terra", "anthropic/claude-haiku-4.5", "google/gemini-3.7-flash"},
}};

constexpr std::int64_t alone = 400;     // of 1000 conversations name the first of these alone
constexpr double turns_mean = 8;        // geometric
constexpr std::int64_t turns_most = 40; // so that a prompt fits into every context
constexpr double system_least = 500, system_most = 20'000;   // tokens, log-uniform
constexpr double question_least = 30, question_most = 1'500; // with what tools gave, log-uniform
constexpr double answer_least = 50, answer_longest = 800;    // log-uniform
// From the end of an answer to the next request: log-normal. Of 100 gaps, 7 are longer than five
// minutes and 3 longer than ten.
constexpr double gap_median_ms = 40'000, gap_deviation = 1.4;
constexpr std::int64_t answer_ms_per_token = 15; // some 65 tokens a second
constexpr std::int64_t marking = 750;            // of 1000 conversations

} // namespace

Conversation draw_conversation(std::uint64_t seed, std::uint64_t number) {
  Chance chance(seed, {1, number});
  Conversation drawn{.number = number, .models = {}, .turns = {}};
  const auto& route = routes[number % routes.size()];
  drawn.models.assign(route.begin(), route.end());
  std::ranges::rotate(drawn.models, drawn.models.begin() + chance.up_to(route.size() - 1));
  if (chance.of_1000(alone)) drawn.models.resize(1);
  drawn.marks = chance.of_1000(marking);
  std::int64_t at_ms = chance.up_to(day_s * 1000 - 1);
  std::int64_t history = chance.log_uniform(system_least, system_most);
  const double ended = std::log(1 - chance.share()) / std::log(1 - 1 / turns_mean);
  const auto turns = std::min(1 + static_cast<std::int64_t>(ended), turns_most);
  for (std::int64_t left = turns; left > 0; --left) {
    Turn turn{.at_ms = at_ms};
    turn.prompt_tokens = history += chance.log_uniform(question_least, question_most);
    turn.answer_tokens = chance.log_uniform(answer_least, answer_longest);
    history += turn.answer_tokens;
    at_ms +=
        turn.answer_tokens * answer_ms_per_token + chance.log_normal(gap_median_ms, gap_deviation);
    drawn.turns.push_back(turn);
  }
  return drawn;
}

} // namespace wayfare::conversations
