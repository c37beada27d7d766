// The texts of agents that the ledger does not store: system prompts, parameters and tools. Each
// version's texts are one private file in a folder beside the ledger, LEDGER.agents. The name of
// the file is the SHA-256 of its content, so that a file never changes and equal texts are stored
// once. Whoever may use the ledger may use its texts. All methods may be called from any thread and
// may block on the disk.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include <wayfare/agent.hpp>

namespace wayfare::ledger {

class AgentTexts {
 public:
  // `ledger`: its absolute path, or ":memory:", whose texts stay in memory.
  explicit AgentTexts(const std::string& ledger);

  // The texts of a profile as they are stored; "" if it has none.
  static std::string content_of(const Profile& profile);

  // Stores a content and syncs it, unless it is there. Sets `hash`; to "" for an empty content.
  // Returns "" or the error.
  std::string store(const std::string& content, std::string& hash);

  // Puts the texts into a profile. Returns "" or why they cannot be read.
  std::string read(const std::string& hash, Profile& profile);

  // Copies a content to the folder of another ledger. Returns "" or why it cannot be stored there.
  // A content that cannot be read is missing there, too.
  std::string copy(const std::string& hash, AgentTexts& to);

 private:
  std::string load(const std::string& hash, std::string& content);

  std::string ledger_;
  std::string folder_; // "": in memory
  std::mutex mutex_;
  std::map<std::string, std::string> in_memory_;
};

} // namespace wayfare::ledger
