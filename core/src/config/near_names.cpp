#include "config/near_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

namespace wayfare {

namespace {

constexpr std::string_view meant = "OPENROUTERAPIKEY";

// The letters and digits of a name, in capitals.
std::string bare(std::string_view name) {
  std::string text;
  for (const unsigned char c : name)
    if (std::isalnum(c) != 0) text += static_cast<char>(std::toupper(c));
  return text;
}

// The Levenshtein distance.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
  for (std::size_t line = 1; line <= one.size(); ++line) {
    std::size_t before = row[0];
    row[0] = line;
    for (std::size_t at = 1; at < row.size(); ++at) {
      const std::size_t changed = before + (one[line - 1] == other[at - 1] ? 0 : 1);
      before = row[at];
      row[at] = std::min({row[at] + 1, row[at - 1] + 1, changed});
    }
  }
  return row.back();
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

bool is_near_key_name(std::string_view name) {
  constexpr std::size_t longest = 64, near = 2;
  if (name.size() > longest || name == "OPENROUTER_API_KEY") return false;
  const std::string text = bare(name);
  static constexpr std::array<std::string_view, 4> others{"MANAGEMENT", "PROVISIONING", "URL",
                                                          "FILE"};
  if (std::ranges::any_of(others, [&](std::string_view other) { return has(text, other); }))
    return false;
  if (has(text, "OPENROUTER") && (has(text, "KEY") || has(text, "TOKEN"))) return true;
  return distance(text, meant) <= near;
}

bool is_public_name(std::string_view name) { return name.starts_with("NEXT_PUBLIC_"); }

} // namespace wayfare
