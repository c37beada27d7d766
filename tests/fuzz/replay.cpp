// Gives files to the fuzz targets: seeds, and inputs that once failed. Each FOLDER has a folder for
// each target, by its name. Needs no fuzzer.
//
//   wayfare_replay FOLDER…
//   wayfare_replay TARGET FILE…

#include <cstdio>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "fuzz/targets.hpp"
#include "support/golden.hpp"

namespace {

namespace fs = std::filesystem;

int replayed = 0;

void replay(const fuzz::Target& target, const fs::path& file) {
  const std::string input = golden::read(file);
  // Before the run: it is the last line where the run aborts.
  std::printf("%s\n", file.c_str());
  std::fflush(stdout);
  target.run(input);
  ++replayed;
}

// Returns the targets that got a file. A folder that is absent has none.
std::set<std::string> replay_folder(const fs::path& folder) {
  std::set<std::string> reached;
  std::error_code absent;
  for (const auto& each : fs::directory_iterator(folder, absent)) {
    const std::string name = each.path().filename().string();
    const fuzz::Target* target = fuzz::target_of(name);
    if (!target) throw std::runtime_error(each.path().string() + " is the folder of no target");
    for (const auto& file : golden::files(each.path(), "")) {
      replay(*target, file);
      reached.insert(name);
    }
  }
  return reached;
}

void replay_folders(const std::vector<std::string>& folders) {
  std::set<std::string> reached;
  for (const std::string& folder : folders) reached.merge(replay_folder(folder));
  for (const fuzz::Target& target : fuzz::targets)
    if (!reached.contains(std::string(target.name)))
      throw std::runtime_error("there is no input for " + std::string(target.name));
}

} // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  if (given.empty()) {
    std::fprintf(stderr, "wayfare_replay FOLDER… | TARGET FILE…\n");
    return 2;
  }
  try {
    if (const fuzz::Target* target = fuzz::target_of(given.front()))
      for (auto file = given.begin() + 1; file != given.end(); ++file) replay(*target, *file);
    else
      replay_folders(given);
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  std::printf("all %d inputs of the fuzz targets held\n", replayed);
  return 0;
}
