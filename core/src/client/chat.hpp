// How a chat begins: its agent is found, and it is prepared, planned and given to the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/profile_cache.hpp"
#include "client/assembly.hpp"
#include "client/call_registry.hpp"
#include "client/seen_speeds.hpp"
#include "config/settings.hpp"
#include "engine/engine.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

// A chat needs these of its client. Callbacks hold them, which may run after the client is
// destroyed.
struct ChatParts {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<CallRegistry> calls;
  std::shared_ptr<AgentProfiles> profiles;
  std::weak_ptr<Engine> engine;
  std::weak_ptr<ledger::Ledger> ledger;
  std::weak_ptr<const ListsOfServers> lists;
  std::shared_ptr<SeenSpeeds> speeds;
};

// Prepares a chat for each of its servers. Reads its whole body. `profile` may be null. Takes the
// request, unless it gives an error.
Result<std::shared_ptr<Outgoing>> prepare_chat(const Settings& settings, Request& request,
                                               std::optional<bool> stream,
                                               const wire::AgentProfile* profile);

// Plans a prepared chat and gives it to the engine. Waits for the models list if it needs one.
void launch(const ChatParts& parts, const CallRegistry::Opened& opened,
            const std::shared_ptr<Outgoing>& call);

// A chat that names an agent. It begins with the profile that the client knows. If the ledger finds
// that the agent has changed, and nothing was sent yet, it begins anew with the new profile. If the
// call fails before the ledger could find that, the profile is read before the failure is told.
class AgentChat : public std::enable_shared_from_this<AgentChat> {
 public:
  AgentChat(ChatParts parts, CallRegistry::Opened opened, Request request,
            std::optional<bool> stream);
  void start();

 private:
  void begin(const std::shared_ptr<std::string>& body);
  void ask(const std::shared_ptr<std::string>& body);
  enum class Age : std::uint8_t { read_now, read_before };
  void begin_with(const AgentProfiles::Profile& profile, Age age,
                  const std::shared_ptr<std::string>& body);
  void again(std::string body);

  const ChatParts parts_;
  const CallRegistry::Opened opened_;
  Request request_; // as the caller gave it, without its body
  const std::optional<bool> stream_;
  const std::int64_t since_us_;
  int begun_anew_ = 0;
};

} // namespace wayfare
