// Answers of servers: samples of our own in tests/samples, in the shapes that the servers send. A
// folder of real recordings beside the checkout adds to them where it is present.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/places.hpp"
#include "support/golden.hpp"

namespace samples {

struct Sample {
  std::string name;
  std::string body;
};

inline std::filesystem::path folder() { return golden::folder().parent_path() / "samples"; }

// Those whose names begin so, in order: ours only, or with the recordings behind them.
inline std::vector<Sample> ours(std::string_view beginning) {
  std::vector<Sample> found;
  for (const auto& path : golden::files(folder(), ""))
    if (const std::string name = path.filename().string(); name.starts_with(beginning))
      found.push_back({name, golden::read(path)});
  return found;
}
inline std::vector<Sample> named(std::string_view beginning) {
  std::vector<Sample> found = ours(beginning);
  const auto recorded = places::shared() / "openrouter" / "captures";
  for (const auto& path : golden::files(recorded, ""))
    if (const std::string name = path.filename().string(); name.starts_with(beginning))
      found.push_back({name, golden::read(path)});
  return found;
}

} // namespace samples
