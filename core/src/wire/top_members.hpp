// The members beside the choices that the chunks of a stream have, unchanged: the last value of
// each. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/places.hpp"
#include "wire/room.hpp"

namespace wayfare::wire {

class TopMembers {
 public:
  // A member that is kept takes its room. A member without room is left out.
  void add(json::Value member, Room& room) {
    const std::string_view key = member.key(), raw = member.raw();
    const auto known = places_.find(key, [&](std::size_t at) { return members_[at].first == key; });
    if (known && members_[*known].second != raw) {
      room.give_back(members_[*known].second.size());
      room.take(raw.size());
      members_[*known].second = raw;
    } else if (!known && room.fits(members_.size())) {
      room.take(key.size() + raw.size() + Room::item_size);
      places_.add(key, members_.size());
      members_.emplace_back(key, raw);
    }
  }
  void write(json::ObjectWriter& body) const {
    for (const auto& [key, value] : members_) body.json(key, value);
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
  Places places_; // of members_, by key
};

} // namespace wayfare::wire
