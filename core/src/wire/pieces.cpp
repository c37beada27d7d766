#include "wire/pieces.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/growing_text.hpp"

namespace wayfare::wire {

namespace {

// Texts of which each piece is new, even if it equals what came before.
bool is_joined(std::string_view key) {
  constexpr std::array<std::string_view, 11> keys{
      "text",     "summary",   "data",    "arguments", "input",       "transcript",
      "thinking", "reasoning", "content", "refusal",   "partial_json"};
  return std::ranges::find(keys, key) != keys.end();
}
// Words that are not made of pieces.
bool is_word(std::string_view key) {
  constexpr std::array<std::string_view, 7> keys{"type",   "id",    "format", "role",
                                                 "object", "model", "status"};
  return std::ranges::find(keys, key) != keys.end();
}
// Whether the list has only objects, and so may be a list of pieces.
bool has_objects(json::Value list) {
  for (json::Value item = list.first(); item.exists(); item = item.next())
    if (!item.is_object()) return false;
  return list.first().exists();
}

} // namespace

std::optional<std::size_t> Pieces::find(std::string_view key) const {
  const auto is_it = [&](std::size_t place) { return fields_[place].key == key; };
  if (!places_.empty()) return places_.find(key, is_it);
  for (std::size_t at = 0; at < fields_.size(); ++at)
    if (is_it(at)) return at;
  return std::nullopt;
}

Pieces::Field* Pieces::add_field(std::string_view key, Room& room) {
  constexpr std::size_t few = 16; // are searched one by one
  if (!room.fits(fields_.size())) return nullptr;
  Field& field = fields_.emplace_back();
  field.key = key;
  room.take(key.size() + Room::item_size);
  if (fields_.size() > few)
    for (std::size_t at = places_.empty() ? 0 : fields_.size() - 1; at < fields_.size(); ++at)
      places_.add(fields_[at].key, at);
  return &field;
}

void Pieces::add(json::Value object, Room& room) {
  for (json::Value member = object.first(); object.is_object() && member.exists();
       member = member.next())
    add(member.key(), member, room);
}

void Pieces::add(std::string_view key, json::Value value, Room& room) {
  const auto at = find(key);
  const bool is_new = !at;
  Field* const field = at ? &fields_[*at] : add_field(key, room);
  if (!field || (!is_new && value.is_null())) return;
  const Form form = value.is_string()                      ? Form::text
                    : value.is_object()                    ? Form::object
                    : is_joined(key) && has_objects(value) ? Form::list
                                                           : Form::raw;
  if (form == Form::object || form == Form::list || form != field->form)
    room.give_back(std::exchange(field->value, {}).size());
  if (form != field->form) field->items.clear();
  field->form = form;
  const std::size_t before = field->value.size();
  switch (form) {
    case Form::text:
      if (is_joined(key))
        field->value += value.string();
      else if (is_word(key))
        field->value = value.string();
      else
        grow(field->value, value.string());
      break;
    case Form::object:
      if (field->items.empty()) field->items.emplace_back();
      return field->items.front().add(value, room);
    case Form::list: return add_items(*field, value, room);
    case Form::raw: field->value = value.raw(); break;
  }
  room.give_back(before);
  room.take(field->value.size());
}

void Pieces::add_text(std::string_view key, std::string_view piece, Room& room) {
  const auto at = find(key);
  Field* const field = at ? &fields_[*at] : add_field(key, room);
  if (!field) return;
  if (!at) field->form = Form::text;
  field->value += piece;
  room.take(piece.size());
}

// The first item continues the last one of before, if both are pieces of a text of one type.
void Pieces::add_items(Field& field, json::Value list, Room& room) {
  for (json::Value item = list.first(); item.exists(); item = item.next()) {
    const bool continues = item.begin_offset() == list.first().begin_offset() &&
                           !field.items.empty() && item["text"].is_string() &&
                           field.items.back().has("text") &&
                           field.items.back().text("type") == item["type"].string();
    if (!continues) {
      if (!room.fits(field.items.size())) return;
      field.items.emplace_back();
      room.take(Room::item_size);
    }
    field.items.back().add(item, room);
  }
}

std::string_view Pieces::text(std::string_view key) const {
  const auto at = find(key);
  return at && fields_[*at].form == Form::text ? fields_[*at].value : std::string_view();
}

std::string_view Pieces::raw(std::string_view key) const {
  const auto at = find(key);
  return at && fields_[*at].form == Form::raw && fields_[*at].value != "null" ? fields_[*at].value
                                                                              : std::string_view();
}

void Pieces::write(json::ObjectWriter& object) const {
  for (const Field& field : fields_) {
    switch (field.form) {
      case Form::raw: object.json(field.key, field.value); break;
      case Form::text: object.text(field.key, field.value); break;
      case Form::object: {
        json::ObjectWriter inner(object.member(field.key));
        if (!field.items.empty()) field.items.front().write(inner);
        break;
      }
      case Form::list: {
        std::string& out = object.member(field.key);
        json::append_array(out, field.items, [&out](const Pieces& item) { item.write(out); });
        break;
      }
    }
  }
}

void Pieces::write(std::string& out) const {
  json::ObjectWriter object(out);
  write(object);
}

} // namespace wayfare::wire
