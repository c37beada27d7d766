// Finds the items of a list by a name that several may share. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace wayfare::wire {

// A lookup takes about the same time for any number of items, also where a server chose the names.
class Places {
 public:
  void add(std::string_view name, std::size_t place) {
    std::uint32_t& latest = latest_[std::hash<std::string_view>()(name)];
    entries_.push_back({static_cast<std::uint32_t>(place), latest});
    latest = static_cast<std::uint32_t>(entries_.size());
  }

  // The latest place with this name for which `is_it(place)` is true. Places whose names have the
  // same hash are asked too. Only the latest `asked_max` places are asked.
  template <class IsIt>
  std::optional<std::size_t> find(std::string_view name, IsIt is_it) const {
    const auto known = latest_.find(std::hash<std::string_view>()(name));
    std::uint32_t at = known == latest_.end() ? 0 : known->second;
    for (int left = asked_max; at != 0 && left > 0; --left, at = entries_[at - 1].before)
      if (is_it(std::size_t{entries_[at - 1].place})) return entries_[at - 1].place;
    return std::nullopt;
  }
  bool empty() const noexcept { return entries_.empty(); }

 private:
  static constexpr int asked_max = 64;
  struct Entry {
    std::uint32_t place, before; // `before`: the one before with this hash, counted from 1; 0: none
  };
  std::map<std::size_t, std::uint32_t> latest_; // by hash: the entry, counted from 1
  std::vector<Entry> entries_;
};

} // namespace wayfare::wire
