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
    for (const OtherName& one : names)
      if (!one.is_of_window) object.text(one.name, one.stands_for);
    std::string windows;
    {
      json::ObjectWriter of_windows(windows);
      for (const OtherName& one : names)
        if (one.is_of_window) of_windows.text(one.stands_for, one.name);
    }
    if (windows != "{}") object.json("", windows);
  }
  return out;
}

namespace {

// The names as names_json() has written them.
std::vector<OtherName> names_of(json::Value object) {
  std::vector<OtherName> names;
  for (json::Value name = object.first(); name.exists(); name = name.next()) {
    if (name.is_string())
      names.push_back({std::string(name.key()), std::string(name.string())});
    else if (name.key().empty() && name.is_object())
      for (json::Value one = name.first(); one.exists(); one = one.next())
        names.push_back({std::string(one.string()), std::string(one.key()), true});
  }
  return names;
}

} // namespace

Counted counted_of(const std::string& requested, const std::string& names,
                   const std::string& served) {
  Counted counted{.model = {}, .names = names, .window = {}};
  json::Document document;
  if (names.empty() || !document.parse(names)) return counted;
  const std::vector<OtherName> all = names_of(document.root());
  std::string found;
  const std::string_view wanted = model_without_variant(served);
  if (model_without_variant(requested) == wanted) found = requested;
  bool is_one = true;
  for (const OtherName& one : all) {
    is_one = is_one && one.stands_for == requested;
    if (found.empty() && model_without_variant(one.name) == wanted) found = one.stands_for;
  }
  if (is_one || found.empty()) return counted;
  std::vector<OtherName> kept;
  for (const OtherName& one : all) {
    if (one.stands_for != found || (one.name == found && !one.is_of_window)) continue;
    kept.push_back(one);
    if (one.is_of_window) counted.window = one.name;
  }
  counted.names = names_json(kept);
  if (found != requested) counted.model = found;
  return counted;
}

} // namespace wayfare::ledger
