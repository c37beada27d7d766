#include "wire/pieces.hpp"

#include <algorithm>
#include <array>

#include "wire/growing_text.hpp"

namespace wayfare::wire {

namespace {

constexpr std::int64_t field_size = 1024; // what a member counts beside its bytes

template <std::size_t count>
bool is_one(std::string_view text, const std::array<std::string_view, count>& of) {
  return std::ranges::find(of, text) != of.end();
}

// Texts of which each piece is new, even if it equals what came before.
bool is_joined(std::string_view key) {
  constexpr std::array<std::string_view, 11> keys{
      "text",     "summary",   "data",    "arguments", "input",       "transcript",
      "thinking", "reasoning", "content", "refusal",   "partial_json"};
  return is_one(key, keys);
}
// Words that are not made of pieces.
bool is_word(std::string_view key) {
  constexpr std::array<std::string_view, 7> keys{"type",   "id",    "format", "role",
                                                 "object", "model", "status"};
  return is_one(key, keys);
}
// Whether the list has only objects, and so may be a list of pieces.
bool has_objects(json::Value list) {
  for (json::Value item = list.first(); item.exists(); item = item.next())
    if (!item.is_object()) return false;
  return list.first().exists();
}

} // namespace

const Pieces::Field* Pieces::find(std::string_view key) const noexcept {
  const auto field = std::ranges::find(fields_, key, &Field::key);
  return field == fields_.end() ? nullptr : &*field;
}

std::int64_t Pieces::add(json::Value object) {
  std::int64_t grown = 0;
  for (json::Value member = object.first(); object.is_object() && member.exists();
       member = member.next())
    grown += add(member.key(), member);
  return grown;
}

std::int64_t Pieces::add(std::string_view key, json::Value value) {
  std::int64_t grown = 0;
  auto field = std::ranges::find(fields_, key, &Field::key);
  const bool is_new = field == fields_.end();
  if (is_new) {
    fields_.push_back({.key = std::string(key)});
    field = fields_.end() - 1;
    grown += static_cast<std::int64_t>(key.size()) + field_size;
  } else if (value.is_null()) {
    return 0;
  }
  const Form form = value.is_string()                      ? Form::text
                    : value.is_object()                    ? Form::object
                    : is_joined(key) && has_objects(value) ? Form::list
                                                           : Form::raw;
  if (is_new || field->form != form) *field = {.key = std::move(field->key), .form = form};
  const auto before = static_cast<std::int64_t>(field->value.size());
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
      return grown + field->items.front().add(value);
    case Form::list: return grown + add_items(*field, value);
    case Form::raw: field->value = value.raw(); break;
  }
  return grown + static_cast<std::int64_t>(field->value.size()) - before;
}

std::int64_t Pieces::add_text(std::string_view key, std::string_view piece) {
  auto field = std::ranges::find(fields_, key, &Field::key);
  if (field == fields_.end())
    field = fields_.insert(fields_.end(), {.key = std::string(key), .form = Form::text});
  field->value += piece;
  return static_cast<std::int64_t>(piece.size());
}

// The first item continues the last one of before, if both are pieces of a text of one type.
std::int64_t Pieces::add_items(Field& field, json::Value list) {
  std::int64_t grown = 0;
  for (json::Value item = list.first(); item.exists(); item = item.next()) {
    const bool continues = item.begin_offset() == list.first().begin_offset() &&
                           !field.items.empty() && item["text"].is_string() &&
                           field.items.back().has("text") &&
                           field.items.back().text("type") == item["type"].string();
    if (!continues) field.items.emplace_back();
    grown += field.items.back().add(item) + (continues ? 0 : field_size);
  }
  return grown;
}

std::string_view Pieces::text(std::string_view key) const noexcept {
  const Field* const field = find(key);
  return field && field->form == Form::text ? field->value : std::string_view();
}

std::string_view Pieces::raw(std::string_view key) const noexcept {
  const Field* const field = find(key);
  return field && field->form == Form::raw && field->value != "null" ? field->value
                                                                     : std::string_view();
}

void Pieces::write(json::ObjectWriter& object) const {
  for (const Field& field : fields_) {
    switch (field.form) {
      case Form::raw: object.json(field.key, field.value); break;
      case Form::text: object.text(field.key, field.value); break;
      case Form::object:
        object.json(field.key, field.items.empty() ? "{}" : field.items.front().to_json());
        break;
      case Form::list: {
        std::string& out = object.member(field.key);
        json::append_array(out, field.items, [&out](const Pieces& item) { out += item.to_json(); });
        break;
      }
    }
  }
}

std::string Pieces::to_json() const {
  std::string out;
  {
    json::ObjectWriter object(out);
    write(object);
  }
  return out;
}

} // namespace wayfare::wire
