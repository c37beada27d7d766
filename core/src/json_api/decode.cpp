// Reads options and operations from JSON.
#include <string>
#include <string_view>
#include <utility>

#include <wayfare/operations.hpp>

#include "base/json.hpp"
#include "base/json_source.hpp"
#include "base/json_text.hpp"
#include "base/read_fields.hpp"
#include "client/client_access.hpp"
#include "json_api/json_api.hpp"

namespace wayfare::json_api {

namespace {

using fields::invalid;
using fields::may_be_shown;
using Source = json::Source;

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
  if (root["op"].exists()) fields::read(Source(root["op"]), "op", Shape::plain, op);
  Operation operation;
  const bool is_known = fields::with_operation<Operation>(op, [&](auto one) {
    fields::read_record(Source(root), "", one, "op");
    operation = std::move(one);
  });
  if (!is_known)
    throw invalid(may_be_shown(op) ? "the operation " + json::quoted(op) + " is not known"
                                   : "op is not the name of an operation",
                  "op is " + fields::listed(fields::names_of_operations<Operation>, " or "));
  return operation;
}

} // namespace

Result<Options> options_of(std::string_view text) {
  Options options;
  if (text.empty()) return options;
  try {
    json::Document document;
    fields::read_record(Source(object_of(document, text, "the options are")), "", options);
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
