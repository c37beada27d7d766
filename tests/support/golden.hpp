// Golden files: text files in tests/golden with the expected output.
#pragma once

#include "support/places.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace golden {

inline std::filesystem::path folder() { return places::golden(); }

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Returns the files of a folder whose names end so, in order.
inline std::vector<std::filesystem::path> files(const std::filesystem::path& folder,
                                                std::string_view ending) {
  std::vector<std::filesystem::path> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
    if (entry.path().filename().string().ends_with(ending)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// A transcript: an answer of the server, and the expected result.
//
//   # What it shows.
//   status: 200
//   --- body
//   data: {"choices":[…]}
//
//   --- expected
//   text "Hello"
//
// The setting `lines` (lf, crlf or cr) gives the line ends of the body. A backslash at the end of a
// line joins it with the next line. At the end of the last line it removes the line end.
struct Transcript {
  std::map<std::string, std::string> settings;
  std::string body;
  std::string expected;
  std::string before_expected; // the text of the file before "--- expected"

  std::string setting(const std::string& name, const std::string& otherwise = "") const {
    const auto found = settings.find(name);
    return found == settings.end() ? otherwise : found->second;
  }
};

inline Transcript transcript(const std::filesystem::path& path) {
  Transcript result;
  const std::string text = read(path);
  std::string_view rest = text;
  const auto take_line = [&] {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
  };
  while (!rest.empty()) {
    const auto line = take_line();
    if (line == "--- body") break;
    const auto colon = line.find(": ");
    if (!line.starts_with('#') && colon != line.npos)
      result.settings.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  const std::string lines = result.setting("lines", "lf");
  while (!rest.empty()) {
    const auto line = take_line();
    if (line == "--- expected") break;
    if (line.ends_with('\\'))
      result.body += line.substr(0, line.size() - 1);
    else
      (result.body += line) += lines == "cr" ? "\r" : lines == "crlf" ? "\r\n" : "\n";
  }
  result.before_expected = text.substr(0, text.size() - rest.size());
  result.expected = rest;
  return result;
}

// If WAYFARE_GOLDEN_WRITE is set, a test writes its output into the golden file. Check it with `git
// diff`.
inline bool writes() { return std::getenv("WAYFARE_GOLDEN_WRITE") != nullptr; }

} // namespace golden
