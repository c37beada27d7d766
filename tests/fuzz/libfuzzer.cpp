// Joins the targets to libFuzzer. The variable WAYFARE_FUZZ names the target.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Target* const target = [] {
    const char* name = std::getenv("WAYFARE_FUZZ");
    const fuzz::Target* found = fuzz::target_of(name ? name : "");
    if (!found) {
      std::fprintf(stderr, "WAYFARE_FUZZ names no target\n");
      std::_Exit(2);
    }
    return found;
  }();
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
