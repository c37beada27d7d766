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

std::string_view meant_variable(std::string_view name) {
  static constexpr std::array<std::string_view, 6> known{
      "OPENROUTER_BASE_URL",       "OPENROUTER_HTTP_REFERER", "OPENROUTER_APP_TITLE",
      "OPENROUTER_APP_CATEGORIES", "WAYFARE_LEDGER",          "WAYFARE_DIALECT"};
  // Parts of other names under which people set a variable.
  struct Hint {
    std::string_view owner, part, meant;
  };
  static constexpr std::array<Hint, 15> hints{
      {{"OPENROUTER", "REFERER", "OPENROUTER_HTTP_REFERER"},
       {"OPENROUTER", "REFERRER", "OPENROUTER_HTTP_REFERER"},
       {"OPENROUTER", "SITEURL", "OPENROUTER_HTTP_REFERER"},
       {"OPENROUTER", "APPURL", "OPENROUTER_HTTP_REFERER"},
       {"OPENROUTER", "TITLE", "OPENROUTER_APP_TITLE"},
       {"OPENROUTER", "SITENAME", "OPENROUTER_APP_TITLE"},
       {"OPENROUTER", "APPNAME", "OPENROUTER_APP_TITLE"},
       {"OPENROUTER", "CATEGOR", "OPENROUTER_APP_CATEGORIES"},
       {"OPENROUTER", "URL", "OPENROUTER_BASE_URL"},
       {"OPENROUTER", "HOST", "OPENROUTER_BASE_URL"},
       {"OPENROUTER", "ENDPOINT", "OPENROUTER_BASE_URL"},
       {"WAYFARE", "LEDGER", "WAYFARE_LEDGER"},
       {"WAYFARE", "DATABASE", "WAYFARE_LEDGER"},
       {"WAYFAREDB", "DB", "WAYFARE_LEDGER"},
       {"WAYFARE", "DIALECT", "WAYFARE_DIALECT"}}};
  constexpr std::size_t longest = 64, near = 2;
  const bool is_known = std::ranges::find(known, name) != known.end();
  if (name.size() > longest || is_known || is_public_name(name)) return {};
  const std::string text = bare(name);
  for (const std::string_view one : known)
    if (Distance(bare(one)).to(text) <= near) return one;
  for (const Hint& hint : hints)
    if (has(text, hint.owner) && has(text, hint.part)) return hint.meant;
  return {};
}

bool is_public_name(std::string_view name) { return name.starts_with("NEXT_PUBLIC_"); }

} // namespace wayfare
