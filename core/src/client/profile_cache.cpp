#include "client/profile_cache.hpp"

#include <utility>

#include "base/json_text.hpp"
#include "os/files.hpp"

namespace wayfare {

namespace {

constexpr std::size_t profiles_max = 1000, bytes_max = std::size_t{16} << 20;

Error archived(const Agent& agent) {
  return Error{.code = Code::no_agent,
               .message = "the agent " + json::quoted(agent.name) + " is archived",
               .advice = "restore it with restore_agent, or name another agent"};
}

// The profile of an agent from the ledger, with the text of its system_file.
Result<AgentProfiles::Profile> read(const Agent& agent) {
  if (agent.is_archived) return archived(agent);
  if (agent.profile.system_file.empty()) return wire::read_profile(agent);
  const os::FileText file = os::read_file(agent.profile.system_file, wire::system_max);
  if (!file.found || !file.fault.empty() || !json::is_utf8(file.text))
    return Error::invalid("the system_file of the agent " + json::quoted(agent.name) +
                              " cannot be used: " +
                              (!file.found           ? "there is no such file"
                               : !file.fault.empty() ? file.fault
                                                     : "it is not UTF-8 text"),
                          "each process of the ledger must be able to read the file");
  return wire::read_profile(agent, file.text);
}

} // namespace

AgentProfiles::Profile AgentProfiles::find(const std::string& agent) {
  Profile profile;
  {
    std::lock_guard lock(mutex_);
    const auto known = profiles_.find(agent);
    if (known == profiles_.end()) return nullptr;
    profile = known->second;
  }
  if (profile->system_file.empty()) return profile;
  const os::FileText file = os::read_file(profile->system_file, wire::system_max);
  const bool same = file.found && file.fault.empty() && file.text == profile->system;
  return same ? profile : nullptr;
}

void AgentProfiles::keep(const Profile& profile) {
  std::lock_guard lock(mutex_);
  Profile& kept = profiles_[profile->agent];
  if (kept) bytes_ -= kept->text.size();
  kept = profile;
  bytes_ += profile->text.size();
  if (profiles_.size() <= profiles_max && bytes_ <= bytes_max) return;
  profiles_.clear(); // they are read again when they are needed
  profiles_.emplace(profile->agent, profile);
  bytes_ = profile->text.size();
}

void AgentProfiles::forget(const std::string& agent) {
  std::lock_guard lock(mutex_);
  const auto known = profiles_.find(agent);
  if (known == profiles_.end()) return;
  bytes_ -= known->second->text.size();
  profiles_.erase(known);
}

void AgentProfiles::ask(ledger::Ledger& ledger, const std::string& agent, Then then) {
  ledger.execute(GetAgent{.name = agent, .version = {}},
                 [self = shared_from_this(), then = std::move(then)](Result<Agent> found) {
                   if (!found) return then(found.error());
                   auto profile = read(*found);
                   if (profile) self->keep(*profile);
                   then(std::move(profile));
                 });
}

} // namespace wayfare
