// Reads options and operations from JSON.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <wayfare/operations.hpp>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "base/time_text.hpp"
#include "client/client_access.hpp"
#include "json_api/json_api.hpp"
#include "json_api/read_fields.hpp"

namespace wayfare::json_api {

namespace {

// Lets read_fields.hpp read a JSON value.
class Source {
 public:
  explicit Source(json::Value value) : value_(value) {}

  bool is_null() const { return value_.is_null(); }
  static constexpr std::string_view record_word = "an object", text_word = "a text";
  std::string kind() const {
    switch (value_.kind()) {
      case json::Kind::missing:
      case json::Kind::null: return "null";
      case json::Kind::boolean: return "true or false";
      case json::Kind::number: return "a number";
      case json::Kind::string: return "a string";
      case json::Kind::array: return "an array";
      case json::Kind::object: return "an object";
    }
    return {};
  }
  std::optional<bool> truth() const {
    if (value_.kind() != json::Kind::boolean) return std::nullopt;
    return value_.is_true();
  }
  std::optional<std::string> text() const {
    if (!value_.is_string()) return std::nullopt;
    return std::string(value_.string());
  }
  std::optional<std::string> path() const { return text(); }
  std::optional<std::string> json() const {
    if (!value_.is_object()) return std::nullopt;
    return std::string(value_.raw());
  }
  std::optional<std::string> digits() const {
    if (value_.is_string()) return std::string(value_.string());
    if (value_.integer()) return std::string(value_.number());
    return std::nullopt;
  }
  std::optional<std::int64_t> whole_number() const { return value_.integer(); }
  std::optional<double> seconds() const {
    const std::string_view digits = value_.number();
    double number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || read.ec != std::errc()) return std::nullopt;
    return number;
  }
  std::optional<Time> time() const {
    return value_.is_string() ? parse_time(value_.string()) : std::nullopt;
  }
  bool is_list() const { return value_.is_array(); }
  bool is_record() const { return value_.is_object(); }
  template <class Function>
  void for_each_item(const Function& function) const {
    for (json::Value item = value_.first(); item.exists(); item = item.next())
      function(Source(item));
  }
  template <class Function>
  void for_each_member(const Function& function) const {
    for (json::Value item = value_.first(); item.exists(); item = item.next())
      function(item.key(), Source(item));
  }

 private:
  json::Value value_;
};

// Returns the object in `text`. Throws an Exception if there is none.
json::Value object_of(json::Document& document, std::string_view text, const std::string& what) {
  if (!document.parse(text)) throw invalid(what + " not JSON: " + document.error());
  if (!document.root().is_object()) throw invalid(what + " not a JSON object");
  if (const auto name = document.repeated_name())
    throw invalid((may_be_shown(*name) ? json::quoted(*name) : std::string("a name")) +
                      " is given twice in one object",
                  "give it once");
  return document.root();
}

Operation operation_of(std::string_view text) {
  json::Document document;
  const json::Value root = object_of(document, text, "the request is");
  std::string op = "chat";
  if (root["op"].exists()) read(Source(root["op"]), "op", Shape::plain, op);
  Operation operation;
  const bool is_known = with_operation<Operation>(op, [&](auto one) {
    read_record(Source(root), "", one, "op");
    operation = std::move(one);
  });
  if (!is_known)
    throw invalid(may_be_shown(op) ? "the operation " + json::quoted(op) + " is not known"
                                   : "op is not the name of an operation",
                  "op is " + listed(names_of_operations<Operation>, " or "));
  return operation;
}

} // namespace

Result<Options> options_of(std::string_view text) {
  Options options;
  if (text.empty()) return options;
  try {
    json::Document document;
    read_record(Source(object_of(document, text, "the options are")), "", options);
  } catch (const Exception& refused) {
    return refused.error();
  }
  return options;
}

std::int64_t submit(Client& client, std::string_view text) {
  try {
    return client.submit(operation_of(text));
  } catch (const Exception& refused) {
    return ClientAccess::refuse(client, refused.error());
  }
}

} // namespace wayfare::json_api
