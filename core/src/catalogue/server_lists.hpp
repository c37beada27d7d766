// The lists of one server.
#pragma once

#include <memory>
#include <vector>

#include "catalogue/endpoint_source.hpp"
#include "catalogue/key_models.hpp"
#include "catalogue/list_source.hpp"

namespace wayfare {

struct ServerLists {
  std::shared_ptr<ModelSource> models;
  std::shared_ptr<EndpointSource> endpoints;
  std::shared_ptr<KeyModels> key_models;
};

// Those of each server of a client, as the settings count the servers.
using ListsOfServers = std::vector<ServerLists>;

} // namespace wayfare
