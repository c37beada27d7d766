#include "catalogue/freshness.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace wayfare::select {

namespace {

// Returns the next word between commas, in lower case and without blanks.
std::string next_word(std::string_view& rest) {
  const auto comma = std::min(rest.find(','), rest.size());
  std::string word;
  for (const char c : rest.substr(0, comma))
    if (c != ' ' && c != '\t') word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return word;
}

} // namespace

std::int64_t fresh_for(std::string_view cache_control) {
  constexpr std::int64_t otherwise = 300, least = 60, most = 86'400;
  constexpr std::string_view name = "max-age=";
  std::int64_t seconds = otherwise;
  while (!cache_control.empty()) {
    const std::string word = next_word(cache_control);
    if (word.starts_with("no-store") || word.starts_with("no-cache")) return least;
    if (!word.starts_with(name)) continue;
    std::int64_t told = 0;
    if (std::from_chars(word.data() + name.size(), word.data() + word.size(), told).ec ==
        std::errc())
      seconds = told;
  }
  return std::clamp(seconds, least, most);
}

bool may_keep(std::string_view cache_control) {
  while (!cache_control.empty())
    if (next_word(cache_control) == "no-store") return false;
  return true;
}

std::int64_t next_try(int failed, std::uint64_t chance) {
  const std::int64_t bound =
      std::min<std::int64_t>(3600, std::int64_t{30} << std::clamp(failed - 1, 0, 10));
  return bound / 2 + static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(bound / 2 + 1));
}

} // namespace wayfare::select
