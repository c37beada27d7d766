// The properties of a client's server. Made once, from the settings.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace wayfare {

// The API keys that a server accepts.
enum class KeyRule : std::uint8_t {
  openrouter, // OpenRouter keys: a key that cannot be an OpenRouter key is refused
  any,        // a key of any format is required
  optional,   // a key is not required
};

struct Server {
  std::string base_url; // without a slash at the end
  KeyRule keys = KeyRule::openrouter;
  // Its answers tell their cost. So an answer without usage is incomplete.
  bool tells_cost = true;
  // It uses no provider that is more expensive than provider.max_price in the body.
  bool keeps_max_price = true;
  // Its streams end with the usage, even if the request does not ask for it.
  bool sends_usage = true;
  // It tells the cost of a call later, by GET /generation.
  bool looks_up = true;
  // It keeps the calls of a session_id with one provider.
  bool keeps_sessions = true;
};

inline Server openrouter_server(std::string base_url = {}, KeyRule keys = KeyRule::openrouter) {
  return {.base_url = std::move(base_url), .keys = keys};
}

// llama.cpp, vLLM, Ollama and similar servers.
inline Server openai_server(std::string base_url = {}) {
  return {.base_url = std::move(base_url),
          .keys = KeyRule::optional,
          .tells_cost = false,
          .keeps_max_price = false,
          .sends_usage = false,
          .looks_up = false,
          .keeps_sessions = false};
}

} // namespace wayfare
