// What is read from each sample of tests/samples, held against tests/golden/samples.

#include <string>

#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "support/samples.hpp"
#include "values/booking.hpp"
#include "wire/generation.hpp"
#include "wire/response.hpp"

using namespace wayfare;
using samples::Sample;

namespace {

std::string in_words(const Usage& usage) {
  std::string out;
  const auto count = [&](const char* what, const std::optional<std::int64_t>& number) {
    if (number) out += std::string(" ") + what + " " + std::to_string(*number);
  };
  count("prompt", usage.prompt_tokens);
  count("completion", usage.completion_tokens);
  count("total", usage.total_tokens);
  count("cached", usage.cached_tokens);
  count("written", usage.cache_write_tokens);
  count("reasoning", usage.reasoning_tokens);
  return out;
}

std::string in_words(const Reply& reply) {
  std::string out;
  const auto line = [&](const char* what, const std::string& value) {
    if (!value.empty()) out += std::string(what) + ": " + value + "\n";
  };
  line("text", json::quoted(reply.text));
  if (!reply.reasoning.empty()) line("reasoning", json::quoted(reply.reasoning));
  for (const ToolCall& call : reply.tool_calls)
    line("tool call", call.id + " " + call.name + " " + json::quoted(call.arguments));
  line("finish", reply.finish_reason);
  line("native finish", reply.native_finish_reason);
  line("model", reply.model);
  line("provider", reply.provider);
  line("generation", reply.generation_id);
  line("usage", in_words(reply.usage));
  line("cost", reply.cost ? reply.cost->text() : "unknown");
  line("other cost", reply.non_token_cost ? reply.non_token_cost->text() : "");
  line("message", reply.message);
  return out;
}

std::string in_words(const std::optional<Error>& error) {
  if (!error) return "";
  return "error: " + std::string(name(error->code)) + ", status " + std::to_string(error->status) +
         (error->retryable ? ", retryable: " : ": ") + error->message + "\n" +
         (error->provider.empty() ? "" : "by: " + error->provider + "\n");
}

// What comes of a sample, whose name tells its status and how it is sent.
std::string read(const Sample& sample, bool streamed) {
  const bool events = sample.name.ends_with(".txt");
  wire::ResponseReader reader(streamed);
  reader.head({.status = std::stoi(sample.name.substr(sample.name.find('_') + 1)),
               .content_type = events ? "text/event-stream" : "application/json"});
  std::vector<Event> told;
  reader.feed(sample.body, told);
  const auto error = reader.end(true, told);
  return in_words(reader.take_reply()) + in_words(error);
}

void check(const std::string& name, const std::string& told) {
  const auto path = golden::folder() / "samples" / (name + ".txt");
  if (golden::writes()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << told;
  }
  INFO(name);
  CHECK(told == golden::read(path));
}

} // namespace

TEST_CASE("each sample is read as its golden file tells, asked for as a stream or not") {
  int count = 0;
  for (const char* kind : {"json_", "sse_", "error_"}) {
    for (const Sample& sample : samples::ours(kind)) {
      const bool streamed = sample.name.ends_with(".txt");
      check(sample.name.substr(0, sample.name.rfind('.')), read(sample, streamed));
      ++count;
    }
  }
  CHECK(count >= 45);
}

TEST_CASE("a generation that is looked up is read as its golden file tells") {
  const auto found = samples::ours("generation");
  REQUIRE(found.size() == 1);
  const auto ending = wire::generation_of(found[0].body, "gen-sample-301");
  REQUIRE(ending);
  check("generation",
        "state: " + std::string(name(ending->state)) + "\nmodel: " + ending->billing.model +
            "\nprovider: " + ending->billing.provider + "\ncost: " + ending->billing.cost->text() +
            "\nfinish: " + ending->billing.finish_reason + "\nusage:" + in_words(ending->usage) +
            "\n");
  CHECK_FALSE(wire::generation_of(found[0].body, "gen-sample-302"));
}
