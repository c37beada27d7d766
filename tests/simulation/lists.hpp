// What OpenRouter tells of the simulated models before a call.
#pragma once

#include "select/catalogue.hpp"
#include "select/endpoint_list.hpp"
#include "simulation/table.hpp"

namespace wayfare::conversations {

struct Lists {
  select::Catalogue models;       // GET /models
  select::EndpointBook endpoints; // GET /models/{author}/{slug}/endpoints, of each model
};

Lists lists_of(const Table& table);

} // namespace wayfare::conversations
