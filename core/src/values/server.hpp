// The properties of a server of a client. Made once, from the settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/options.hpp>

namespace wayfare {

// The API keys that a server accepts.
enum class KeyRule : std::uint8_t {
  openrouter, // OpenRouter keys: a key that cannot be an OpenRouter key is refused
  any,        // a key of any format is required
  optional,   // a key is not required
};

// The name of a client's own server in a route.
inline constexpr std::string_view default_server = "default";

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

  // These come from the option `servers`.
  std::string name = std::string(default_server);
  std::string key; // the name of its key; "": the default one, or that of the route
  bool takes_key = true;
  std::string model; // that is asked for, whatever the call names
  std::vector<std::pair<std::string, std::string>> models; // the names that it has for models
  std::optional<TokenPrice> price;

  // The name that the server has for a model.
  std::string_view name_of(std::string_view called) const {
    for (const auto& [one, here] : models)
      if (one == called) return here;
    return model.empty() ? called : std::string_view(model);
  }
  // Whether it has names of its own.
  bool renames() const noexcept { return !model.empty() || !models.empty(); }
  bool is_free() const {
    return price && price->prompt.mantissa == 0 && price->completion.mantissa == 0;
  }
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
