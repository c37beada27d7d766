#include "select/freshness.hpp"

#include <algorithm>
#include <charconv>

namespace wayfare::select {

std::int64_t fresh_for(std::string_view cache_control) {
  constexpr std::int64_t otherwise = 300, least = 60, most = 86'400;
  constexpr std::string_view name = "max-age=";
  std::int64_t seconds = otherwise;
  while (!cache_control.empty()) {
    const auto comma = std::min(cache_control.find(','), cache_control.size());
    std::string_view word = cache_control.substr(0, comma);
    cache_control.remove_prefix(std::min(comma + 1, cache_control.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    if (word.starts_with("no-store") || word.starts_with("no-cache")) return least;
    if (!word.starts_with(name)) continue;
    word.remove_prefix(name.size());
    std::int64_t told = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), told).ec == std::errc()) seconds = told;
  }
  return std::clamp(seconds, least, most);
}

std::int64_t next_try(int failed, std::uint64_t chance) {
  const std::int64_t bound = std::min<std::int64_t>(3600, std::int64_t{30} << std::clamp(failed - 1, 0, 10));
  return bound / 2 + static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(bound / 2 + 1));
}

} // namespace wayfare::select
