#include "wire/metadata.hpp"

#include "base/json_writer.hpp"

namespace wayfare::wire {

std::string metadata_of(const Reply& reply) {
  std::string out;
  out.reserve(512);
  {
    json::ObjectWriter object(out);
    object.number("v", 1);
    object.text_or_null("entry", reply.entry).text_or_null("request_id", reply.request_id);
    object.text_or_null("generation_id", reply.generation_id).text_or_null("model", reply.model);
    object.text_or_null("provider", reply.provider);
    object.number_or_null("prompt_tokens", reply.usage.prompt_tokens);
    object.number_or_null("completion_tokens", reply.usage.completion_tokens);
    object.number_or_null("cached_tokens", reply.usage.cached_tokens);
    object.number_or_null("reasoning_tokens", reply.usage.reasoning_tokens);
    object.text_or_null("cost", reply.cost ? reply.cost->text() : "").text("currency", "USD");
    object.text("cost_source", name(reply.cost_source));
    object.json("is_byok", !reply.is_byok ? "null" : *reply.is_byok ? "true" : "false");
    object.text_or_null("upstream_cost", reply.upstream_cost ? reply.upstream_cost->text() : "");
  }
  return out;
}

} // namespace wayfare::wire
