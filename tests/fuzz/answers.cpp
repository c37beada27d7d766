// An answer of the server, plain or streamed, refused or not: read whole, in pieces, and without
// the shortcuts, it is the same, and all that comes of it can be used.

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/json_text.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "json_api/json_api.hpp"
#include "wire/response.hpp"
#include "wire/told_figures.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

struct Read {
  std::string events, end; // as JSON
  Reply reply;
  std::optional<Error> error;
};

// Reads an answer. `size` gives the size of the next piece.
Read read(std::string_view body, const ResponseHead& head, bool streamed, bool shortcuts,
          const std::function<std::size_t()>& size) {
  wire::ResponseReader reader(streamed, std::make_shared<json::Document>(), shortcuts);
  reader.head(head);
  std::vector<Event> events;
  bool is_good = true;
  while (is_good && !body.empty()) {
    const std::string piece(body.substr(0, size())); // a copy: what it points to must not be kept
    body.remove_prefix(piece.size());
    is_good = reader.feed(piece, events);
  }
  Read all;
  all.error = reader.end(is_good, events);
  all.reply = reader.take_reply();
  for (const Event& event : events) check_utf8(event.text, "the text of an event");
  all.events = json_api::to_json(1, events);
  all.end = json_api::to_json(
      1, {{.type = EventType::done, .reply = std::make_shared<const Reply>(all.reply)}});
  if (all.error) all.end += json_api::to_json(*all.error);
  return all;
}

void check_reply(const Reply& reply) {
  check_json(reply.message, "message");
  check_json(reply.raw, "raw");
  if (!reply.refused_figures.empty()) check_json(reply.refused_figures, "refused figures");
  for (const auto* text :
       {&reply.text, &reply.reasoning, &reply.refusal, &reply.model, &reply.provider,
        &reply.finish_reason, &reply.native_finish_reason, &reply.generation_id})
    check_utf8(*text, "a text of a reply");
  for (const ToolCall& call : reply.tool_calls) {
    check_utf8(call.id + call.name + call.type, "a name of a tool call");
    check_utf8(call.arguments, "the arguments of a tool call");
  }
  for (const auto& amount : {reply.cost, reply.upstream_cost})
    check(!amount || (*amount >= Amount{0} && *amount <= wire::cost_max), "a cost cannot be right");
  const Usage& usage = reply.usage;
  for (const auto& count : {usage.prompt_tokens, usage.completion_tokens, usage.total_tokens,
                            usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens})
    check(!count || (*count >= 0 && *count <= wire::count_max), "a count cannot be right");
}

} // namespace

void answers(std::string_view input) {
  // The same input gives the same pieces.
  std::minstd_rand dice(static_cast<unsigned>(std::hash<std::string_view>()(input)));
  const auto whole = [] { return std::string_view::npos; };
  const auto pieces = [&dice] { return std::size_t{1 + dice() % 20}; };
  const auto bytes = [] { return std::size_t{1}; };
  struct Way {
    int status;
    bool streamed;
  };
  for (const Way way : {Way{200, true}, Way{200, false}, Way{400, true}}) {
    const ResponseHead head{.status = way.status};
    const Read first = read(input, head, way.streamed, true, whole);
    check_reply(first.reply);
    if (first.error) check_error(*first.error);
    const auto check_same = [&](const Read& other, std::string_view what) {
      check_equal(first.events, other.events,
                  "the events of an answer differ " + std::string(what));
      check_equal(first.end, other.end, "an answer differs " + std::string(what));
    };
    check_same(read(input, head, way.streamed, true, pieces), "in pieces");
    if (input.size() <= 400) // which takes long
      check_same(read(input, head, way.streamed, true, bytes), "in bytes");
    check_same(read(input, head, way.streamed, false, whole), "without shortcuts");
  }
}

} // namespace fuzz
