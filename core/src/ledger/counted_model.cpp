#include "ledger/counted_model.hpp"

#include <string_view>

#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace wayfare::ledger {

std::string names_json(const std::vector<OtherName>& names) {
  if (names.empty()) return {};
  std::string out;
  {
    json::ObjectWriter object(out);
    for (const OtherName& one : names) object.text(one.name, one.stands_for);
  }
  return out;
}

Counted counted_of(const std::string& requested, const std::string& names,
                   const std::string& served) {
  Counted counted{.model = {}, .names = names};
  json::Document document;
  if (names.empty() || !document.parse(names)) return counted;
  std::string found;
  const std::string_view wanted = model_without_variant(served);
  if (model_without_variant(requested) == wanted) found = requested;
  bool is_one = true;
  for (json::Value name = document.root().first(); name.exists(); name = name.next()) {
    is_one = is_one && name.string() == requested;
    if (found.empty() && model_without_variant(name.key()) == wanted) found = name.string();
  }
  if (is_one || found.empty()) return counted;
  std::vector<OtherName> kept;
  for (json::Value name = document.root().first(); name.exists(); name = name.next())
    if (name.string() == found && name.key() != found)
      kept.push_back({std::string(name.key()), found});
  counted.names = names_json(kept);
  if (found != requested) counted.model = found;
  return counted;
}

} // namespace wayfare::ledger
