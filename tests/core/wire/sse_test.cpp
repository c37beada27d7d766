// Server-sent events: the grammar of the HTML standard, whole and cut anywhere, and the limits.

#include <functional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "wire/sse.hpp"

using wayfare::wire::Sse;

namespace {

using Events = std::vector<std::string>;

// Returns the events of a transcript that comes in these pieces.
Events events_of(std::initializer_list<std::string_view> pieces) {
  Sse sse;
  Events events;
  for (const auto piece : pieces) {
    const bool good = sse.feed(piece, [&](std::string_view data) {
      events.emplace_back(data);
      return true;
    });
    if (!good) events.emplace_back("too large");
  }
  return events;
}

struct Sample {
  const char* shows;
  std::string transcript;
  Events events;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all{
      {"nothing", "", {}},
      {"one event", "data: a\n\n", {"a"}},
      {"two events", "data: a\n\ndata: b\n\n", {"a", "b"}},
      {"an event ends at its blank line, not before", "data: a\n", {}},
      {"not at the end of the transcript either", "data: a", {}},
      {"what follows the last blank line is dropped", "data: a\n\ndata: b\n", {"a"}},
      {"one blank behind the colon is dropped, and no more",
       "data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n",
       {"a", "a", " a", "\ta"}},
      {"lines of data are joined by a line's end",
       "data: a\ndata: b\ndata:\ndata: c\n\n",
       {"a\nb\n\nc"}},
      {"a field without a colon is empty data", "data\n\n", {""}},
      {"a field with nothing behind the colon too", "data:\n\n", {""}},
      {"the standard's own example", "data\n\ndata\ndata\n\ndata:", {"", "\n"}},
      {"CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", {"a\nb", "c"}},
      {"CR", "data: a\rdata: b\r\rdata: c\r\r", {"a\nb", "c"}},
      {"all three ends of lines mixed",
       "data: a\r\n\rdata: b\n\r\ndata: c\r\ndata: d\n\n",
       {"a", "b", "c\nd"}},
      {"CR, then LF, is one end; LF, then CR, two", "data: a\n\rdata: b\r\n\n", {"a", "b"}},
      {"blank lines without data are nothing", "\n\n\r\n\rdata: a\n\n\n\n\n", {"a"}},
      {"a byte order mark at the beginning is dropped",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {"a"}},
      {"before a blank line too", "\xEF\xBB\xBF\ndata: a\n\n", {"a"}},
      {"once",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\ndata: b\n\n",
       {"b"}},
      {"and only at the beginning",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\ndata: \xEF\xBB\xBF\n\n",
       {"a", "\xEF\xBB\xBF"}},
      {"half a mark is no mark",
       "\xEF\xBB"
       "data: a\n\ndata: b\n\n",
       {"b"}},
      {"comments, also inside an event",
       ": OPENROUTER PROCESSING\n\n:\n\n: \n\ndata: a\n: data: no\ndata: b\n\n:x\n\n",
       {"a\nb"}},
      {"a comment between an event's data and its blank line", "data: a\n: wait\n\n", {"a"}},
      {"other fields",
       "event: message\nid: 7\nretry: 10\ndata: a\nevent: x\n\nevent: ping\n\n",
       {"a"}},
      {"fields that only begin with data",
       "database: no\n\ndatax\n\nDATA: no\n\n data: no\n\ndata : no\n\ndata: a\n\n",
       {"a"}},
      {"a colon inside the data",
       "data: a: b\n\ndata: :\n\ndata::\n\ndata: : OPENROUTER\n\n",
       {"a: b", ":", ":", ": OPENROUTER"}},
      {"NUL and bytes that are no UTF-8 pass",
       std::string("data: a\0b\xFF\xFE\n\n", 13),
       {std::string("a\0b\xFF\xFE", 5)}},
      {"characters of several bytes", "data: é漢😀\n\n", {"é漢😀"}},
      {"the end marker is data like any other",
       "data: {\"a\":1}\n\ndata: [DONE]\n\n",
       {"{\"a\":1}", "[DONE]"}},
  };
  return all;
}

std::string in_words(const Events& events) {
  std::string out;
  for (const auto& event : events) out += "[" + event + "]";
  return out;
}

} // namespace

TEST_CASE("server-sent events are read by the grammar of the standard") {
  for (const auto& sample : samples()) {
    INFO(sample.shows);
    CHECK(in_words(events_of({sample.transcript})) == in_words(sample.events));
  }
}

TEST_CASE("a transcript gives the same events, however it is cut") {
  for (const auto& sample : samples()) {
    const std::string_view whole = sample.transcript;
    Sse sse;
    Events by_byte;
    for (std::size_t at = 0; at < whole.size(); ++at)
      sse.feed(whole.substr(at, 1),
               [&](std::string_view data) { return by_byte.emplace_back(data), true; });
    INFO(sample.shows);
    CHECK(by_byte == sample.events);
    for (std::size_t one = 0; one <= whole.size(); ++one) {
      for (std::size_t two = one; two <= whole.size(); ++two) {
        if (events_of({whole.substr(0, one), whole.substr(one, two - one), whole.substr(two)}) !=
            sample.events)
          FAIL(sample.shows << ", cut at " << one << " and " << two);
      }
    }
  }
}

TEST_CASE("lines may end with any of the three line ends") {
  for (const auto& sample : samples()) {
    if (sample.transcript.find('\r') != std::string::npos) continue;
    for (const std::string end : {"\r", "\r\n"}) {
      std::string changed;
      for (const char c : sample.transcript) c == '\n' ? changed += end : changed += c;
      INFO(sample.shows);
      CHECK(in_words(events_of({changed})) == in_words(sample.events));
    }
  }
}

TEST_CASE("reading stops when the callback returns false") {
  Sse sse;
  Events events;
  const bool good = sse.feed("data: a\n\ndata: b\n\ndata: c\n\n", [&](std::string_view data) {
    return events.emplace_back(data), data != "b";
  });
  CHECK_FALSE(good);
  CHECK_FALSE(sse.too_large());
  CHECK(events == Events{"a", "b"});
}

TEST_CASE("an event is complete with its blank line") {
  for (const std::string end : {"\n\n", "\r\r", "\r\n\r\n", "\r\n\r"}) {
    Events events;
    Sse sse;
    sse.feed("data: a" + end,
             [&](std::string_view data) { return events.emplace_back(data), true; });
    CHECK(events == Events{"a"});
  }
}

TEST_CASE("a line may be 64 MiB long and no longer") {
  const std::string line = "data:" + std::string(Sse::line_max - 5, 'x');
  for (const bool in_pieces : {false, true}) {
    for (const std::size_t more : {0, 1}) {
      Sse sse;
      std::size_t size = 0;
      bool good = true;
      const auto feed = [&](std::string_view bytes) {
        good = good &&
               sse.feed(bytes, [&](std::string_view data) { return size = data.size(), true; });
      };
      const std::string text = line + std::string(more, 'x') + "\n\n";
      const std::size_t piece = in_pieces ? 16'384 : text.size();
      for (std::size_t at = 0; at < text.size(); at += piece)
        feed(std::string_view(text).substr(at, piece));
      CHECK(good == (more == 0));
      CHECK(sse.too_large() == (more == 1));
      CHECK(size == (more == 0 ? Sse::line_max - 5 : 0));
    }
  }
}

TEST_CASE("the limit of a line counts comments and lines without an end") {
  Sse sse;
  const std::string piece(1 << 20, 'x');
  int fed = 0;
  while (sse.feed(fed == 0 ? ":" + piece : piece, [](std::string_view) { return true; }) &&
         fed < 100)
    ++fed;
  CHECK(fed == 63);
  CHECK(sse.too_large());
  // Later bytes are neither read nor kept.
  bool told = false;
  CHECK_FALSE(sse.feed("\n\ndata: a\n\n", [&](std::string_view) { return told = true; }));
  CHECK_FALSE(told);
}

TEST_CASE("an event may be 64 MiB long and no longer") {
  // Two lines of data with a line end between them.
  for (const std::size_t more : {0, 1}) {
    const std::size_t half = Sse::event_max / 2;
    const std::string first(half - 6, 'a'), second(half - 6, 'b'), third(11 + more, 'c');
    Sse sse;
    std::size_t size = 0;
    const auto feed = [&](const std::string& bytes) {
      return sse.feed(bytes, [&](std::string_view data) { return size = data.size(), true; });
    };
    bool good = feed("data: " + first + "\n") && feed("data: " + second + "\n");
    CHECK(good);
    good = feed("data: " + third.substr(1) + "\n"); // 2 * (32 MiB - 6) + 2 + 10, and `more`
    CHECK(good == (more == 0));
    CHECK(sse.too_large() == (more == 1));
    good = feed("\n");
    CHECK(size == (more == 0 ? Sse::event_max : 0));
    CHECK(good == (more == 0));
  }
}

TEST_CASE("an event of very many empty lines is limited too") {
  Sse sse;
  std::string lines;
  for (int left = 100'000; left > 0; --left) lines += "data\n";
  std::size_t fed = 0;
  while (sse.feed(lines, [](std::string_view) { return true; }) && fed < 1000) ++fed;
  CHECK(sse.too_large());
  CHECK(fed == Sse::event_max / 100'000);
}

TEST_CASE("many small events together may exceed the limits of one event") {
  Sse sse;
  const std::string event = "data: " + std::string(1 << 20, 'x') + "\n\n";
  std::size_t events = 0;
  for (int left = 40; left > 0; --left)
    REQUIRE(sse.feed(event, [&](std::string_view) { return ++events, true; }));
  CHECK(events == 40);
}
