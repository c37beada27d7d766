// The rows of a report that reads the entries one by one: one for each combination of its
// dimensions, all but tag.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>

#include "ledger/calendar.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline std::string column_of(Dimension one) {
  if (is_of_time(one)) return "reserved_us";
  switch (one) {
    case Dimension::model: return "iif(served = 0, requested, served)";
    case Dimension::requested_model: return "requested";
    case Dimension::agent_version: return "coalesce(agent_version, 0)";
    case Dimension::run: return "coalesce(run, '')";
    default: return std::string(name(one));
  }
}

// The columns of the entries that give the dimensions, each with a comma before it.
inline std::string columns_of(const std::vector<Dimension>& by) {
  std::string columns;
  for (const Dimension one : by) columns += ", " + column_of(one);
  return columns;
}

// The values of the dimensions of a row: ids of names, times, numbers of texts.
using GroupKey = std::array<std::int64_t, values_of<Dimension>.values.size()>;
struct GroupHash {
  std::size_t operator()(const GroupKey& key) const noexcept {
    std::size_t hash = 0;
    for (const std::int64_t one : key)
      hash = (hash ^ static_cast<std::size_t>(one)) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
  }
};

// The rows of a report: each combination of the dimensions, by the order in which it came. Row has
// a member for each dimension.
template <class Row>
class Groups {
 public:
  Groups(sqlite::Database& database, const std::vector<Dimension>& by)
      : by_(by), name_(database.prepare("SELECT text FROM name WHERE id = ?1")) {}

  std::size_t group_of(const sqlite::Statement& row, int first) {
    GroupKey key{};
    for (std::size_t at = 0; at < by_.size(); ++at) {
      const int column = first + static_cast<int>(at);
      key[at] = by_[at] == Dimension::run ? number_of(row.text(column))
                : is_of_time(by_[at])     ? calendar_.period_of(by_[at], row.integer(column))
                                          : row.integer(column);
    }
    const auto [known, is_new] = groups_.try_emplace(key, keys_.size());
    if (is_new) keys_.push_back(key);
    return known->second;
  }

  const std::string& name_of(std::int64_t id) {
    const auto [known, is_new] = names_.try_emplace(id);
    if (is_new && name_.bind(1, id).step()) known->second = name_.text(0);
    if (is_new) name_.reset();
    return known->second;
  }

  std::vector<Row> rows() {
    std::vector<Row> rows(keys_.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      for (std::size_t at = 0; at < by_.size(); ++at)
        for_each_field<Row>([&](const auto& leaf) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf.get(rows[row]))>,
                                       std::optional<std::string>>)
            if (leaf.name == name(by_[at])) leaf.get(rows[row]) = text_of(at, keys_[row][at]);
        });
    return rows;
  }

 private:
  std::int64_t number_of(std::string_view run) {
    const auto [known, is_new] = runs_.try_emplace(std::string(run), std::ssize(run_texts_));
    if (is_new) run_texts_.push_back(&known->first);
    return known->second;
  }
  std::string text_of(std::size_t at, std::int64_t value) {
    if (by_[at] == Dimension::run) return *run_texts_[static_cast<std::size_t>(value)];
    if (is_of_time(by_[at])) return Calendar::text_of(by_[at], value);
    if (by_[at] == Dimension::agent_version) return value == 0 ? "" : std::to_string(value);
    constexpr std::size_t shown = 12; // digits of the fingerprint of a key
    return by_[at] == Dimension::key ? name_of(value).substr(0, shown) : name_of(value);
  }

  const std::vector<Dimension>& by_;
  const Calendar calendar_{TimeZone()};
  sqlite::Statement name_;
  std::unordered_map<GroupKey, std::size_t, GroupHash> groups_;
  std::vector<GroupKey> keys_;
  std::unordered_map<std::int64_t, std::string> names_;
  std::unordered_map<std::string, std::int64_t> runs_;
  std::vector<const std::string*> run_texts_;
};

// Sorts the rows by the values of their dimensions.
template <class Row>
void sort_by(const std::vector<Dimension>& by, std::vector<Row>& rows) {
  using Keyed = std::pair<std::vector<std::string>, std::size_t>; // the values, and which row
  std::vector<Keyed> keys(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    keys[row].second = row;
    for (const Dimension one : by)
      for_each_field<Row>([&](const auto& leaf) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf.get(rows[row]))>,
                                     std::optional<std::string>>)
          if (leaf.name == name(one)) keys[row].first.push_back(leaf.get(rows[row]).value_or(""));
      });
  }
  std::ranges::sort(keys);
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  for (const Keyed& one : keys) sorted.push_back(std::move(rows[one.second]));
  rows = std::move(sorted);
}

} // namespace wayfare::ledger
