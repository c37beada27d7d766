// The part of a conversation that a provider has in its prompt cache, as far as the client knows.
#pragma once

#include <cstdint>
#include <string>

namespace wayfare {

struct WarmCache {
  std::string model;       // as the server called it
  std::string provider;    // its name, as a reply has it
  std::int64_t tokens = 0; // of the prompt
};

} // namespace wayfare
