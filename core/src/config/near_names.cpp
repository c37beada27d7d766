#include "config/near_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>

#include "base/distance.hpp"

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
  return Distance(meant).to(text) <= near;
}

bool is_public_name(std::string_view name) { return name.starts_with("NEXT_PUBLIC_"); }

} // namespace wayfare
