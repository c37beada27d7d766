#include "wire/content.hpp"

#include <algorithm>
#include <array>

namespace wayfare::wire {

namespace {

void tell(EventType type, std::string_view piece, std::vector<Event>& events) {
  if (piece.empty()) return;
  Event& event = events.emplace_back();
  event.type = type;
  event.text = piece;
}

bool is_text(json::Value part) {
  const auto type = part["type"].string();
  return part.is_string() || type == "text" || type == "output_text" || type.empty();
}

// Whether parts of this type come in pieces. Images and other media come whole.
bool comes_in_pieces(std::string_view type) {
  constexpr std::array<std::string_view, 6> types{"text",      "output_text", "thinking",
                                                  "reasoning", "refusal",     ""};
  return std::ranges::find(types, type) != types.end();
}

} // namespace

void Content::add_text(std::string_view piece, Room& room, std::vector<Event>& events) {
  text_.add(piece);
  events.emplace_back().text = piece;
  room.take(piece.size());
  if (!parts_.empty()) add_to_parts(piece, room);
}

void Content::add_refusal(json::Value refusal, Sent how, Room& room, std::vector<Event>& events) {
  if (!refusal.is_string()) return;
  has_refusal_ = true;
  const auto piece = refusal_.add(refusal, how);
  room.take(piece.size());
  tell(EventType::refusal, piece, events);
}

void Content::add(json::Value content, Sent how, Reasoning& reasoning, Room& room,
                  std::vector<Event>& events) {
  if (content.is_string()) {
    const auto piece = text_.add(content, how);
    room.take(piece.size());
    tell(EventType::text, piece, events);
    if (!parts_.empty() && !piece.empty()) add_to_parts(piece, room);
    return;
  }
  if (content.is_object()) return add_part(content, true, reasoning, room, events);
  if (!content.is_array()) return;
  if (how != Sent::piece && !text_.empty()) { // the parts are known, but for the end of the text
    std::string all;
    for (json::Value part = content.first(); part.exists(); part = part.next())
      if (is_text(part)) all += part.is_string() ? part.string() : part["text"].string();
    if (const auto news = news_of(all, text_.text(), how); !news.empty())
      add_text(news, room, events);
    return;
  }
  std::size_t read = 0;
  for (json::Value part = content.first(); part.exists() && room.fits(read);
       part = part.next(), ++read)
    add_part(part, read == 0, reasoning, room, events);
}

// A piece of a part continues the last part. Two parts of one list stay two.
void Content::add_part(json::Value part, bool may_continue, Reasoning& reasoning, Room& room,
                       std::vector<Event>& events) {
  if (parts_.empty() && !text_.empty()) add_to_parts(text_.text(), room);
  const auto type = part["type"].string();
  if (is_text(part)) {
    const auto piece = text_.add(part.is_string() ? part : part["text"]);
    room.take(piece.size());
    tell(EventType::text, piece, events);
    if (part.is_string()) return add_to_parts(piece, room);
  } else if (type == "refusal") {
    const auto piece = refusal_.add(part["refusal"]);
    room.take(piece.size());
    tell(EventType::refusal, piece, events);
  } else if (type == "thinking" || type == "reasoning") {
    for (const char* key : {"thinking", "reasoning", "text", "summary", "content"})
      reasoning.add_thoughts(part[key], room, events);
  }
  if (!part.is_object()) return;
  const auto continues = [&](const Pieces& last) {
    return comes_in_pieces(type) && last.text("type") == type &&
           last.raw("index") == part["index"].number() && last.text("id") == part["id"].string();
  };
  if (!may_continue || parts_.empty() || !continues(parts_.back())) {
    if (!room.fits(parts_.size())) return;
    parts_.emplace_back();
    room.take(Room::item_size);
  }
  parts_.back().add(part, room);
}

void Content::add_to_parts(std::string_view piece, Room& room) {
  if (parts_.empty() || parts_.back().text("type") != "text") {
    if (!room.fits(parts_.size())) return;
    parts_.emplace_back().add_text("type", "text", room);
    room.take(Room::item_size);
  }
  parts_.back().add_text("text", piece, room);
}

void Content::write(json::ObjectWriter& message, bool has_calls) const {
  if (!parts_.empty()) {
    std::string& out = message.member("content");
    json::append_array(out, parts_, [&out](const Pieces& part) { part.write(out); });
  } else if (text_.empty() && has_calls) {
    message.json("content", "null");
  } else {
    message.text("content", text_.text());
  }
  if (has_refusal_) message.text("refusal", refusal_.text());
}

void Content::finish(std::vector<Event>& events) {
  tell(EventType::text, text_.finish(), events);
  tell(EventType::refusal, refusal_.finish(), events);
}

} // namespace wayfare::wire
