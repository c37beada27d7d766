// A call leaves out of its later attempts what the server has refused.
#include <algorithm>

#include "call/call.hpp"

namespace wayfare::call {

// From now on, for every model of that server: what one of them gets through a gateway, the others
// do too.
void Call::leave_usage_out() {
  if (!usage_refused_) refusing_ = models_[at_].server;
  usage_refused_ = true;
  std::erase(added_, wire::usage_options);
  for (std::size_t at = at_; at < models_.size(); ++at) {
    if (models_[at].server != refusing_) continue;
    models_[at].usage_unasked = true;
    std::erase(models_[at].added, wire::usage_options);
  }
}

// The account may have rules of its own for providers, which are not known here.
void Call::leave_no_provider_out() {
  Choice& choice = models_[at_];
  choice.may_leave_out = false;
  choice.cooling.clear();
  choice.warnings.emplace_back(
      "without the providers that cool down the server had none for the request, so that it was "
      "sent once more with them");
  write_ignored(choice);
  if (!choice.ignored.empty()) return;
  std::erase(choice.added, ignored_providers);
  std::erase(added_, ignored_providers);
}

void Call::warn_of_usage(bool failed, Reply& reply) const {
  if (usage_refused_)
    reply.warnings.emplace_back(
        "the server refuses stream_options, which wayfare had added, so that the request was sent "
        "once more without it: \"stream_options\": null saves the first try");
  if (!failed && models_[at_].usage_unasked && !reply.usage.prompt_tokens &&
      !reply.usage.completion_tokens)
    reply.warnings.emplace_back(
        "the server told no usage, for which stream_options would have asked");
}

} // namespace wayfare::call
