#include "wire/sse.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t event_name_max = 64; // what is kept of the name of an event

// The place of the first CR or LF. Looks no further than twice the length of the line, because a
// text may have the one and never the other.
std::size_t line_end(std::string_view text) {
  for (std::size_t begin = 0, size = 64; begin < text.size(); begin += size, size *= 2) {
    const std::string_view window = text.substr(begin, size);
    std::size_t end = window.find('\n');
    if (const auto cr = window.substr(0, end).find('\r'); cr != window.npos) end = cr;
    if (end != window.npos) return begin + end;
  }
  return text.npos;
}

} // namespace

bool Sse::take_whole_event(std::string_view& bytes, std::string_view& data) {
  const bool between = (line_done_ || line_.empty()) && !has_data_ && !after_cr_;
  if (!between || !bytes.starts_with("data:")) return false;
  const std::size_t end = bytes.find('\n');
  // also if `end` is npos
  if (end > line_max || end + 1 >= bytes.size() || bytes[end + 1] != '\n') return false;
  data = bytes.substr(5, end - 5);
  if (data.find('\r') != data.npos) return false;
  if (data.starts_with(' ')) data.remove_prefix(1);
  bytes.remove_prefix(end + 2);
  first_line_ = false;
  return true;
}

bool Sse::take_line(std::string_view& bytes) {
  if (after_cr_) { // the LF of a CRLF belongs to the previous line
    after_cr_ = false;
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    if (bytes.empty()) return false;
  }
  if (line_done_) {
    empty(line_);
    line_done_ = false;
  }
  const std::size_t end = line_end(bytes);
  line_.append(bytes.substr(0, end));
  if (line_.size() > line_max) return too_large_ = true;
  if (end == std::string_view::npos) {
    bytes = {};
    return false;
  }
  after_cr_ = bytes[end] == '\r';
  bytes.remove_prefix(end + 1);
  return line_done_ = true;
}

bool Sse::end_of_line() {
  std::string_view line = line_;
  if (first_line_) {
    first_line_ = false;
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  }
  if (line.empty()) { // a blank line ends the event
    if (!has_data_) name_.clear();
    return has_data_;
  }
  if (line.front() == '{') return add_data(line), false;
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") add_data(value);
  if (field == "event") name_ = value.substr(0, event_name_max);
  if (field == "error") {
    name_ = field;
    add_data(value);
  }
  return false; // a comment, or a field that chat completions do not use
}

void Sse::add_data(std::string_view line) {
  if (has_data_) data_ += '\n';
  has_data_ = true;
  if (data_.size() + line.size() > event_max)
    too_large_ = true;
  else
    data_.append(line);
}

} // namespace wayfare::wire
