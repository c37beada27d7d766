// wayfare_simulate conversations [COUNT [SEED]]: prints the table.
// wayfare_simulate decisions [COUNT [SEED]], wayfare_simulate walks [COUNT [SEED]]: print what the
// simulated server decides.

#include <charconv>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "simulation/decisions.hpp"
#include "simulation/report.hpp"
#include "support/places.hpp"

using namespace wayfare::conversations;

namespace {

// The number at a place, or the usual one if the place is empty.
bool read(std::span<char* const> words, std::size_t place, std::uint64_t& number) {
  if (place >= words.size()) return true;
  const std::string_view word = words[place];
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), number);
  return fault == std::errc() && end == word.data() + word.size();
}

int run(std::span<char* const> words) {
  const std::string_view what = words.size() > 1 ? words[1] : "";
  const bool is_table = what == "conversations";
  std::uint64_t count = is_table ? 10'000 : 300, seed = 1;
  if ((!is_table && what != "decisions" && what != "walks") || !read(words, 2, count) ||
      !read(words, 3, seed) || words.size() > 4 || count == 0 || count > 1'000'000) {
    std::fputs("usage: wayfare_simulate conversations|decisions|walks [COUNT [SEED]]\n", stderr);
    return 2;
  }
  const Table table = Table::read(places::providers());
  if (is_table) std::fputs(report(count, seed, table, all_policies()).c_str(), stdout);
  const auto line = what == "decisions" ? decision : walk;
  for (std::uint64_t number = 0; !is_table && number < count; ++number)
    std::puts(line(table, seed, number).c_str());
  return 0;
}

} // namespace

int main(int count, char** words) {
  try {
    return run({words, static_cast<std::size_t>(count)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wayfare_simulate: %s\n", error.what());
    return 1;
  }
}
