#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/json_text.hpp"
#include "base/sha256.hpp"
#include "config/near_names.hpp"

namespace wayfare {

namespace {

constexpr std::size_t keys_max = 64;
constexpr std::size_t name_max = 128;
constexpr std::size_t key_max = 1024;
constexpr std::string_view prefix = "sk-or-v1-"; // followed by 64 hex digits
constexpr std::size_t openrouter_size = prefix.size() + 64;
constexpr const char* make_one = "make a key at https://openrouter.ai/settings/keys";

Error error(Code code, std::string message, std::string advice) {
  return Error{.code = code, .message = std::move(message), .advice = std::move(advice)};
}

// The prefixes of keys, and the providers that issue them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> families{
    {{"sk-ant-", "Anthropic"},
     {"sk-proj-", "OpenAI"},
     {"sk-svcacct-", "OpenAI"},
     {"sk-admin-", "OpenAI"},
     {"gsk_", "Groq"},
     {"hf_", "Hugging Face"},
     {"AIza", "Google"},
     {"xai-", "xAI"},
     {"pplx-", "Perplexity"},
     {"nvapi-", "NVIDIA"},
     {"r8_", "Replicate"},
     {"fw_", "Fireworks"},
     {"csk-", "Cerebras"},
     {"ghp_", "GitHub"},
     {"github_pat_", "GitHub"}}};

std::string_view family_of(std::string_view key) {
  for (const auto& [begin, family] : families)
    if (key.starts_with(begin)) return family;
  return {};
}

// A key may be given in the place of a name by mistake. Messages show only names, never keys.
bool looks_like_key(std::string_view text) {
  return text.starts_with("sk-or-") ||
         (text.size() >= 20 && (text.starts_with("sk-") || !family_of(text).empty()));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Whether the text consists only of words that placeholders consist of. A real key may contain such
// a word by chance, but never consists of them.
bool is_words(std::string_view text) {
  static constexpr std::string_view words[] = {
      "your",   "openrouter", "open",     "router",  "api",   "key",    "secret", "token",
      "goes",   "here",       "changeme", "change",  "me",    "my",     "the",    "real",
      "actual", "paste",      "put",      "replace", "with",  "insert", "this",   "placeholder",
      "enter",  "example",    "dummy",    "test",    "fake",  "todo",   "none",   "null",
      "set",    "fill",       "in",       "xxx",     "value", "some",   "string"};
  bool any = false;
  while (!text.empty()) {
    std::size_t longest = 0;
    for (const std::string_view word : words)
      if (text.starts_with(word)) longest = std::max(longest, word.size());
    any = any || longest > 0;
    if (longest == 0 && std::string_view("-_. ").find(text.front()) == std::string_view::npos)
      return false;
    text.remove_prefix(std::max<std::size_t>(longest, 1));
  }
  return any;
}

bool is_placeholder(std::string_view key) {
  if (key.find_first_of("<>{}[]()$*") != key.npos || key.find("...") != key.npos ||
      key.find("\xE2\x80\xA6") != key.npos)
    return true;
  std::string rest = lower(key);
  // "sk-or-", "sk-"
  for (const std::string_view begin : {prefix, prefix.substr(0, 6), prefix.substr(0, 3)}) {
    if (!rest.starts_with(begin)) continue;
    rest.erase(0, begin.size());
    break;
  }
  if (is_words(rest)) return true;
  std::erase_if(rest, [](char c) { return c == '-' || c == '_' || c == '.'; });
  return !rest.empty() && std::isgraph(static_cast<unsigned char>(rest.front())) != 0 &&
         rest.find_first_not_of(rest.front()) == rest.npos; // xxxx
}

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) {
    if (all.size() > 300) return all + ", ...";
    all += (all.empty() ? "" : ", ") + json::quoted(name);
  }
  return all;
}

// Returns "" if the text can be the name of a key.
std::string fault_of_name(const std::string& name) {
  if (name.empty()) return "keys has a key without a name";
  if (name.size() > name_max) return "keys has a name that is longer than 128 bytes";
  if (!json::is_utf8(name) || name.find('\0') != name.npos)
    return "keys has a name that is not UTF-8 text";
  if (looks_like_key(name))
    return "keys has a name that looks like a key: names come first, then keys";
  return {};
}

// Whether the text has escapes that unescaped() replaces.
bool has_escapes(std::string_view text) {
  return text.find("\\u00") != text.npos || text.find("\\/") != text.npos;
}

// The ASCII character that is escaped at the beginning of the text, and the size of the escape:
// "\u0041" or "\/", or with two backslashes in a string in a string. 0 where there is none. Quotes
// and backslashes need their escapes, and keep them.
std::pair<char, std::size_t> escaped(std::string_view text) {
  const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
  if (slashes == 0 || slashes > 2) return {'\0', 0};
  text.remove_prefix(slashes);
  if (text.starts_with('/')) return {'/', slashes + 1};
  unsigned code = 0;
  if (text.size() < 5 || !text.starts_with("u00")) return {'\0', 0};
  const auto read = std::from_chars(text.data() + 3, text.data() + 5, code, 16);
  const bool is_plain = code > 0x20 && code < 0x7F && code != '"' && code != '\\';
  if (read.ptr != text.data() + 5 || !is_plain) return {'\0', 0};
  return {static_cast<char>(code), slashes + 5};
}

// JSON with the characters of a key written as they are. What it means stays the same.
std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (const auto [letter, size] = escaped(text); size > 0) {
      out += letter;
      text.remove_prefix(size);
    } else { // the backslashes, and what the last of them escapes
      const auto other = std::min(text.find_first_not_of('\\'), text.size());
      out += text.substr(0, other);
      text.remove_prefix(other);
    }
  }
  return out;
}

// Variables that may have been meant for the key, for a message.
std::string told(const std::vector<Variables::Near>& near) {
  std::string all;
  for (const auto& [name, place, key] : near) {
    all += "; " + name + " is set in " + place;
    if (is_public_name(name))
      all += ", and is not used: a web app shows such a variable to everybody";
  }
  return all;
}

} // namespace

std::string fault_of_key(std::string_view key) {
  const auto has = [&](auto is) { return std::ranges::any_of(key, is); };
  const auto is_quote = [](char c) { return c == '"' || c == '\'' || c == '`'; };
  const auto is_white = [](unsigned char c) { return std::isspace(c) != 0; };
  if (key.size() > key_max) return "is longer than 1024 characters";
  if (key.size() > 1 && is_quote(key.front()) && key.front() == key.back()) return "is in quotes";
  if (key.ends_with('\n') || key.ends_with('\r')) return "ends with a line break";
  if (lower(key).starts_with("bearer ")) return "begins with the word Bearer";
  if (has(is_white))
    return is_white(key.front()) || is_white(key.back()) ? "has white space around it"
                                                         : "has white space in it";
  if (has(is_quote)) return "has a quote in it";
  if (has([](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return "has a control character in it";
  if (has([](unsigned char c) { return c > 0x7F; }))
    return "has a character in it that is not ASCII";
  return {};
}

// Refuses only keys that surely cannot work. The format of keys that begin with sk-or- but not with
// sk-or-v1- is not known.
std::string fault_of_openrouter_key(std::string_view key) {
  if (is_placeholder(key)) return "is a placeholder";
  if (auto fault = fault_of_key(key); !fault.empty()) return fault;
  if (const auto family = family_of(key); !family.empty())
    return "looks like a key of " + std::string(family) + ", not of OpenRouter";
  if ((key.starts_with(prefix) && key.size() < openrouter_size) || prefix.starts_with(key))
    return "is cut short: it has " + std::to_string(key.size()) + " characters and should have " +
           std::to_string(openrouter_size);
  if (!key.starts_with("sk-or-"))
    return "is not a key of OpenRouter, which begins with " + std::string(prefix);
  return {};
}

Result<Keys> Keys::of(std::string api_key, std::vector<std::pair<std::string, std::string>> named,
                      const Variables& variables) {
  Keys keys;
  keys.looked_ = variables.places();
  if (named.size() > keys_max)
    return error(Code::invalid, "keys has more than 64 keys", "open another client for the others");
  const auto add = [&](Key key) {
    key.fingerprint = sha256_hex(key.text);
    keys.keys_.push_back(std::move(key));
  };
  for (auto& [name, text] : named) {
    if (auto fault = fault_of_name(name); !fault.empty())
      return error(Code::invalid, fault, "give {name, key}, such as {\"batch\", \"sk-or-v1-...\"}");
    if (keys.find(name))
      return error(Code::invalid, "keys has the name " + json::quoted(name) + " twice",
                   "give each key a name of its own");
    add({.name = name, .text = std::move(text), .place = "the option keys, " + json::quoted(name)});
  }
  if (!api_key.empty()) {
    add({.text = std::move(api_key), .place = "the option api_key"});
  } else if (auto found = variables.find("OPENROUTER_API_KEY"); !found.value.empty()) {
    add({.text = std::move(found.value),
         .place = std::move(found.place),
         .expands = found.expands,
         .found_in = found.found_in,
         .file = std::move(found.file)});
  }
  if (!keys.has_default()) keys.near_ = told(variables.near_key_names());
  std::ranges::stable_sort(keys.keys_, std::ranges::greater{},
                           [](const Key& key) { return key.text.size(); });
  for (const Key& key : keys.keys_)
    if (key.text.size() >= hidden_min && key.text.size() <= key_max) {
      keys.needles_.emplace_back(key.text);
      keys.shortest_ = key.text.size();
    }
  return keys;
}

void Keys::keep_from(const Variable& base_url, const std::string& server) {
  if (base_url.found_in == FoundIn::nowhere || base_url.found_in == FoundIn::option) return;
  for (Key& key : keys_) {
    if (key.found_in == FoundIn::option) continue;
    if (key.found_in == base_url.found_in && key.file == base_url.file) continue;
    key.refusal = "the API key (" + key.place + ") is not for the server of the base URL (" +
                  base_url.place + "); nothing was sent";
    key.remedy = "set both in one place, or name " + server + " in the option allow_key_to";
  }
}

const Key* Keys::find(std::string_view name) const {
  const auto found = std::ranges::find(keys_, name, &Key::name);
  return found == keys_.end() ? nullptr : &*found;
}

std::vector<std::string> Keys::fingerprints() const {
  std::vector<std::string> all;
  for (const Key& key : keys_)
    if (!key.text.empty() && key.refusal.empty()) all.push_back(key.fingerprint);
  return all;
}

const Key* Keys::of_fingerprint(std::string_view fingerprint) const {
  const auto found = std::ranges::find(keys_, fingerprint, &Key::fingerprint);
  const bool none = found == keys_.end() || found->text.empty() || !found->refusal.empty();
  return none ? nullptr : &*found;
}

std::string Keys::names() const {
  std::vector<std::string> names;
  for (const Key& key : keys_)
    if (!key.name.empty()) names.push_back(key.name);
  std::ranges::sort(names);
  return listed(names);
}

Result<const Key*> Keys::choose(const std::string& name, KeyRule rule) const {
  const Key* key = find(name);
  if (!key && !name.empty()) {
    const bool is_name =
        fault_of_name(name).empty() && std::ranges::find(keys_, name, &Key::text) == keys_.end();
    const std::string known = names();
    return error(Code::invalid,
                 "route.key " + (is_name ? "is " + json::quoted(name) + ", which names" : "names") +
                     " none of the client's keys; nothing was sent",
                 known.empty() ? "give the client the option keys" : "name one of " + known);
  }
  if (key && !key->refusal.empty()) return error(Code::key_not_allowed, key->refusal, key->remedy);
  if (rule == KeyRule::optional && (!key || key->text.empty())) return nullptr;
  if (!key) {
    if (const std::string known = names(); !known.empty())
      return error(Code::key_missing,
                   "there is no default API key, only keys with a name; nothing was sent",
                   "name one of " + known + " in route.key");
    return error(
        Code::key_missing,
        "there is no API key: no api_key was given, and OPENROUTER_API_KEY is not set in " +
            looked_ + near_ + "; nothing was sent",
        near_.empty() ? std::string(make_one) + " and set OPENROUTER_API_KEY to it"
                      : "did you mean OPENROUTER_API_KEY? Set the key under that name");
  }
  if (key->text.empty())
    return error(Code::key_missing, "the API key (" + key->place + ") is empty; nothing was sent",
                 make_one);
  const auto fault = key->expands ? "names another variable, and variables are not expanded"
                     : rule == KeyRule::openrouter ? fault_of_openrouter_key(key->text)
                                                   : fault_of_key(key->text);
  if (fault.empty()) return key;
  return error(
      Code::key_malformed, "the API key (" + key->place + ") " + fault + "; nothing was sent",
      "put the bare key there, whole and without quotes or blanks, or " + std::string(make_one));
}

Keys::Needle::Needle(std::string_view of) : key(of) {
  steps.fill(static_cast<std::uint16_t>(key.size()));
  for (std::size_t at = 0; at + 1 < key.size(); ++at)
    steps[static_cast<unsigned char>(key[at])] = static_cast<std::uint16_t>(key.size() - 1 - at);
}

std::size_t Keys::Needle::find(std::string_view text, std::size_t from) const {
  const std::size_t size = key.size();
  while (from + size <= text.size()) {
    const char last = text[from + size - 1];
    if (last == key.back() && text.substr(from, size) == key) return from;
    from += steps[static_cast<unsigned char>(last)];
  }
  return text.npos;
}

bool Keys::are_plainly_in(std::string_view text) const {
  return std::ranges::any_of(
      needles_, [&](const Needle& needle) { return needle.find(text, 0) != text.npos; });
}

bool Keys::are_in(std::string_view text) const {
  return are_plainly_in(text) || (has_escapes(text) && are_plainly_in(unescaped(text)));
}

void Keys::replace_in(std::string& text) const {
  static constexpr std::string_view instead = "[key]";
  if (has_escapes(text))
    if (std::string plain = unescaped(text); are_plainly_in(plain)) text = std::move(plain);
  for (const Needle& needle : needles_) {
    std::string out;
    std::size_t from = 0;
    for (auto at = needle.find(text, 0); at != text.npos; at = needle.find(text, from)) {
      out.append(text, from, at - from).append(instead);
      from = at + needle.key.size();
    }
    if (from > 0) text = out.append(text, from);
  }
}

void Keys::hide_parts(std::string& line) const {
  for (const Needle& needle : needles_)
    for (std::size_t at = 0; at + hidden_min <= line.size(); ++at) {
      const std::string_view key = needle.key;
      const auto found = key.find(std::string_view(line).substr(at, hidden_min));
      if (found == key.npos) continue;
      const auto begin = line.begin() + static_cast<std::ptrdiff_t>(at);
      line.replace(begin,
                   std::mismatch(begin, line.end(),
                                 key.begin() + static_cast<std::ptrdiff_t>(found), key.end())
                       .first,
                   "[key]");
    }
}

} // namespace wayfare
