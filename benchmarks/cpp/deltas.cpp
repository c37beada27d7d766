// What wayfare itself does with the bytes of a stream, in time; its instructions are counted by
// hot_paths.
#include "read_stream.hpp"

int main(int count, char** values) {
  const bench::Arguments arguments(count, values);
  const std::string bytes = bench::stream_bytes(arguments.number("chunks", 1000));
  const int streams = arguments.number("calls", 20);
  std::size_t seen = 0;
  const int done = bench::serve("wayfare", [&] {
    return bench::timed(streams, [&] {
      for (int i = 0; i < streams; ++i) seen += bench::read_stream(bytes);
    });
  });
  if (seen == 0) bench::die("nothing was read");
  return done;
}
