// What the server of a client does. Made once, from the settings.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace wayfare {

// Which API keys a server takes.
enum class KeyRule : std::uint8_t {
  openrouter, // its own: a key that cannot be one of OpenRouter's is refused
  any,        // a key is needed, of whatever form
  optional,   // a key is not needed
};

struct Server {
  std::string base_url; // without a slash at its end
  KeyRule keys = KeyRule::openrouter;
  // Its answers tell what they cost. An answer without usage is then not the whole of it.
  bool tells_cost = true;
  // It takes no provider that is dearer than the body's provider.max_price.
  bool keeps_max_price = true;
  // Its streams end with the usage, without being asked.
  bool sends_usage = true;
  // It tells later what a call has cost, by GET /generation.
  bool looks_up = true;
};

inline Server openrouter_server(std::string base_url = {}, KeyRule keys = KeyRule::openrouter) {
  return {.base_url = std::move(base_url), .keys = keys};
}

// llama.cpp, vLLM, Ollama and their like.
inline Server openai_server(std::string base_url = {}) {
  return {.base_url = std::move(base_url),
          .keys = KeyRule::optional,
          .tells_cost = false,
          .keeps_max_price = false,
          .sends_usage = false,
          .looks_up = false};
}

} // namespace wayfare
