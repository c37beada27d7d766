// Counts the memory that a thread allocates. tests/core/wire/memory_test.cpp replaces the
// operators.
#pragma once

#include <algorithm>
#include <cstdint>

namespace memory {

struct Count {
  bool is_on = false;
  std::int64_t held = 0, most = 0;

  void add(std::int64_t bytes) noexcept {
    if (!is_on) return;
    held += bytes;
    most = std::max(most, held);
  }
};
inline thread_local Count count;

// Counts while it lives.
struct Counting {
  Counting() { count = {.is_on = true}; }
  ~Counting() { count.is_on = false; }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
};

} // namespace memory
