#include "wire/repeated_delta.hpp"

#include <algorithm>

namespace wayfare::wire {

namespace {

constexpr std::size_t remembered_max = std::size_t{64} << 10; // the largest event

} // namespace

std::optional<std::string_view> RepeatedDelta::text_of(std::string_view data,
                                                       json::Document& scratch) {
  const std::string_view last = last_;
  if (last.empty() || data.substr(0, begin_) != last.substr(0, begin_)) return std::nullopt;
  const std::string_view rest = last.substr(end_);
  if (data.size() < begin_ + rest.size() || !data.ends_with(rest)) return std::nullopt;
  const std::string_view text = data.substr(begin_, data.size() - rest.size() - begin_);
  if (text.empty()) return std::nullopt;
  const auto is_plain = [](unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
  };
  if (std::ranges::all_of(text, is_plain)) return text;
  // The text is a JSON string in the event only if it is one between quotes alone.
  quoted_.assign(1, '"').append(text).append(1, '"');
  if (!scratch.parse(quoted_)) return std::nullopt;
  return scratch.root().string();
}

void RepeatedDelta::remember(std::string_view data, const json::Document& read) {
  forget();
  if (data.size() > remembered_max) return;
  const json::Value root = read.root(), choice = root["choices"].first(), delta = choice["delta"],
                    text = delta["content"];
  if (read.is_repaired()) return; // the offsets are not those of `data`
  if (root["error"].exists() || root["usage"].is_object() || root["choices"].size() != 1) return;
  // Another choice than the one that is read.
  if (choice["index"].integer().value_or(0) != 0) return;
  if (choice["error"].exists() || choice["message"].exists() || text.string().empty()) return;
  for (json::Value member = delta.first(); member.exists(); member = member.next())
    if (!member.is_null() && member.key() != "role" && member.key() != "content") return;
  begin_ = text.begin_offset() + 1;
  end_ = text.end_offset() - 1;
  last_ = data;
}

} // namespace wayfare::wire
