// An endpoint tells where a request goes, how its body is prepared, and how its answer is read.
// Pure.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

#include "base/json.hpp"
#include "values/server.hpp"
#include "wire/prepare.hpp"
#include "wire/reader.hpp"

namespace wayfare::wire {

struct Endpoint {
  std::string_view path; // below the base URL
  // Judges the request and adds to its body what is missing. Takes the body out of the request.
  Result<Prepared> (*prepare)(Request&& request, std::optional<bool> stream, const Server& server,
                              const AgentProfile* profile);
  // `streamed`: deltas are wanted. `scratch`: what JSON is read with. Nothing of it is kept between
  // two calls, so that the answers of one thread may share it.
  std::unique_ptr<Reader> (*reader)(bool streamed, std::shared_ptr<json::Document> scratch);
};

extern const Endpoint chat_completions;

} // namespace wayfare::wire
