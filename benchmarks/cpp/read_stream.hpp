// A stream's bytes to typed deltas and the reply, without network, ledger and mailbox.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "wire/response.hpp"
#include "worker.hpp"

namespace bench {

inline std::string stream_bytes(int chunks) {
  std::string bytes;
  for (int i = 0; i < chunks; ++i) bytes += chunk(i);
  return bytes + last_chunks();
}

// In pieces of 16 KB, as libcurl hands them over.
inline std::size_t read_stream(std::string_view bytes) {
  wayfare::wire::ResponseReader answer(true);
  answer.head({200, "text/event-stream", ""});
  std::vector<wayfare::Event> events;
  std::size_t seen = 0;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 16 * 1024))) {
    answer.feed(bytes.substr(0, 16 * 1024), events);
    seen += events.size();
    events.clear();
  }
  if (answer.end(true, events)) die("the stream is not whole");
  return seen + answer.take_reply().text.size();
}

} // namespace bench
