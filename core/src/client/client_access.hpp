// Access to a Client for other parts of the library and for tests.
#pragma once

#include <cstdint>
#include <memory>

#include <wayfare/client.hpp>

namespace wayfare {

class Engine;

struct ClientAccess {
  // Opens a call that ends with this error at once, for a request that could not be read.
  static std::int64_t refuse(Client& client, Error refusal);

  // Starts the engine and returns it. For tests that stall the engine.
  static Result<std::shared_ptr<Engine>> engine(Client& client);
};

} // namespace wayfare
