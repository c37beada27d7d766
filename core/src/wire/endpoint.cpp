#include "wire/endpoint.hpp"

#include <utility>

#include "wire/response.hpp"

namespace wayfare::wire {

constinit const Endpoint chat_completions{
    .path = "chat/completions",
    .prepare = prepare,
    .reader = [](bool streamed,
                 std::shared_ptr<json::Document> scratch) -> std::unique_ptr<Reader> {
      return std::make_unique<ResponseReader>(streamed, std::move(scratch));
    }};

} // namespace wayfare::wire
