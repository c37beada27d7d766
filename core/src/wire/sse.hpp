// Reads server-sent events: bytes in, one text per event out. Supports the whole grammar of the
// HTML standard (LF, CRLF, CR, comments, several data lines, a byte order mark), and two forms that
// servers send beside it: a line "error: …" is the data of an event named error, and a line that
// begins with "{" is data without its name. The input may be split at any byte. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wayfare::wire {

class Sse {
 public:
  // As large as a plain answer, since one event may have a whole image.
  static constexpr std::size_t line_max = std::size_t{64} << 20;
  static constexpr std::size_t event_max = line_max;

  // Calls `event(std::string_view data)` for each event that `bytes` completes. The data is valid
  // only during the call. Returns false if `event` returned false, or if a line or an event exceeds
  // its limit.
  template <class F>
  bool feed(std::string_view bytes, F&& event) {
    if (too_large_) return false;
    while (!bytes.empty()) {
      if (std::string_view data; take_whole_event(bytes, data)) {
        const bool wanted = event(data);
        name_.clear();
        if (!wanted) return false;
        continue;
      }
      if (!take_line(bytes)) continue;
      if (too_large_) return false;
      if (!end_of_line()) continue;
      if (!event(std::string_view(data_))) return false;
      end_of_event();
    }
    return !too_large_;
  }

  // No more bytes will come. Calls `event` for a last event without its blank line.
  template <class F>
  void finish(F&& event) {
    if (too_large_) return;
    if (!line_done_ && !line_.empty()) end_of_line();
    if (has_data_ && !too_large_) event(std::string_view(data_));
    empty(line_);
    end_of_event();
  }

  // The name of the event, during the call that tells it; "" without a name.
  std::string_view name() const noexcept { return name_; }
  bool too_large() const noexcept { return too_large_; }
  // The bytes of an event that is not whole yet.
  std::size_t held() const noexcept { return line_.size() + data_.size(); }

 private:
  // If true, `data` is a whole event of one line, like nearly all events. It needs no copy.
  bool take_whole_event(std::string_view& bytes, std::string_view& data);
  bool take_line(std::string_view& bytes); // if true, line_ is a whole line
  bool end_of_line();                      // if true, data_ is a whole event
  void add_data(std::string_view line);
  void end_of_event() {
    empty(data_);
    name_.clear();
    has_data_ = false;
  }
  // Keeps the memory of the text for the next one, unless it is large.
  static void empty(std::string& text) {
    constexpr std::size_t kept = std::size_t{1} << 20;
    text.clear();
    if (text.capacity() > kept) text.shrink_to_fit();
  }

  std::string line_;
  std::string data_;
  std::string name_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool line_done_ = false;
  bool too_large_ = false;
};

} // namespace wayfare::wire
