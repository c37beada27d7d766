// Reply::metadata.

#include "support/catch.hpp"
#include "wire/metadata.hpp"

using namespace wayfare;

TEST_CASE("metadata is one line of JSON, with null for unknown values") {
  CHECK(wire::metadata_of({}) ==
        R"({"v":1,"entry":null,"request_id":null,"generation_id":null,"model":null,)"
        R"("provider":null,"prompt_tokens":null,)"
        R"("completion_tokens":null,"cached_tokens":null,"cache_write_tokens":null,)"
        R"("reasoning_tokens":null,"cost":null,)"
        R"("currency":"USD","cost_source":"none","is_byok":null,"upstream_cost":null,)"
        R"("finish_reason":null,"requested_model":null,"first_delta_us":null,"total_us":null,)"
        R"("agent_version":null})");
  Reply reply;
  reply.entry = "01ARYZ6S410000000000000000";
  reply.request_id = "a \"b\"";
  reply.generation_id = "gen-1";
  reply.model = "m";
  reply.provider = "P";
  reply.usage = {.prompt_tokens = 1,
                 .completion_tokens = 2,
                 .total_tokens = 3,
                 .cached_tokens = 0,
                 .cache_write_tokens = 5,
                 .reasoning_tokens = 6};
  reply.cost = Amount::parse("0.00215798");
  reply.cost_source = CostSource::response;
  reply.is_byok = true;
  reply.upstream_cost = Amount::parse("0.0000001");
  reply.finish_reason = "stop";
  reply.attempts = {{.model = "m:nitro"}};
  reply.timings = {.first_delta_us = 20, .total_us = 30};
  CHECK(wire::metadata_of(reply) ==
        R"({"v":1,"entry":"01ARYZ6S410000000000000000","request_id":"a \"b\"",)"
        R"("generation_id":"gen-1","model":"m","provider":"P",)"
        R"("prompt_tokens":1,"completion_tokens":2,"cached_tokens":0,"cache_write_tokens":5,)"
        R"("reasoning_tokens":6,)"
        R"("cost":"0.00215798","currency":"USD",)"
        R"("cost_source":"response","is_byok":true,"upstream_cost":"0.0000001",)"
        R"("finish_reason":"stop","requested_model":"m:nitro","first_delta_us":20,"total_us":30,)"
        R"("agent_version":null})");
}
