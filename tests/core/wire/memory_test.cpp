// The memory that reading takes has a limit, whatever part of a text is repeated.

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "select/catalogue.hpp"
#include "support/catch.hpp"
#include "support/memory.hpp"
#include "support/repeated_parts.hpp"

using namespace wayfare;
using repeated::list;

namespace {

// For a text of 64 MiB and 8 Mi values this is the 1 GiB that LIMITS.md promises.
constexpr std::int64_t per_byte = 8, per_value = 64;
constexpr std::int64_t at_least = 2 << 20; // also for a small text

std::int64_t limit_of(const std::string& text) {
  // A value begins a text, a list or an object, or it stands behind a comma.
  const auto values = std::ranges::count_if(
      text, [](char c) { return c == ',' || c == '[' || c == '{' || c == '\n'; });
  return at_least + per_byte * static_cast<std::int64_t>(text.size()) + per_value * values;
}

void* allocate(std::size_t size) noexcept {
  void* const memory = std::malloc(size);
  if (memory) memory::count.add(static_cast<std::int64_t>(malloc_usable_size(memory)));
  return memory;
}
void* allocate_or_throw(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void release(void* memory) noexcept {
  if (memory) memory::count.add(-static_cast<std::int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}

// A text of at least this size, with as many of the part as it takes.
template <class Text>
std::string text_of(const Text& text, std::size_t least) {
  std::string made;
  for (std::size_t count = 1000; made.size() < least; count *= 2) made = text(count);
  return made;
}

} // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

TEST_CASE("an answer takes memory for its bytes and its values, whatever part is repeated",
          "[slow]") {
  std::vector<repeated::Answer> all = repeated::answers();
  std::ranges::move(repeated::other_answers(), std::back_inserter(all));
  for (const repeated::Answer& answer : all) {
    INFO(answer.name);
    const std::string body = text_of(answer.body, 1 << 20);
    const memory::Counting counting;
    repeated::read(body, answer.streamed, answer.status);
    CHECK(memory::count.most > static_cast<std::int64_t>(body.size() / 1024));
    CHECK(memory::count.most < limit_of(body));
  }
}

TEST_CASE("a models list takes memory for its bytes and its values", "[slow]") {
  const std::vector<std::pair<const char*, std::string>> lists{
      {R"("pricing":{"overrides":[)", "{}"},
      {R"("supported_parameters":[)", R"("a")"},
      {R"("architecture":{"input_modalities":[)", R"("a")"},
      {R"("pricing":{"overrides":[{"utc_days":[)", R"("a")"}};
  for (const auto& [before, one] : lists) {
    INFO(before);
    const std::string body = text_of(
        [&](std::size_t count) {
          std::string text = R"({"data":[{"id":"a",)" + std::string(before) +
                             list(count, [&](const std::string&) { return one; });
          std::string open;
          for (const char c : text.substr(0, text.find(before) + std::string(before).size()))
            if (c == '[' || c == '{') open.insert(open.begin(), c == '[' ? ']' : '}');
          return text + open;
        },
        1 << 20);
    const memory::Counting counting;
    const auto parsed = select::Catalogue::parse(body);
    CHECK(parsed.ok());
    CHECK(memory::count.most < limit_of(body));
    CHECK(memory::count.held < (1 << 20));
  }
}

TEST_CASE("what a large answer took is given back when the answer was read") {
  for (const bool streamed : {false, true}) {
    INFO(streamed);
    const std::string ones = "[" + list(2'000'000, [](const std::string&) { return "1"; }) + "]";
    const std::string body = streamed ? "data: {\"x\":" + ones + "}\n\n" : "{\"x\":" + ones + "}";
    const memory::Counting counting;
    const auto scratch = std::make_shared<json::Document>();
    {
      wire::ResponseReader reader(streamed, scratch);
      reader.head({.status = 200});
      std::vector<Event> events;
      reader.feed(body, events);
      reader.end(true, events);
      reader.take_reply();
    }
    CHECK(memory::count.most > std::int64_t{32} << 20);
    CHECK(memory::count.held < std::int64_t{2} << 20);
  }
}
