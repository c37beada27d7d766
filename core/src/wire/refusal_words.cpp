#include "wire/refusal_words.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/json_text.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t quoted_max = 300;
constexpr std::size_t all_max = std::size_t{64} << 10; // of all words
constexpr int items_max = 3;                           // the most items of a list that are told
constexpr int depth_max = 6;                           // words that stand deeper are not found
constexpr std::size_t names_max = 256;                 // the most steps of paths that are read

bool is_code_of_success(json::Value code) {
  constexpr std::array<std::string_view, 8> words{"",   "0",       "200",     "ok",
                                                  "OK", "success", "Success", "SUCCESS"};
  if (const auto number = code.integer()) return *number == 0 || (*number >= 200 && *number < 300);
  return code.is_string() && std::ranges::find(words, code.string()) != words.end();
}

// Where the words stand: of OpenAI and most others, of Python's FastAPI, of Chinese servers, of
// problem documents (RFC 9457).
constexpr std::array<const char*, 14> keys{"message",
                                           "msg",
                                           "detail",
                                           "details",
                                           "error",
                                           "errors",
                                           "error_message",
                                           "err_msg",
                                           "status_msg",
                                           "description",
                                           "error_description",
                                           "reason",
                                           "title",
                                           "text"};

std::string text_in(json::Value value, int depth = 0);

// The place that an item of FastAPI names before its words: "body.x: ".
std::string place_of(json::Value item) {
  std::string place;
  const json::Value path = item["loc"];
  for (json::Value step = path.first(); path.is_array() && step.exists(); step = step.next())
    place +=
        (place.empty() ? "" : ".") + std::string(step.is_string() ? step.string() : step.number());
  return place.empty() ? place : place + ": ";
}

std::string text_in_list(json::Value list, int depth) {
  std::string words;
  int told = 0;
  for (json::Value item = list.first(); item.exists() && told < items_max; item = item.next())
    if (const std::string text = text_in(item, depth); !text.empty()) {
      words += (words.empty() ? "" : "; ") + text;
      ++told;
    }
  return words;
}

std::string text_in(json::Value value, int depth) {
  if (value.is_string()) return one_line(value.string());
  if (++depth > depth_max) return "";
  if (value.is_array()) return one_line(text_in_list(value, depth));
  if (!value.is_object()) return "";
  for (const char* key : keys)
    if (const std::string text = text_in(value[key], depth); !text.empty())
      return one_line(place_of(value) + text);
  if (const std::string text = text_in(value["base_resp"], depth); !text.empty()) return text;
  // Some have the field as the name of a member, with its faults as a list.
  for (json::Value member = value.first(); member.exists(); member = member.next())
    if (member.is_array())
      if (const std::string text = text_in(member, depth); !text.empty())
        return one_line(std::string(member.key()) + ": " + text);
  return "";
}

} // namespace

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && !json::is_utf8(text.substr(0, length))) ++length;
    std::string_view character = length <= 4 ? text.substr(0, length) : "?";
    if (static_cast<unsigned char>(character.front()) < 0x20 || character.front() == 0x7F)
      character = " ";
    if (line.size() + character.size() > quoted_max) return line + "…";
    line += character;
    text.remove_prefix(length <= 4 ? length : 1);
  }
  return line;
}

bool says_anything(json::Value error) {
  if (error.is_string()) return error.string().find_first_not_of(" \t\r\n") != std::string::npos;
  if (error.kind() == json::Kind::number) return !is_code_of_success(error);
  if (!error.is_object() && !error.is_array()) return error.is_true();
  for (json::Value member = error.first(); member.exists(); member = member.next()) {
    const auto key = member.key();
    const bool is_code = key == "code" || key == "status" || key == "status_code";
    if (is_code ? !is_code_of_success(member) && says_anything(member) : says_anything(member))
      return true;
  }
  return false;
}

json::Value error_of(json::Value body) {
  if (body.is_array()) body = body.first();
  const json::Value error = body["error"];
  return error.is_object() && error.size() > 0 ? error : body;
}

std::string words_of(json::Value body) {
  if (body.is_array()) body = body.first();
  if (!body.is_object()) return "";
  const json::Value error = body["error"];
  std::string words = text_in(error);
  if (words.empty()) words = text_in(body);
  const auto raw = error["metadata"]["raw"].string();
  if (!raw.empty() && words.find(raw) == words.npos)
    words += (words.empty() ? "" : ": ") + one_line(raw);
  return words;
}

std::string all_words_of(json::Value body) {
  const json::Value error = error_of(body);
  std::string all = words_of(body);
  for (const json::Value text : {error["code"], error["type"], error["status"], body["code"],
                                 error["metadata"]["raw"], body["base_resp"]["status_msg"]})
    if (!text.string().empty() && all.size() < all_max)
      all += " " + std::string(text.string().substr(0, all_max));
  return all;
}

namespace {

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

// The paths in the lists of FastAPI: {"loc": ["body", "x"]}.
void read_places(json::Value value, int depth, std::vector<std::string>& places) {
  if (depth > depth_max || places.size() > names_max) return;
  for (json::Value member = value.first(); member.exists(); member = member.next()) {
    if (member.key() == "input") continue; // the request itself, repeated
    if (member.key() != "loc") read_places(member, depth + 1, places);
    for (json::Value step = member.first(); member.key() == "loc" && step.exists();
         step = step.next())
      places.emplace_back(step.string());
  }
}

} // namespace

RefusalNames::RefusalNames(std::string_view words, std::string_view raw) : text_(words) {
  json::Document document;
  if (!document.parse(raw)) return;
  const json::Value body = document.root();
  if (body.is_string()) text_ += " " + std::string(body.string().substr(0, all_max));
  text_ += " " + all_words_of(body);
  alone_.emplace_back(error_of(body)["param"].string());
  read_places(body, 0, alone_);
}

bool RefusalNames::name(std::string_view member) const {
  if (has(member)) return true;
  const auto dot = member.rfind('.');
  return dot != member.npos && (has(member.substr(0, dot)) || has(member.substr(dot + 1)));
}

bool RefusalNames::has(std::string_view member) const {
  if (std::ranges::find(alone_, member) != alone_.end()) return true;
  const bool is_word = member.find_first_of("_.") == member.npos;
  const std::string_view text = text_;
  for (auto at = text.find(member); at != text.npos; at = text.find(member, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const auto end = at + member.size();
    const char after = end == text.size() ? ' ' : text[end];
    if (is_of_name(before) || is_of_name(after)) continue;
    if (!is_word || (is_quote(before) && before == after)) return true;
    const bool is_last = end == text.size() || text.substr(end).starts_with(" (");
    if (is_last && text.substr(0, at).ends_with(": ")) return true; // "unknown argument: model"
  }
  return false;
}

} // namespace wayfare::wire
