// The profiles of agents that a client has read. They may be old: the transaction of each
// reservation compares the version. All methods may be called from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <wayfare/error.hpp>

#include "ledger/shared_ledger.hpp"
#include "wire/agent_profile.hpp"

namespace wayfare {

class AgentProfiles : public std::enable_shared_from_this<AgentProfiles> {
 public:
  using Profile = std::shared_ptr<const wire::AgentProfile>;
  using Then = std::function<void(Result<Profile>)>;

  // Returns the profile if it was read before. Null if it was not, or if its system_file has
  // another text by now. Reads that file.
  Profile find(const std::string& agent);
  // Reads the profile from the ledger. Calls `then` once, on a thread of the ledger. Errors:
  // no_agent, also for an archived agent.
  void ask(ledger::Ledger& ledger, const std::string& agent, Then then);
  void forget(const std::string& agent);

 private:
  void keep(const Profile& profile);

  std::mutex mutex_;
  std::unordered_map<std::string, Profile> profiles_;
  std::size_t bytes_ = 0; // of their texts
};

} // namespace wayfare
