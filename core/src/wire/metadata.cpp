#include "wire/metadata.hpp"

#include "base/json_writer.hpp"

namespace wayfare::wire {

static std::optional<std::int64_t> some_us(std::int64_t us) {
  return us == 0 ? std::nullopt : std::optional(us);
}

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
    object.number_or_null("cache_write_tokens", reply.usage.cache_write_tokens);
    object.number_or_null("reasoning_tokens", reply.usage.reasoning_tokens);
    object.text_or_null("cost", reply.cost ? reply.cost->text() : "").text("currency", "USD");
    object.text("cost_source", name(reply.cost_source));
    object.json("is_byok", !reply.is_byok ? "null" : *reply.is_byok ? "true" : "false");
    object.text_or_null("upstream_cost", reply.upstream_cost ? reply.upstream_cost->text() : "");
    object.text_or_null("finish_reason", reply.finish_reason);
    object.text_or_null("requested_model",
                        reply.attempts.empty() ? "" : reply.attempts.back().model);
    const Timings& timings = reply.timings;
    object.number_or_null("first_delta_us", some_us(timings.first_delta_us));
    object.number_or_null("total_us", some_us(timings.total_us));
    object.number_or_null("agent_version", reply.agent_version);
  }
  return out;
}

} // namespace wayfare::wire
