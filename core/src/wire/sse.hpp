// Reads server-sent events: bytes in, one text per event out. Supports the whole grammar of the
// HTML standard (LF, CRLF, CR, comments, several data lines, a byte order mark). The input may be
// split at any byte. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wayfare::wire {

class Sse {
 public:
  static constexpr std::size_t line_max = std::size_t{8} << 20;
  static constexpr std::size_t event_max = std::size_t{16} << 20;

  // Calls `event(std::string_view data)` for each event that `bytes` completes. The data is valid
  // only during the call. Returns false if `event` returned false, or if a line or an event exceeds
  // its limit.
  template <class F>
  bool feed(std::string_view bytes, F&& event) {
    if (too_large_) return false;
    while (!bytes.empty()) {
      if (std::string_view data; take_whole_event(bytes, data)) {
        if (!event(data)) return false;
        continue;
      }
      if (!take_line(bytes)) continue;
      if (too_large_) return false;
      if (!end_of_line()) continue;
      if (!event(std::string_view(data_))) return false;
      data_.clear();
      has_data_ = false;
    }
    return !too_large_;
  }
  bool too_large() const noexcept { return too_large_; }

 private:
  // If true, `data` is a whole event of one line, like nearly all events. It needs no copy.
  bool take_whole_event(std::string_view& bytes, std::string_view& data);
  bool take_line(std::string_view& bytes); // if true, line_ is a whole line
  bool end_of_line();                      // if true, data_ is a whole event

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool line_done_ = false;
  bool too_large_ = false;
};

} // namespace wayfare::wire
