#include "values/model_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "values/digit.hpp"

namespace wayfare {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Suffixes that steer how a model is served. Another one, such as Ollama's ":8b", may be a part of
// the name.
std::string_view without_variant(std::string_view name) {
  static constexpr std::array<std::string_view, 9> known{":nitro",    ":floor",  ":online",
                                                         ":free",     ":exacto", ":extended",
                                                         ":thinking", ":beta",   ":latest"};
  for (const std::string_view variant : known)
    if (name.ends_with(variant)) return name.substr(0, name.size() - variant.size());
  return name;
}

// Whether the text is like the shape, in which 0 stands for any digit.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(
      text, shape, [](char c, char like) { return like == '0' ? is_digit(c) : c == like; });
}

// The date at the end of a name; empty where there is none.
std::string_view date_of(std::string_view name) {
  static constexpr std::array<std::string_view, 4> shapes{"-0000-00-00", "-00000000", "-00-00",
                                                          "-0000"};
  for (const std::string_view shape : shapes)
    if (name.size() > shape.size() && has_shape(name.substr(name.size() - shape.size()), shape))
      return name.substr(name.size() - shape.size());
  return {};
}

std::string_view author_of(std::string_view name) {
  const auto slash = name.find('/');
  return slash == name.npos ? std::string_view() : name.substr(0, slash);
}

// Calls `each(word)` for the words of a name that have a letter.
template <class Each>
void for_words(std::string_view name, Each each) {
  while (!name.empty()) {
    const auto end = std::min(name.find_first_of("/-._: "), name.size());
    const std::string_view word = name.substr(0, end);
    if (std::ranges::any_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) each(word);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
}

bool share_a_word(std::string_view one, std::string_view other) {
  bool shared = false;
  for_words(one, [&](std::string_view word) {
    for_words(other, [&](std::string_view same) { shared = shared || same == word; });
  });
  return shared;
}

} // namespace

std::string folded_name(std::string_view name) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = name.find_first_not_of(blanks);
  if (begin == name.npos) return {};
  return lower(name.substr(begin, name.find_last_not_of(blanks) + 1 - begin));
}

bool is_open_name(std::string_view name) {
  return name.empty() || name.starts_with('~') || name.find('@') != name.npos;
}

SameModel compare_model_names(std::string_view one, std::string_view other) {
  constexpr std::size_t name_max = 512; // a longer one was cut
  if (one == other) return SameModel::yes;
  if (one.empty() || other.empty() || one.size() > name_max || other.size() > name_max)
    return SameModel::perhaps;
  const std::string first = lower(one), second = lower(other);
  const std::string_view plain = without_variant(first), same = without_variant(second);
  if (plain == same) return SameModel::yes;
  const std::string_view date = date_of(plain), other_date = date_of(same);
  if (plain.substr(0, plain.size() - date.size()) ==
      same.substr(0, same.size() - other_date.size()))
    return date.empty() || other_date.empty() ? SameModel::yes : SameModel::no;
  const std::string_view author = author_of(plain), other_author = author_of(same);
  const bool are_others = !author.empty() && !other_author.empty() && author != other_author &&
                          !share_a_word(plain, same);
  return are_others ? SameModel::no : SameModel::perhaps;
}

} // namespace wayfare
