// The names of the members of a body, and what is no member of it though callers put it there.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <type_traits>

#include <wayfare/fields.hpp>
#include <wayfare/options.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

// The members of a chat completion that OpenRouter, OpenAI, llama.cpp, vLLM, SGLang, Ollama,
// Mistral, DeepSeek, Qwen, Perplexity and xAI document. Other members are sent as well.
inline constexpr auto body_names = std::to_array<std::string_view>({"add_generation_prompt",
                                                                    "audio",
                                                                    "bad_words",
                                                                    "best_of",
                                                                    "cache_control",
                                                                    "cache_prompt",
                                                                    "chat_template",
                                                                    "chat_template_kwargs",
                                                                    "continue_final_message",
                                                                    "debug",
                                                                    "documents",
                                                                    "echo",
                                                                    "enable_search",
                                                                    "enable_thinking",
                                                                    "format",
                                                                    "frequency_penalty",
                                                                    "function_call",
                                                                    "functions",
                                                                    "grammar",
                                                                    "guided_choice",
                                                                    "guided_grammar",
                                                                    "guided_json",
                                                                    "guided_regex",
                                                                    "ignore_eos",
                                                                    "image_config",
                                                                    "include_reasoning",
                                                                    "json_schema",
                                                                    "keep_alive",
                                                                    "length_penalty",
                                                                    "logit_bias",
                                                                    "logprobs",
                                                                    "max_completion_tokens",
                                                                    "max_tokens",
                                                                    "max_tool_calls",
                                                                    "messages",
                                                                    "metadata",
                                                                    "min_p",
                                                                    "min_tokens",
                                                                    "mirostat",
                                                                    "mirostat_eta",
                                                                    "mirostat_tau",
                                                                    "modalities",
                                                                    "model",
                                                                    "models",
                                                                    "moderation",
                                                                    "n",
                                                                    "n_keep",
                                                                    "n_predict",
                                                                    "n_probs",
                                                                    "options",
                                                                    "parallel_tool_calls",
                                                                    "plugins",
                                                                    "prediction",
                                                                    "presence_penalty",
                                                                    "preset",
                                                                    "priority",
                                                                    "prompt",
                                                                    "prompt_cache_key",
                                                                    "prompt_cache_options",
                                                                    "prompt_cache_retention",
                                                                    "prompt_logprobs",
                                                                    "prompt_mode",
                                                                    "provider",
                                                                    "random_seed",
                                                                    "reasoning",
                                                                    "reasoning_effort",
                                                                    "regex",
                                                                    "repeat_last_n",
                                                                    "repeat_penalty",
                                                                    "repetition_penalty",
                                                                    "response_format",
                                                                    "return_images",
                                                                    "return_related_questions",
                                                                    "safe_prompt",
                                                                    "safety_identifier",
                                                                    "samplers",
                                                                    "search_domain_filter",
                                                                    "search_mode",
                                                                    "search_parameters",
                                                                    "search_recency_filter",
                                                                    "seed",
                                                                    "service_tier",
                                                                    "session_id",
                                                                    "skip_special_tokens",
                                                                    "speed",
                                                                    "stop",
                                                                    "stop_server_tools_when",
                                                                    "stop_token_ids",
                                                                    "store",
                                                                    "stream",
                                                                    "stream_options",
                                                                    "structured_outputs",
                                                                    "suffix",
                                                                    "temperature",
                                                                    "think",
                                                                    "thinking",
                                                                    "thinking_budget",
                                                                    "tool_choice",
                                                                    "tools",
                                                                    "top_a",
                                                                    "top_k",
                                                                    "top_logprobs",
                                                                    "top_n_sigma",
                                                                    "top_p",
                                                                    "trace",
                                                                    "transforms",
                                                                    "truncate_prompt_tokens",
                                                                    "typical_p",
                                                                    "usage",
                                                                    "user",
                                                                    "verbosity",
                                                                    "web_search_options",
                                                                    "x_search_filter"});

struct Habit {
  std::string_view name, hint;
};

// What other clients take beside the body, under names that wayfare does not have.
inline constexpr auto habits = std::to_array<Habit>({
    {"timeout", "give it as route.deadline, in seconds"},
    {"request_timeout", "give it as route.deadline, in seconds"},
    {"max_retries", "give it as route.retries"},
    {"num_retries", "give it as route.retries"},
    {"fallbacks", "give them as route.models"},
    {"extra_headers", "give them as headers, beside the body"},
    {"default_headers", "give them as headers, beside the body"},
    {"extra_body", "give its members as members of the body"},
    {"extra_query", "wayfare sends no query"},
    {"default_query", "wayfare sends no query"},
    {"api_version", "wayfare sends no query"},
    {"api_base", "give it as the option base_url"},
    {"organization", "give the header OpenAI-Organization in headers, beside the body"},
    {"project", "give the header OpenAI-Project in headers, beside the body"},
    {"idempotency_key", "give the header Idempotency-Key in headers, beside the body"},
    {"http_client", "wayfare has its own; see the options proxy and ca_file"},
    {"user_id", "give it as charge_to.user for the ledger, or as user for the server"},
    {"end_user", "give it as charge_to.user for the ledger, or as user for the server"},
    {"app_name", "give it as charge_to.app for the ledger, or as the option app_title"},
    {"run_id", "give it as charge_to.run"},
    {"tag", "give it in charge_to.tags"},
});

// Calls `function(name, hint)` for each name that has its place beside the body: the habits, and
// what wayfare itself takes there.
template <class Function>
void for_each_misplaced(Function&& function) {
  for (const Habit& habit : habits) function(habit.name, std::string(habit.hint));
  const auto is_of_body = [](std::string_view name) {
    return name == "body" || std::ranges::find(body_names, name) != body_names.end();
  };
  const auto all_of = [&]<class Struct>(std::string_view before, std::string_view behind) {
    for_each_field<Struct>([&](const auto& leaf) {
      // The agent of a call goes beside the body: it is charged, too.
      const bool is_of_request =
          !std::is_same_v<Struct, Request> && !doc_of<Request>(leaf.name).empty();
      if (!is_of_body(leaf.name) && !is_of_request)
        function(leaf.name, "give it as " + std::string(before).append(leaf.name).append(behind));
    });
  };
  all_of.template operator()<Route>("route.", "");
  all_of.template operator()<ChargeTo>("charge_to.", "");
  all_of.template operator()<Request>("", ", beside the body");
  all_of.template operator()<Options>("the option ", "");
}

} // namespace wayfare
