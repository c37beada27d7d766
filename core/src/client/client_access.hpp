// What parts of the library and its tests do with a Client that its users do not.
#pragma once

#include <cstdint>
#include <memory>

#include <wayfare/client.hpp>

namespace wayfare {

class Engine;

struct ClientAccess {
  // A call that ends with this error at once: of a request that could not be read.
  static std::int64_t refuse(Client& client, Error refusal);

  // Starts the engine and gives it, to tests that stall it.
  static Result<std::shared_ptr<Engine>> engine(Client& client);
};

} // namespace wayfare
