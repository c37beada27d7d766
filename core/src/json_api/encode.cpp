// Writes events and errors as JSON.
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "base/write_fields.hpp"
#include "json_api/json_api.hpp"

namespace wayfare::json_api {

namespace {

using fields::write;

void append_event(std::string& out, std::int64_t id, const Event& event) {
  json::ObjectWriter object(out);
  object.number("v", 1).number("id", id).text("type", name(event.type));
  switch (event.type) {
    case EventType::text:
    case EventType::reasoning:
    case EventType::refusal: object.text("text", event.text); break;
    case EventType::tool: write(object.member("tool_call"), event.tool_call); break;
    case EventType::usage:
      write(object.member("usage"), event.reply->usage);
      write(object.member("cost"), event.reply->cost);
      break;
    case EventType::done:
      if (event.reply) write(object.member("reply"), *event.reply);
      if (event.result) write(object.member("result"), *event.result);
      break;
    case EventType::error: write(object.member("error"), *event.error); break;
    case EventType::notice: write(object.member("notice"), *event.notice); break;
  }
}

} // namespace

std::string to_json(std::int64_t id, const std::vector<Event>& events) {
  std::string out;
  json::append_array(out, events, [&](const Event& event) { append_event(out, id, event); });
  return out;
}

std::string to_json(const Error& error) {
  std::string out;
  fields::write(out, error);
  return out;
}

} // namespace wayfare::json_api
