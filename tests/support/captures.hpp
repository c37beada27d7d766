// Answers captured from OpenRouter. They are not part of the project: a test that finds none says
// so and passes.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "support/golden.hpp"

namespace captures {

struct Capture {
  std::string name;
  std::string body;
};

// Those whose names begin so, in order. Where there are none a line tells it, with the name of the
// test.
inline std::vector<Capture> named(std::string_view beginning, const char* test) {
  std::vector<Capture> found;
  for (const auto& path :
       golden::files(std::filesystem::path(WAYFARE_SHARED) / "openrouter" / "captures", "")) {
    const std::string name = path.filename().string();
    if (name.starts_with(beginning)) found.push_back({name, golden::read(path)});
  }
  if (found.empty())
    std::printf("%s: skipped, for there are no captures named %s*\n", test,
                std::string(beginning).c_str());
  return found;
}

} // namespace captures
