// The API keys of a client, and whether one can work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>

#include "config/variables.hpp"
#include "values/server.hpp"

namespace wayfare {

struct Key {
  std::string name;        // "": the default
  std::string text;        // not judged yet
  std::string place;       // where it was found
  std::string fingerprint; // SHA-256, hex; what the ledger knows of it
  bool expands = false;    // see dotenv::Assignment
};

class Keys {
 public:
  Keys() = default;
  // Errors are `invalid`: what cannot be the name of a key, or too many.
  static Result<Keys> of(std::string api_key,
                         std::vector<std::pair<std::string, std::string>> named,
                         const Variables& variables);

  // The key of that name ("": the default) for a call that is about to need it; null where it does
  // without. What cannot work is `key_missing` or `key_malformed`, with the place where it was
  // found; a name that is none of theirs is `invalid`.
  Result<const Key*> choose(const std::string& name, KeyRule rule) const;

  // What the ledger knows them by, and the key of one: null where it is none of these.
  std::vector<std::string> fingerprints() const;
  const Key* of_fingerprint(std::string_view fingerprint) const;

  bool has_default() const { return find("") != nullptr; }

  // Whether one of them stands in a text, such as a server's refusal that repeats it; and how it is
  // taken out.
  bool stand_in(std::string_view text) const;
  void hide(std::string& text) const;
  // The same in a quotation, which may have been cut in the middle of a key: what could tell it
  // apart is not left standing.
  void hide_parts(std::string& line) const;

 private:
  const Key* find(std::string_view name) const;
  std::string names() const;
  std::vector<Key> keys_; // the longest first, so that none hides a part of another
  std::string looked_;    // for the default: Variables::places()
};

// What is wrong with a key of any server, and with one of OpenRouter, as "is in quotes"; "" where
// nothing is.
std::string fault_of_key(std::string_view key);
std::string fault_of_openrouter_key(std::string_view key);

} // namespace wayfare
