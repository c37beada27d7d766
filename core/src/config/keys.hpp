// The API keys of a client, and the checks whether a key can work.
#pragma once

#include <array>
#include <cstddef>
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
  std::string name;        // "": the default key
  std::string text;        // not checked yet
  std::string place;       // the place where the key was found
  std::string fingerprint; // SHA-256 in hex; the ledger stores only this
  bool expands = false;    // see dotenv::Assignment
  FoundIn found_in = FoundIn::option;
  std::string file;    // where it was found; empty for the others
  std::string refusal; // why the server of the client does not get it; empty if it does
  std::string remedy;
};

class Keys {
 public:
  Keys() = default;
  // Errors: invalid, if a name cannot be used or there are too many keys.
  static Result<Keys> of(std::string api_key,
                         std::vector<std::pair<std::string, std::string>> named,
                         const Variables& variables);

  // Keeps the default key from the server of this base URL, unless both are from places that trust
  // each other: see the option allow_key_to.
  void keep_from(const Variable& base_url, const std::string& server);

  // Returns the key with this name ("": the default) for a call. Returns null if the call needs no
  // key. Errors: key_missing; key_malformed with the place of the key; key_not_allowed, see
  // keep_from(); invalid for an unknown name.
  Result<const Key*> choose(const std::string& name, KeyRule rule) const;

  // The fingerprints of all keys, and the key with a fingerprint: null if there is none.
  std::vector<std::string> fingerprints() const;
  const Key* of_fingerprint(std::string_view fingerprint) const;

  bool has_default() const { return find("") != nullptr; }

  // Whether a text contains one of the keys, for example a refusal of the server; and its removal.
  // A key is also found where its characters are written as escapes of JSON, or of JSON in a string
  // of JSON. Keys that are shorter than `hidden_min` are not sought: they may be a part of common
  // words.
  static constexpr std::size_t hidden_min = 12;
  bool stand_in(std::string_view text) const { return text.size() >= shortest_ && are_in(text); }
  void hide(std::string& text) const {
    if (text.size() >= shortest_) replace_in(text);
  }
  // Hides keys in a quotation that may be cut in the middle of a key: also hides parts of a key
  // that are long enough to identify it.
  void hide_parts(std::string& line) const;

 private:
  const Key* find(std::string_view name) const;
  std::string names() const;
  bool are_in(std::string_view text) const;
  bool are_plainly_in(std::string_view text) const;
  void replace_in(std::string& text) const;

  // Finds a key in texts, in steps as long as the key (Horspool).
  struct Needle {
    explicit Needle(std::string_view key);
    std::size_t find(std::string_view text, std::size_t from) const;
    std::string key;
    std::array<std::uint16_t, 256> steps; // by the letter that stands where the key would end
  };

  std::vector<Key> keys_; // the longest first, so that hiding one key does not break up another
  std::vector<Needle> needles_;     // the keys that are sought, in the same order
  std::size_t shortest_ = SIZE_MAX; // of these
  std::string near_;                // the variables that may have been meant for it
  std::string looked_;              // the places searched for the default key: Variables::places()
};

// The fault of a key for any server, and of a key for OpenRouter, such as "is in quotes"; "" if
// there is none.
std::string fault_of_key(std::string_view key);
std::string fault_of_openrouter_key(std::string_view key);

} // namespace wayfare
