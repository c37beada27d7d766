// The files that keep a program's variables, such as .env.local and .env: text → assignments. Pure.
//
//   # a comment
//   export NAME=value       # `export` means nothing; a comment needs white space before its #
//   NAME: value             # as in YAML: dotenv of Node reads it too
//   NAME='as it stands'     # so do `backticks`; either may span lines, and so may "double quotes"
//   NAME="\n \r \t \" \\ \$" # any other backslash stands for itself
//
// Lines end with LF, CRLF or CR; a byte-order mark is skipped. A quote that is not closed, or has
// more than a comment behind it, is read as part of a bare value. What is no assignment is skipped,
// as by every such parser. Variables are not expanded: the common parsers agree neither on the
// syntax nor on whether they do it at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wayfare::dotenv {

struct Assignment {
  std::string name;
  std::string value;
  int line = 0; // from 1: where it begins
  // whether $NAME or ${NAME} stands in it, which another parser might have replaced; "\$" is none
  bool expands = false;
};

// In the order of the text; the last one of a name is the one that counts.
std::vector<Assignment> parse(std::string_view text);

} // namespace wayfare::dotenv
