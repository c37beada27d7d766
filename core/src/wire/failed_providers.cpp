#include "wire/failed_providers.hpp"

#include "base/cut_text.hpp"
#include "base/json.hpp"

namespace wayfare::wire {

std::vector<std::string> failed_before(std::string_view raw) {
  constexpr std::size_t names_max = 32;
  std::vector<std::string> names;
  json::Document document;
  if (!document.parse_beginning(raw)) return names;
  json::Value root = document.root();
  if (root.is_array()) root = root.first();
  const json::Value errors = root["error"]["metadata"]["previous_errors"];
  if (!errors.is_array()) return names;
  for (json::Value one = errors.first(); one.exists() && names.size() < names_max; one = one.next())
    for (const char* key : {"provider", "provider_name"})
      if (const std::string_view name = one[key].string(); !name.empty()) {
        names.emplace_back(cut_text(name));
        break;
      }
  return names;
}

} // namespace wayfare::wire
