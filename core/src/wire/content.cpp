#include "wire/content.hpp"

#include <algorithm>
#include <array>

namespace wayfare::wire {

namespace {

constexpr std::int64_t part_size = 1024; // what a part counts beside its bytes

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

// Adds the reasoning of a part: a text, or a list of objects that have texts.
std::int64_t add_thoughts(json::Value value, Reasoning& reasoning, std::vector<Event>& events) {
  std::int64_t grown = value.is_string() ? reasoning.add_text(value, events) : 0;
  for (json::Value item = value.first(); value.is_array() && item.exists(); item = item.next())
    grown += add_thoughts(item.is_object() ? item["text"] : item, reasoning, events);
  return grown;
}

} // namespace

std::int64_t Content::add_text(std::string_view piece, std::vector<Event>& events) {
  text_.add(piece);
  events.emplace_back().text = piece;
  return static_cast<std::int64_t>(piece.size()) + (parts_.empty() ? 0 : add_to_parts(piece));
}

std::int64_t Content::add_refusal(json::Value refusal, Sent how, std::vector<Event>& events) {
  if (!refusal.is_string()) return 0;
  has_refusal_ = true;
  const auto piece = refusal_.add(refusal, how);
  tell(EventType::refusal, piece, events);
  return static_cast<std::int64_t>(piece.size());
}

std::int64_t Content::add(json::Value content, Sent how, Reasoning& reasoning,
                          std::vector<Event>& events) {
  if (content.is_string()) {
    const auto piece = text_.add(content, how);
    tell(EventType::text, piece, events);
    return static_cast<std::int64_t>(piece.size()) +
           (parts_.empty() || piece.empty() ? 0 : add_to_parts(piece));
  }
  if (content.is_object()) return add_part(content, true, reasoning, events);
  if (!content.is_array()) return 0;
  if (how != Sent::piece && !text_.empty()) { // the parts are known, but for the end of the text
    std::string all;
    for (json::Value part = content.first(); part.exists(); part = part.next())
      if (is_text(part)) all += part.is_string() ? part.string() : part["text"].string();
    const auto news = news_of(all, text_.text(), how);
    return news.empty() ? 0 : add_text(news, events);
  }
  std::int64_t grown = 0;
  for (json::Value part = content.first(); part.exists(); part = part.next())
    grown +=
        add_part(part, part.begin_offset() == content.first().begin_offset(), reasoning, events);
  return grown;
}

// A piece of a part continues the last part. Two parts of one list stay two.
std::int64_t Content::add_part(json::Value part, bool may_continue, Reasoning& reasoning,
                               std::vector<Event>& events) {
  std::int64_t grown = 0;
  if (parts_.empty() && !text_.empty()) grown += add_to_parts(text_.text());
  const auto type = part["type"].string();
  if (is_text(part)) {
    const auto piece = text_.add(part.is_string() ? part : part["text"]);
    tell(EventType::text, piece, events);
    grown += static_cast<std::int64_t>(piece.size());
    if (part.is_string()) return grown + add_to_parts(piece);
  } else if (type == "refusal") {
    const auto piece = refusal_.add(part["refusal"]);
    tell(EventType::refusal, piece, events);
    grown += static_cast<std::int64_t>(piece.size());
  } else if (type == "thinking" || type == "reasoning") {
    for (const char* key : {"thinking", "reasoning", "text", "summary", "content"})
      grown += add_thoughts(part[key], reasoning, events);
  }
  if (!part.is_object()) return grown;
  const auto continues = [&](const Pieces& last) {
    return comes_in_pieces(type) && last.text("type") == type &&
           last.raw("index") == part["index"].number() && last.text("id") == part["id"].string();
  };
  if (!may_continue || parts_.empty() || !continues(parts_.back())) {
    parts_.emplace_back();
    grown += part_size;
  }
  return grown + parts_.back().add(part);
}

std::int64_t Content::add_to_parts(std::string_view piece) {
  const bool continues = !parts_.empty() && parts_.back().text("type") == "text";
  if (!continues) parts_.emplace_back().add_text("type", "text");
  return parts_.back().add_text("text", piece) + (continues ? 0 : part_size);
}

void Content::write(json::ObjectWriter& message, bool has_calls) const {
  if (!parts_.empty()) {
    std::string& out = message.member("content");
    json::append_array(out, parts_, [&out](const Pieces& part) { out += part.to_json(); });
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
