#include "wire/reasoning.hpp"

#include <algorithm>
#include <array>

namespace wayfare::wire {

namespace {

// OpenRouter's and vLLM's name first, then those of DeepSeek and Kimi, Copilot, and Ollama.
constexpr std::array<std::string_view, 4> names{"reasoning", "reasoning_content", "reasoning_text",
                                                "thinking"};

} // namespace

bool Reasoning::is_own(std::string_view key) noexcept {
  return key == "reasoning_details" || std::ranges::find(names, key) != names.end();
}

void Reasoning::tell(std::string_view piece, std::vector<Event>& events) {
  if (!piece.empty()) events.push_back({.type = EventType::reasoning, .text = std::string(piece)});
}

std::int64_t Reasoning::add_text(json::Value piece, std::vector<Event>& events) {
  is_told_ = is_told_ || !piece.string().empty();
  const auto told = text_.add(piece);
  tell(told, events);
  return static_cast<std::int64_t>(told.size());
}

std::int64_t Reasoning::add(json::Value delta, Sent how, std::vector<Event>& events) {
  std::int64_t grown = 0;
  bool has_text = false;
  for (const std::string_view name : names) {
    const json::Value value = delta[name];
    if (value.string().empty()) continue;
    auto known = std::ranges::find(named_, name, &std::pair<std::string, GrowingText>::first);
    if (known == named_.end()) known = named_.insert(named_.end(), {std::string(name), {}});
    // The other names have the same text once more.
    if (!std::exchange(has_text, true)) {
      const auto told = text_.add(value, how);
      tell(told, events);
      grown += static_cast<std::int64_t>(told.size());
    }
    grown += static_cast<std::int64_t>(known->second.add(value, how).size());
  }
  is_told_ = is_told_ || has_text;
  const json::Value details = delta["reasoning_details"];
  if (!details.is_array() || (how != Sent::piece && !details_.empty())) return grown;
  for (json::Value one = details.first(); !is_told_ && one.exists(); one = one.next())
    for (const std::string_view key : {"text", "summary"}) {
      const auto told = text_.add(one[key]);
      tell(told, events);
      grown += static_cast<std::int64_t>(told.size());
    }
  return grown + add_details(details);
}

// The detail that this piece continues, of those before `in_this_list`. Null if it begins one. The
// pieces of one detail have the same type, index and id. Its signature comes last, in a piece of
// its own. What is encrypted comes whole.
Pieces* Reasoning::continued(json::Value piece, std::size_t in_this_list) {
  const std::string_view type = piece["type"].string(), id = piece["id"].string(),
                         index = piece["index"].number(), signature = piece["signature"].string();
  const bool has_text = !piece["text"].string().empty() || !piece["summary"].string().empty();
  const auto fits = [&](const Pieces& known) {
    if (known.text("type") != type || known.raw("index") != index) return false;
    if (const auto other = known.text("id"); !other.empty() && !id.empty() && other != id)
      return false;
    if (const auto other = known.text("data"); !other.empty() && !piece["data"].string().empty())
      return false;
    const auto other = known.text("signature");
    return other.empty() || (signature.empty() ? !has_text : other == signature);
  };
  if (!index.empty()) {
    const auto known = std::find_if(details_.rbegin(), details_.rend(), fits);
    return known == details_.rend() ? nullptr : &*known;
  }
  // Without an index, only the last one, and no text that stands beside it in one list.
  const bool is_beside = details_.size() > in_this_list && has_text;
  return details_.empty() || is_beside || type == "reasoning.encrypted" || !fits(details_.back())
             ? nullptr
             : &details_.back();
}

std::int64_t Reasoning::add_details(json::Value details) {
  std::int64_t grown = 0;
  const std::size_t before = details_.size();
  for (json::Value piece = details.first(); piece.exists(); piece = piece.next()) {
    if (!piece.is_object()) continue;
    const std::string_view data = piece["data"].string();
    const auto is_same = [&](const Pieces& known) { // the server has sent it twice
      return !piece["id"].string().empty() && known.text("data") == data &&
             known.text("type") == piece["type"].string() &&
             known.text("id") == piece["id"].string();
    };
    if (!data.empty() && std::ranges::any_of(details_, is_same)) continue;
    Pieces* known = continued(piece, before);
    if (!known) known = &details_.emplace_back();
    grown += known->add(piece);
  }
  return grown;
}

void Reasoning::write(json::ObjectWriter& message) const {
  for (const auto& [name, text] : named_)
    if (!text.text().empty()) message.text(name, text.text());
  if (details_.empty()) return;
  std::string& out = message.member("reasoning_details");
  json::append_array(out, details_, [&out](const Pieces& detail) { out += detail.to_json(); });
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
