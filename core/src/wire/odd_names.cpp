#include "wire/odd_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include <wayfare/body_names.hpp>

#include "wire/defaults.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t compared_max = 32; // longer names are like no member
constexpr std::size_t judged_max = 32;   // the most unknown names that are compared
constexpr std::size_t told_max = 5;

// Finds the known names without a loop over all: nearly every member of a body is one.
class KnownNames {
 public:
  constexpr KnownNames() {
    for (std::size_t at = 0; at < body_names.size(); ++at) {
      std::size_t slot = slot_of(body_names[at]);
      while (slots_[slot] != 0) slot = (slot + 1) % slots_.size();
      slots_[slot] = static_cast<std::uint8_t>(at + 1);
    }
  }
  constexpr bool has(std::string_view name) const {
    if (name.empty()) return false;
    for (std::size_t slot = slot_of(name); slots_[slot] != 0; slot = (slot + 1) % slots_.size())
      if (body_names[slots_[slot] - 1U] == name) return true;
    return false;
  }

 private:
  static constexpr std::size_t slot_of(std::string_view name) {
    const auto letter = [&](std::size_t at) { return static_cast<unsigned char>(name[at]); };
    const std::size_t size = name.size();
    return (size * 61 + letter(0) * 37U + letter(size / 2) * 11U + letter(size - 1) * 3U) %
           std::tuple_size_v<decltype(slots_)>;
  }
  std::array<std::uint8_t, 512> slots_{};
};
static_assert(body_names.size() < 255);
constexpr KnownNames known_names;

std::string hint_for(std::string_view name) {
  std::string found;
  for_each_misplaced([&](std::string_view one, const std::string& hint) {
    if (one == name && found.empty()) found = hint;
  });
  return found;
}

} // namespace

int distance(std::string_view one, std::string_view other, int most) {
  if (one.size() > compared_max || other.size() > compared_max ||
      std::abs(static_cast<int>(one.size()) - static_cast<int>(other.size())) > most)
    return most + 1;
  // Optimal string alignment. Three rows of the table are enough.
  std::array<std::array<int, compared_max + 1>, 3> rows{};
  for (std::size_t at = 0; at <= other.size(); ++at) rows[0][at] = static_cast<int>(at);
  for (std::size_t line = 1; line <= one.size(); ++line) {
    auto& row = rows[line % 3];
    const auto& above = rows[(line + 2) % 3];
    const auto& two_above = rows[(line + 1) % 3];
    row[0] = static_cast<int>(line);
    int least = row[0];
    for (std::size_t at = 1; at <= other.size(); ++at) {
      const bool is_same = one[line - 1] == other[at - 1];
      row[at] = std::min({above[at] + 1, row[at - 1] + 1, above[at - 1] + (is_same ? 0 : 1)});
      const bool is_swapped =
          line > 1 && at > 1 && one[line - 1] == other[at - 2] && one[line - 2] == other[at - 1];
      if (is_swapped) row[at] = std::min(row[at], two_above[at - 2] + 1);
      least = std::min(least, row[at]);
    }
    if (least > most) return most + 1;
  }
  return rows[one.size() % 3][other.size()];
}

std::string_view near_miss(std::string_view name) {
  if (name.size() < 4 || known_names.has(name)) return {};
  // In a short name two changes leave too little of it.
  const int most = name.size() < 8 ? 1 : 2;
  std::string_view nearest;
  int least = most + 1;
  for (const std::string_view one : body_names)
    if (const int far = one.size() < 4 ? least : distance(name, one, most); far < least) {
      least = far;
      nearest = one;
    }
  return nearest;
}

std::vector<std::string> odd_names(json::Value body) {
  std::vector<std::string> lines;
  std::size_t judged = 0, untold = 0;
  for (json::Value member = body.first(); member.exists(); member = member.next()) {
    const std::string_view name = member.key();
    if (known_names.has(name) || member.is_null() || ++judged > judged_max) continue;
    std::string hint = hint_for(name);
    if (hint.empty())
      if (const auto near = near_miss(name); !near.empty())
        hint = "did you mean " + std::string(near) + "?";
    if (hint.empty()) continue;
    if (lines.size() < told_max)
      lines.push_back("the server gets the body's " + shown(name) + " as it is: " + hint);
    else
      ++untold;
  }
  if (untold > 0) lines.push_back("the body has " + std::to_string(untold) + " more odd names");
  return lines;
}

} // namespace wayfare::wire
