// Finds the words of a refusal, whatever the shape of its body. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace wayfare::wire {

// Turns the server's text into one line of at most 300 bytes. Cuts between characters. Replaces
// control characters by blanks, and bytes that are not UTF-8 by question marks.
std::string one_line(std::string_view text);

// Whether the value of a member `error` says anything. A code of success, such as 0 or 200, says
// nothing.
bool says_anything(json::Value error);

// The object that tells the error: the member `error`, or else the body itself. Of an array, that
// of the first item.
json::Value error_of(json::Value body);

// The words for a reader, in one line; "" if there are none.
std::string words_of(json::Value body);

// All texts that tell the cause: codes, types and words, also those of the provider, unchanged.
std::string all_words_of(json::Value body);

// The names of body members in a refusal.
class RefusalNames {
 public:
  // `words`: the message of its Error. `raw`: its body as JSON, as in Reply::raw.
  RefusalNames(std::string_view words, std::string_view raw);

  // Whether the refusal names this member. "a.b" is named by "b" too. A name that is also a plain
  // word, such as model, must be quoted, or stand where only names stand.
  bool name(std::string_view member) const;

 private:
  bool has(std::string_view member) const;

  std::string text_;               // all words
  std::vector<std::string> alone_; // what stands where only names stand
};

} // namespace wayfare::wire
