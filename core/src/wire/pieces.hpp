// A JSON object that comes in pieces. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/places.hpp"
#include "wire/room.hpp"

namespace wayfare::wire {

// Puts together the members of all pieces, in the order in which they first came. A text that grows
// is joined. Objects are joined member by member. In a list, the next piece of a text continues the
// last item. Of all else the last value counts that is not null.
class Pieces {
 public:
  // A member that is kept takes its room. A member without room is left out.
  void add(json::Value object, Room& room);
  void add(std::string_view key, json::Value value, Room& room);
  // Appends decoded characters to the text `key`.
  void add_text(std::string_view key, std::string_view piece, Room& room);

  bool empty() const noexcept { return fields_.empty(); }
  bool has(std::string_view key) const { return find(key).has_value(); }
  // The decoded text of a member; "" if it is none.
  std::string_view text(std::string_view key) const;
  // The JSON of a member that is no text and no object; "" for null.
  std::string_view raw(std::string_view key) const;
  void write(json::ObjectWriter& object) const;
  void write(std::string& out) const; // appends the object as JSON

 private:
  enum class Form : std::uint8_t { raw, text, object, list };
  struct Field {
    std::string key;
    Form form = Form::raw;
    std::string value;         // JSON, or decoded characters of a text
    std::vector<Pieces> items; // of a list; of an object one
  };

  std::optional<std::size_t> find(std::string_view key) const; // in fields_
  Field* add_field(std::string_view key, Room& room);          // null where there is no room
  static void add_items(Field& field, json::Value list, Room& room);

  std::vector<Field> fields_;
  Places places_; // of fields, by key, where they are many
};

} // namespace wayfare::wire
