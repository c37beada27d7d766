// Server-sent events, against a plain writing of their grammar.

#include <string>
#include <vector>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "wire/sse.hpp"

namespace fuzz {

namespace {

using Named = std::vector<std::pair<std::string, std::string>>; // names and data

// The lines of a text, each without its end: LF, CRLF or CR. The last one need not have an end.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    if (text[at] == '\n' || text[at] == '\r')
      lines.emplace_back();
    else
      lines.back() += text[at];
  }
  return lines;
}

Named events_by_hand(std::string_view text) {
  Named events;
  std::string name, data;
  bool has_data = false;
  std::vector<std::string> lines = lines_of(text);
  if (lines.front().starts_with("\xEF\xBB\xBF")) lines.front().erase(0, 3);
  lines.emplace_back(); // the end of the text ends the last event
  for (const std::string& line : lines) {
    if (line.empty()) {
      if (has_data) events.emplace_back(name, data);
      name.clear();
      data.clear();
      has_data = false;
      continue;
    }
    std::string field = line.substr(0, line.find(':'));
    std::string value = field == line ? "" : line.substr(field.size() + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (line.front() == '{') {
      field = "data";
      value = line;
    }
    if (field == "event") name = value.substr(0, 64);
    if (field == "error") name = field;
    if (field == "data" || field == "error") {
      data += (has_data ? "\n" : "") + value;
      has_data = true;
    }
  }
  return events;
}

Named events_of(std::string_view text, std::size_t piece) {
  Named events;
  wayfare::wire::Sse sse;
  const auto take = [&](std::string_view data) {
    events.emplace_back(sse.name(), data);
    return true;
  };
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    check(sse.feed(text.substr(0, piece), take), "a short stream is too large");
  sse.finish(take);
  return events;
}

std::string in_words(const Named& events) {
  std::string all;
  for (const auto& [name, data] : events) all += name + "[" + data + "] ";
  return all;
}

} // namespace

void events(std::string_view input) {
  const std::string expected = in_words(events_by_hand(input));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string_view::npos})
    check_equal(in_words(events_of(input, piece)), expected,
                "the events are others by the grammar");
}

} // namespace fuzz
