#include "select/served_otherwise.hpp"

#include <string>

#include "values/model_names.hpp"

namespace wayfare::select {

namespace {

using enum SameModel;

// The names of one model of the list, and those of another.
SameModel compare(const Model& one, const Model& other) {
  if (&one == &other) return yes;
  for (const std::string* name : {&one.id, &one.canonical_slug, &one.alias_of})
    for (const std::string* same : {&other.id, &other.canonical_slug, &other.alias_of})
      if (!name->empty() && !same->empty() && compare_model_names(*name, *same) == yes) return yes;
  return no;
}

// A model of the list, and a name that the list does not have.
SameModel compare(const Model& one, std::string_view other) {
  SameModel found = no;
  for (const std::string* name : {&one.id, &one.canonical_slug, &one.alias_of}) {
    if (name->empty()) continue;
    const SameModel same = compare_model_names(*name, other);
    if (same == yes) return yes;
    if (same == perhaps) found = perhaps;
  }
  return found;
}

SameModel compare(std::string_view asked, std::string_view served, const Catalogue* catalogue,
                  bool names_are_sure) {
  if (compare_model_names(asked, served) == yes) return yes;
  const Model* const wanted = catalogue ? catalogue->find(asked) : nullptr;
  const Model* const got = catalogue ? catalogue->find(served) : nullptr;
  if (wanted && got) {
    const SameModel same = compare(*wanted, *got);
    // an alias may lead to another model since the list was made
    return same == no && leaves_model_open(asked, wanted) ? perhaps : same;
  }
  const SameModel same = wanted ? compare(*wanted, served)
                         : got  ? compare(*got, asked)
                                : compare_model_names(asked, served);
  const bool is_open = names_are_sure && leaves_model_open(asked, wanted);
  return same == no && (!names_are_sure || is_open) ? perhaps : same;
}

} // namespace

std::optional<bool> served_otherwise(std::string_view served,
                                     const std::vector<std::string_view>& asked,
                                     const Catalogue* catalogue, bool names_are_sure) {
  if (served.empty() || asked.empty()) return std::nullopt;
  for (const std::string_view name : asked)
    if (name == served) return false;
  bool is_sure = true;
  for (const std::string_view name : asked) {
    const SameModel same = compare(name, served, catalogue, names_are_sure);
    if (same == yes) return false;
    is_sure = is_sure && same == no;
  }
  return is_sure ? std::optional(true) : std::nullopt;
}

} // namespace wayfare::select
