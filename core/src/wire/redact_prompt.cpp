#include "wire/redact_prompt.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"

namespace wayfare::wire {

namespace {

// Marks the parts of a message that also occur in other texts. Finds them by the hashes of all runs
// of `echo_run` bytes of the message.
class Search {
 public:
  explicit Search(std::string_view message) : message_(message), hidden_(message.size()) {
    for (std::size_t at = 0; at + echo_run <= message.size(); ++at)
      runs_.emplace(hash(message.substr(at, echo_run)), at);
  }

  void look_for(std::string_view text) {
    if (text.size() < echo_run) {
      if (text.size() < echo_whole) return;
      for (auto at = message_.find(text); at != message_.npos; at = message_.find(text, at + 1))
        hide(at, text.size());
      return;
    }
    std::uint64_t rolling = hash(text.substr(0, echo_run));
    for (std::size_t at = 0;; ++at) {
      const auto [first, last] = runs_.equal_range(rolling);
      for (auto run = first; run != last; ++run)
        if (message_.substr(run->second, echo_run) == text.substr(at, echo_run))
          hide(run->second, echo_run);
      if (at + echo_run >= text.size()) return;
      rolling = (rolling - byte(text[at]) * highest()) * base + byte(text[at + echo_run]);
    }
  }

  std::string rest() const {
    std::string out;
    for (std::size_t at = 0; at < message_.size(); ++at) {
      if (!hidden_[at])
        out += message_[at];
      else if (at == 0 || !hidden_[at - 1])
        out += "[prompt]";
    }
    return out;
  }

 private:
  static constexpr std::uint64_t base = 0x100000001B3;
  static std::uint64_t byte(char c) { return static_cast<unsigned char>(c) + 1u; }
  static constexpr std::uint64_t highest() {
    std::uint64_t power = 1;
    for (std::size_t at = 1; at < echo_run; ++at) power *= base;
    return power;
  }
  static std::uint64_t hash(std::string_view run) {
    std::uint64_t value = 0;
    for (const char c : run) value = value * base + byte(c);
    return value;
  }

  // Hides whole characters only, so that the rest stays UTF-8.
  void hide(std::size_t at, std::size_t size) {
    const auto continues = [this](std::size_t place) {
      return place < message_.size() && (message_[place] & 0xC0) == 0x80;
    };
    std::size_t end = at + size;
    while (at > 0 && continues(at)) --at;
    while (continues(end)) ++end;
    for (; at < end; ++at) hidden_[at] = true;
  }

  const std::string_view message_;
  std::vector<bool> hidden_;
  std::unordered_multimap<std::uint64_t, std::size_t> runs_;
};

void look_in(json::Value value, Search& search) {
  if (value.is_string()) return search.look_for(value.string());
  for (json::Value child = value.first(); child.exists(); child = child.next())
    look_in(child, search);
}

} // namespace

void hide_prompt(std::string& message, std::string_view body) {
  if (body.size() > echo_body_max) {
    if (const auto words = message.find(": "); words != message.npos) message.resize(words);
    return;
  }
  json::Document document;
  if (!document.parse(body)) return;
  Search search(message);
  for (const char* key : {"messages", "prompt", "input", "prediction"})
    look_in(document.root()[key], search);
  message = search.rest();
}

} // namespace wayfare::wire
