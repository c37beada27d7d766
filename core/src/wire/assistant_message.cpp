#include "wire/assistant_message.hpp"

#include "base/json_writer.hpp"

namespace wayfare::wire {

namespace {

// Writes a member with a list of JSON texts. Leaves out an empty list.
void write_list(json::ObjectWriter& object, std::string_view key,
                const std::vector<std::string>& items) {
  if (items.empty()) return;
  std::string& out = object.member(key);
  json::append_array(out, items, [&out](const std::string& item) { out += item; });
}

} // namespace

bool AssistantMessage::Items::has(std::string_view text) const {
  return places.find(text, [&](std::size_t place) { return texts[place] == text; }).has_value();
}

void AssistantMessage::add(json::Value delta, Room& room, std::vector<Event>& events) {
  had_delta_ = had_delta_ || delta.size() > 0;
  add_any(delta, Sent::piece, room, events);
}

void AssistantMessage::add_whole(json::Value message, Room& room, std::vector<Event>& events) {
  add_any(message, had_delta_ ? Sent::so_far : Sent::alone, room, events);
}

void AssistantMessage::add_any(json::Value message, Sent how, Room& room,
                               std::vector<Event>& events) {
  if (!message.is_object()) return;
  reasoning_.add(message, how, room, events);
  content_.add(message["content"], how, reasoning_, room, events);
  content_.add_refusal(message["refusal"], how, room, events);
  calls_.add(message["tool_calls"], how, room, events);
  for (json::Value member = message.first(); member.exists(); member = member.next())
    if (!member.is_null()) add_member(member, how, room);
}

// Adds a member that has no words for an event.
void AssistantMessage::add_member(json::Value member, Sent how, Room& room) {
  const std::string_view key = member.key();
  if (key == "role" || key == "content" || key == "tool_calls" || Reasoning::is_own(key) ||
      (key == "refusal" && member.is_string()))
    return;
  // Some servers repeat the citations in each chunk. Of images nobody knows whether two are meant.
  if (key == "annotations" && member.is_array()) return add_items(annotations_, member, true, room);
  if (key == "images" && member.is_array())
    return add_items(images_, member, how != Sent::piece, room);
  if (how == Sent::piece || !more_.has(key)) more_.add(key, member, room);
}

void AssistantMessage::add_items(Items& items, json::Value list, bool each_once, Room& room) {
  for (json::Value item = list.first(); item.exists(); item = item.next()) {
    const std::string_view text = item.raw();
    if (each_once && items.has(text)) continue;
    if (!room.fits(items.texts.size())) return;
    items.places.add(text, items.texts.size());
    items.texts.emplace_back(text);
    room.take(text.size() + Room::item_size);
  }
}

void AssistantMessage::finish(std::vector<Event>& events) {
  reasoning_.finish(events);
  content_.finish(events);
  calls_.finish(events);
}

void AssistantMessage::tell(std::vector<Event>& events) const {
  AssistantMessage copy = *this;
  Reply all;
  copy.take(all);
  for (auto& [type, text] :
       {std::pair(EventType::reasoning, &all.reasoning), std::pair(EventType::text, &all.text),
        std::pair(EventType::refusal, &all.refusal)})
    if (!text->empty()) events.push_back({.type = type, .text = std::move(*text)});
  for (std::int32_t index = 0; ToolCall& call : all.tool_calls = tool_calls())
    events.push_back({.type = EventType::tool,
                      .tool_call = {index++, std::move(call.id), std::move(call.name),
                                    std::move(call.arguments)}});
}

std::string AssistantMessage::message() const {
  std::string out;
  {
    json::ObjectWriter object(out);
    object.text("role", "assistant");
    content_.write(object, !calls_.empty());
    reasoning_.write(object);
    calls_.write(object);
    write_list(object, "annotations", annotations_.texts);
    write_list(object, "images", images_.texts);
    more_.write(object);
  }
  return out;
}

void AssistantMessage::take(Reply& reply) {
  reply.text = content_.take_text();
  reply.reasoning = reasoning_.take();
  reply.refusal = content_.take_refusal();
}

} // namespace wayfare::wire
