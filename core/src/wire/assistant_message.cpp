#include "wire/assistant_message.hpp"

#include <algorithm>

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

void AssistantMessage::Pieces::add(json::Value object,
                                   std::initializer_list<std::string_view> appended) {
  for (json::Value member = object.first(); member.exists(); member = member.next()) {
    const std::string_view key = member.key();
    auto field = std::ranges::find(fields, key, &Field::key);
    const bool joined = member.is_string() && std::ranges::find(appended, key) != appended.end();
    const std::string_view value = joined ? member.string() : member.raw();
    if (field == fields.end())
      fields.push_back({std::string(key), joined, std::string(value)});
    else if (joined && field->joined)
      field->value += value;
    else if (!member.is_null())
      *field = {std::string(key), joined, std::string(value)};
  }
}

std::string_view AssistantMessage::Pieces::get(std::string_view key) const {
  const auto field = std::ranges::find(fields, key, &Field::key);
  return field == fields.end() || field->value == "null" ? std::string_view() : field->value;
}

std::string AssistantMessage::Pieces::text() const {
  std::string out;
  {
    json::ObjectWriter object(out);
    for (const Field& field : fields)
      field.joined ? object.text(field.key, field.value) : object.json(field.key, field.value);
  }
  return out;
}

void AssistantMessage::add_text(std::string_view piece, std::vector<Event>& events) {
  text_ += piece;
  size_ += piece.size();
  events.emplace_back().text = piece;
}

void AssistantMessage::add(json::Value delta, std::vector<Event>& events) {
  if (!delta.is_object()) return;
  const json::Value thought =
      // Other servers use the name reasoning_content.
      delta["reasoning"].is_string() ? delta["reasoning"] : delta["reasoning_content"];
  if (const auto piece = thought.string(); !piece.empty()) {
    reasoning_ += piece;
    size_ += piece.size();
    events.push_back({.type = EventType::reasoning, .text = std::string(piece)});
  }
  add_reasoning_details(delta["reasoning_details"]);
  if (const auto piece = delta["content"].string(); !piece.empty()) add_text(piece, events);
  add_tool_calls(delta["tool_calls"], events);

  if (delta["refusal"].is_string()) {
    has_refusal_ = true;
    refusal_ += delta["refusal"].string();
    size_ += delta["refusal"].string().size();
  }
  const auto keep_all = [this](json::Value list, std::vector<std::string>& kept) {
    for (json::Value item = list.first(); list.is_array() && item.exists(); item = item.next()) {
      kept.emplace_back(item.raw());
      size_ += item.raw().size();
    }
  };
  keep_all(delta["annotations"], annotations_);
  keep_all(delta["images"], images_);
  if (const json::Value audio = delta["audio"]; audio.is_object()) {
    if (!audio_) audio_.emplace();
    audio_->add(audio, {"data", "transcript"});
    size_ += audio.raw().size();
  }
}

// The pieces of one detail have the same type and index. The signature of a thought comes later, in
// a piece of its own.
void AssistantMessage::add_reasoning_details(json::Value details) {
  if (!details.is_array()) return;
  for (json::Value piece = details.first(); piece.exists(); piece = piece.next()) {
    if (!piece.is_object()) continue;
    const std::string_view index = piece["index"].exists() ? piece["index"].raw() : "null";
    const auto same = [&](const Pieces& known) {
      if (known.get("type") != piece["type"].raw()) return false;
      const auto id = known.get("id"),
                 new_id = piece["id"].is_string() ? piece["id"].raw() : std::string_view();
      return id.empty() || new_id.empty() || id == new_id;
    };
    auto known = details_.rend();
    if (index != "null") {
      known = std::find_if(details_.rbegin(), details_.rend(),
                           [&](const Pieces& p) { return same(p) && p.get("index") == index; });
    } else if (piece["type"].string() != "reasoning.encrypted" && !details_.empty() &&
               same(details_.back()) && details_.back().get("index").empty()) {
      known = details_.rbegin();
    }
    if (known == details_.rend()) known = (details_.emplace_back(), details_.rbegin());
    known->add(piece, {"text", "summary", "data"});
    size_ += piece.raw().size();
  }
}

// Finds the tool call of a piece by its index, else by its id, because some gateways leave one of
// them out. Without both, the first piece of a list continues the last call, and each further piece
// of that list is a new call.
AssistantMessage::Call& AssistantMessage::call_of(json::Value piece, bool first) {
  const auto index = piece["index"].integer();
  const auto id = piece["id"].string();
  if (index) {
    const auto known = std::ranges::find(calls_, index, &Call::index);
    if (known != calls_.end()) return *known;
  } else if (!id.empty()) {
    const auto known = std::ranges::find_if(calls_, [&](const Call& c) { return c.call.id == id; });
    if (known != calls_.end()) return *known;
  } else if (first && !calls_.empty()) {
    return calls_.back();
  }
  size_ += 4096; // so that the caller's limit on bytes also limits the number of calls
  return calls_.emplace_back(Call{index, {}});
}

void AssistantMessage::add_tool_calls(json::Value calls, std::vector<Event>& events) {
  if (!calls.is_array()) return;
  for (json::Value piece = calls.first(); piece.exists(); piece = piece.next()) {
    if (!piece.is_object()) continue;
    Call& known = call_of(piece, piece.begin_offset() == calls.first().begin_offset());
    const json::Value function = piece["function"];
    const auto arguments = function["arguments"].string();
    ToolPiece told{.index = static_cast<std::int32_t>(&known - calls_.data()),
                   .arguments = std::string(arguments)};
    if (known.call.id.empty()) known.call.id = told.id = piece["id"].string();
    // Some servers repeat the name, so it is never appended.
    if (known.call.name.empty()) known.call.name = told.name = function["name"].string();
    known.call.arguments += arguments;
    const std::size_t size = arguments.size() + told.id.size() + told.name.size();
    size_ += size;
    if (size > 0) events.push_back({.type = EventType::tool, .tool_call = std::move(told)});
  }
}

std::vector<ToolCall> AssistantMessage::tool_calls() const {
  std::vector<ToolCall> calls;
  for (const Call& known : calls_) {
    calls.push_back(known.call);
    if (calls.back().arguments.empty()) calls.back().arguments = "{}";
  }
  return calls;
}

std::string AssistantMessage::message() const {
  std::string out;
  {
    json::ObjectWriter object(out);
    object.text("role", "assistant");
    if (text_.empty() && !calls_.empty())
      object.json("content", "null");
    else
      object.text("content", text_);
    if (has_refusal_) object.text("refusal", refusal_);
    if (!reasoning_.empty()) object.text("reasoning", reasoning_);
    std::vector<std::string> details;
    for (const Pieces& detail : details_) details.push_back(detail.text());
    write_list(object, "reasoning_details", details);
    if (!calls_.empty())
      json::append_array(object.member("tool_calls"), tool_calls(), [&out](const ToolCall& call) {
        json::ObjectWriter one(out);
        one.text("id", call.id).text("type", "function");
        json::ObjectWriter function(one.member("function"));
        function.text("name", call.name).text("arguments", call.arguments);
      });
    write_list(object, "annotations", annotations_);
    write_list(object, "images", images_);
    if (audio_) object.json("audio", audio_->text());
  }
  return out;
}

} // namespace wayfare::wire
