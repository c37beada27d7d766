// The options of a client, as JSON: taken or refused in words, without opening anything.

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "json_api/json_api.hpp"

namespace fuzz {

void options(std::string_view input) {
  const auto read = wayfare::json_api::options_of(input);
  if (!read) {
    check_error(read.error());
    return check_json(wayfare::json_api::to_json(read.error()), "an error");
  }
  check(input.empty() || wayfare::json::Document().parse(input),
        "options are read that are no JSON");
}

} // namespace fuzz
