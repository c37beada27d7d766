// A JSON object that comes in pieces. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace wayfare::wire {

// Puts together the members of all pieces, in the order in which they first came. A text that grows
// is joined. Objects are joined member by member. In a list, the next piece of a text continues the
// last item. Of all else the last value counts that is not null.
class Pieces {
 public:
  // Returns by how many bytes it has grown or become shorter. Counts some more for each member, so
  // that a limit on bytes also limits their number.
  std::int64_t add(json::Value object);
  std::int64_t add(std::string_view key, json::Value value);
  // Appends decoded characters to the text `key`.
  std::int64_t add_text(std::string_view key, std::string_view piece);

  bool empty() const noexcept { return fields_.empty(); }
  bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  // The decoded text of a member; "" if it is none.
  std::string_view text(std::string_view key) const noexcept;
  // The JSON of a member that is no text and no object; "" for null.
  std::string_view raw(std::string_view key) const noexcept;
  void write(json::ObjectWriter& object) const;
  std::string to_json() const;

 private:
  enum class Form : std::uint8_t { raw, text, object, list };
  struct Field {
    std::string key;
    Form form = Form::raw;
    std::string value;         // JSON, or decoded characters of a text
    std::vector<Pieces> items; // of a list; of an object one
  };

  const Field* find(std::string_view key) const noexcept;
  std::int64_t add_items(Field& field, json::Value list);

  std::vector<Field> fields_;
};

} // namespace wayfare::wire
