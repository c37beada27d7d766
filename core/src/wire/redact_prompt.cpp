#include "wire/redact_prompt.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace wayfare::wire {

namespace {

// The runs of one length that a message has.
class Runs {
 public:
  Runs(std::string_view message, std::size_t length) : length_(length) {
    for (std::size_t at = 0; at + length <= message.size(); ++at) {
      const auto [known, is_new] = last_.emplace(message.substr(at, length), at);
      before_.push_back(is_new ? none : std::exchange(known->second, at));
      if (is_new) ++likely_[hash(message.data() + at)];
    }
  }

  // Calls `hide(place)` for each place of the run at `text`, which has `length` bytes, and forgets
  // the run: a text that repeats it costs no more.
  template <class Hide>
  void take(const char* text, Hide hide) {
    std::uint32_t& likely = likely_[hash(text)];
    if (likely == 0) return; // nearly always
    const auto known = last_.find(std::string_view(text, length_));
    if (known == last_.end()) return;
    for (std::size_t at = known->second; at != none; at = before_[at]) hide(at);
    last_.erase(known);
    --likely;
  }
  bool empty() const noexcept { return last_.empty(); }

 private:
  static constexpr std::size_t none = SIZE_MAX, bits = 13;

  // Returns the hash of all bytes of a run.
  std::size_t hash(const char* run) const {
    constexpr std::size_t size = sizeof(std::uint32_t);
    static_assert(echo_whole >= size && echo_run <= 3 * size);
    std::array<std::uint32_t, 3> parts{}; // which overlap in a short run
    std::memcpy(&parts[0], run, size);
    std::memcpy(&parts[1], run + (length_ - size) / 2, size);
    std::memcpy(&parts[2], run + length_ - size, size);
    return (parts[0] * 0x9E3779B1u ^ parts[1] * 0x85EBCA6Bu ^ parts[2] * 0xC2B2AE35u) >>
           (32 - bits);
  }

  std::size_t length_;
  std::unordered_map<std::string_view, std::size_t> last_; // of each run: its last place
  std::vector<std::size_t> before_; // of each place: the one before it with the same run
  std::array<std::uint32_t, std::size_t{1} << bits> likely_{}; // how many runs have a hash
};

// Marks the parts of a message that also occur in other texts.
class Search {
 public:
  explicit Search(std::string_view message) : message_(message), hidden_(message.size()) {}

  void look_for(std::string_view text) {
    if (text.size() < echo_whole) return;
    const std::size_t length = std::min(text.size(), echo_run);
    Runs& runs = runs_of(length);
    for (std::size_t at = 0; at + length <= text.size() && !runs.empty(); ++at)
      runs.take(text.data() + at, [&](std::size_t place) { hide(place, length); });
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
  Runs& runs_of(std::size_t length) {
    return runs_.try_emplace(length, message_, length).first->second;
  }

  // Hides whole characters only, so that the rest stays UTF-8.
  void hide(std::size_t at, std::size_t size) {
    constexpr int longest = 3; // bytes that continue a character
    const auto continues = [this](std::size_t place) {
      return place < message_.size() && (message_[place] & 0xC0) == 0x80;
    };
    std::size_t end = at + size;
    for (int left = longest; left > 0 && at > 0 && continues(at); --left) --at;
    for (int left = longest; left > 0 && continues(end); --left) ++end;
    for (; at < end; ++at) hidden_[at] = true;
  }

  const std::string_view message_;
  std::vector<bool> hidden_;
  std::unordered_map<std::size_t, Runs> runs_; // by length
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
