// RapidJSON alone on the bytes of a stream: the time in which its events can be parsed at all. No
// network, no ledger, nothing kept.
//
//   mode=sax   its reader, in place (the bytes are copied first), telling where the strings are:
//   the fastest use of it mode=dom   a document per event, in a pool that is used again, and the
//   delta's text looked up
#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <cstring>

#include "answers.hpp"
#include "worker.hpp"

namespace {

using namespace bench;

struct Counter : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Counter> {
  std::size_t strings = 0;
  bool String(const char*, rapidjson::SizeType size, bool) { return strings += size, true; }
};

std::size_t by_sax(char* line) {
  Counter counter;
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(line);
  if (reader.Parse<rapidjson::kParseInsituFlag>(stream, counter).IsError()) die("not JSON");
  return counter.strings;
}

std::size_t by_dom(const char* line, std::size_t size, rapidjson::MemoryPoolAllocator<>& pool) {
  pool.Clear();
  rapidjson::Document document(&pool);
  document.Parse(line, size);
  if (document.HasParseError()) die("not JSON");
  const auto& delta = document["choices"][0]["delta"];
  return delta["content"].GetStringLength();
}

} // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  const int chunks = arguments.number("chunks", 1000), streams = arguments.number("calls", 20);
  const bool sax = arguments.text("mode") == "sax";
  std::string bytes;
  for (int i = 0; i < chunks; ++i) bytes += chunk(i);
  std::size_t sum = 0;
  const int done = serve("RapidJSON 1.1.0", [&] {
    return timed(streams, [&] {
      rapidjson::MemoryPoolAllocator<> pool;
      for (int i = 0; i < streams; ++i) {
        std::string copy = bytes; // as if just read
        char* at = copy.data();
        while (char* end = static_cast<char*>(std::memchr(
                   at, '\n', static_cast<std::size_t>(copy.data() + copy.size() - at)))) {
          *end = '\0';
          if (end - at > 6)
            sum +=
                sax ? by_sax(at + 6) : by_dom(at + 6, static_cast<std::size_t>(end - at - 6), pool);
          at = end + 1;
          if (at >= copy.data() + copy.size()) break;
        }
      }
    });
  });
  if (sum == 0) die("nothing was parsed");
  return done;
}
