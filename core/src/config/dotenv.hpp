// Reads files with variables, such as .env.local and .env: text → assignments. Pure.
//
//   # a comment
//   export NAME=value       # `export` means nothing; a comment needs white space before its #
//   NAME: value             # as in YAML: dotenv of Node reads it too
//   NAME='as it stands'     # so do `backticks`; either may span lines, and so may "double quotes"
//   NAME="\n \r \t \" \\ \$" # any other backslash stands for itself
//
// Lines end with LF, CRLF or CR. A byte-order mark is skipped. A quote is read as part of a bare
// value if it is not closed, or if text other than a comment follows it. A line that is not an
// assignment is skipped, as in all such parsers. Variables are not expanded, because the common
// parsers disagree about the syntax and about expanding at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wayfare::dotenv {

struct Assignment {
  std::string name;
  std::string value;
  int line = 0; // from 1: the line where it begins
  // Whether it contains $NAME or ${NAME}, which another parser might expand. "\$" does not count.
  bool expands = false;
};

// Returns the assignments in the order of the text. If a name has several, the last one counts.
std::vector<Assignment> parse(std::string_view text);

} // namespace wayfare::dotenv
