#include "wire/reasoning.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wayfare::wire {

namespace {

// OpenRouter's and vLLM's name first, then those of DeepSeek and Kimi, Copilot, and Ollama.
constexpr std::array<std::string_view, 4> names{"reasoning", "reasoning_content", "reasoning_text",
                                                "thinking"};

// Returns the name by which a detail is known.
std::string name_of(std::string_view type, std::string_view more) {
  return std::string(type).append(1, '\0').append(more);
}

} // namespace

bool Reasoning::is_own(std::string_view key) noexcept {
  return key == "reasoning_details" || std::ranges::find(names, key) != names.end();
}

void Reasoning::tell(std::string_view piece, std::vector<Event>& events) {
  if (!piece.empty()) events.push_back({.type = EventType::reasoning, .text = std::string(piece)});
}

void Reasoning::add_text(json::Value piece, Room& room, std::string& told) {
  is_told_ = is_told_ || !piece.string().empty();
  const auto added = text_.add(piece);
  room.take(added.size());
  told += added;
}

void Reasoning::add_thoughts(json::Value thoughts, Room& room, std::string& told) {
  if (thoughts.is_string()) return add_text(thoughts, room, told);
  if (!thoughts.is_array()) return;
  for (json::Value item = thoughts.first(); item.exists(); item = item.next())
    add_thoughts(item.is_object() ? item["text"] : item, room, told);
}

void Reasoning::add_thoughts(json::Value thoughts, Room& room, std::vector<Event>& events) {
  std::string told;
  add_thoughts(thoughts, room, told);
  tell(told, events);
}

void Reasoning::add(json::Value delta, Sent how, Room& room, std::vector<Event>& events) {
  bool has_text = false;
  for (const std::string_view name : names) {
    const json::Value value = delta[name];
    if (value.string().empty()) continue;
    auto known = std::ranges::find(named_, name, &std::pair<std::string, GrowingText>::first);
    if (known == named_.end()) known = named_.insert(named_.end(), {std::string(name), {}});
    // The other names have the same text once more.
    if (!std::exchange(has_text, true)) {
      const auto told = text_.add(value, how);
      room.take(told.size());
      tell(told, events);
    }
    room.take(known->second.add(value, how).size());
  }
  is_told_ = is_told_ || has_text;
  const json::Value details = delta["reasoning_details"];
  if (!details.is_array() || (how != Sent::piece && !details_.empty())) return;
  std::size_t read = 0;
  for (json::Value one = details.first(); !is_told_ && one.exists() && room.fits(read);
       one = one.next(), ++read)
    for (const std::string_view key : {"text", "summary"}) {
      const auto told = text_.add(one[key]);
      room.take(told.size());
      tell(told, events);
    }
  add_details(details, room);
}

// The detail that this piece continues, of those before `in_this_list`, if it continues one. The
// pieces of one detail have the same type, index and id. Its signature comes last, in a piece of
// its own. What is encrypted comes whole.
std::optional<std::size_t> Reasoning::continued(json::Value piece, std::size_t in_this_list) const {
  const std::string_view type = piece["type"].string(), id = piece["id"].string(),
                         data = piece["data"].string(), index = piece["index"].number(),
                         signature = piece["signature"].string();
  const bool has_text = !piece["text"].string().empty() || !piece["summary"].string().empty();
  const auto fits = [&](std::size_t place) {
    const Pieces& known = details_[place];
    if (known.text("type") != type || known.raw("index") != index) return false;
    if (const auto other = known.text("id"); !other.empty() && !id.empty() && other != id)
      return false;
    if (!data.empty() && !known.text("data").empty()) return false;
    const auto other = known.text("signature");
    return other.empty() || (signature.empty() ? !has_text : other == signature);
  };
  if (!index.empty()) return indexed_.find(name_of(type, index), fits);
  // Without an index, only the last one, and no text that stands beside it in one list.
  const bool is_beside = details_.size() > in_this_list && has_text;
  const bool begins = details_.empty() || is_beside || type == "reasoning.encrypted";
  return begins || !fits(details_.size() - 1) ? std::nullopt : std::optional(details_.size() - 1);
}

void Reasoning::add_details(json::Value details, Room& room) {
  const std::size_t before = details_.size();
  std::size_t read = 0;
  for (json::Value piece = details.first(); piece.exists() && room.fits(read);
       piece = piece.next(), ++read) {
    if (!piece.is_object()) continue;
    const std::string_view type = piece["type"].string(), id = piece["id"].string(),
                           data = piece["data"].string();
    const auto is_same = [&](std::size_t place) { // the server has sent it twice
      const Pieces& known = details_[place];
      return known.text("id") == id && known.text("type") == type && known.text("data") == data;
    };
    const std::string name = data.empty() ? std::string() : name_of(type, data);
    if (!name.empty() && !id.empty() && encrypted_.find(name, is_same)) continue;
    auto known = continued(piece, before);
    if (!known) {
      if (!room.fits(details_.size())) return;
      known = details_.size();
      details_.emplace_back();
      room.take(Room::item_size);
      if (const auto index = piece["index"].number(); !index.empty())
        indexed_.add(name_of(type, index), *known);
    }
    if (!name.empty()) encrypted_.add(name, *known);
    details_[*known].add(piece, room);
  }
}

void Reasoning::write(json::ObjectWriter& message) const {
  for (const auto& [name, text] : named_)
    if (!text.text().empty()) message.text(name, text.text());
  if (details_.empty()) return;
  std::string& out = message.member("reasoning_details");
  json::append_array(out, details_, [&out](const Pieces& detail) { detail.write(out); });
}

std::string Reasoning::take() {
  std::string ordered; // of details, whose pieces may have come mixed
  for (const Pieces& detail : details_)
    if (!is_told_) ordered.append(detail.text("text")).append(detail.text("summary"));
  return ordered.empty() ? text_.take() : ordered;
}

void Reasoning::finish(std::vector<Event>& events) {
  tell(text_.finish(), events);
  for (auto& [name, text] : named_) text.finish();
}

} // namespace wayfare::wire
