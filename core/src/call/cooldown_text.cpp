#include "call/cooldown_text.hpp"

#include <chrono>

#include "base/time_text.hpp"

namespace wayfare::call {

std::string in_words(const std::string& model, const Cooling& cooling) {
  std::string cause(name(cooling.error));
  if (cooling.status != 0) cause += " (" + std::to_string(cooling.status) + ")";
  if (!cooling.provider.empty()) cause += " of " + cooling.provider;
  const std::string until =
      cooling.probing
          ? "another call tries now whether it works"
          : "it cools down until " + time_text(Time(std::chrono::microseconds(cooling.until_us)));
  const std::string failures = cooling.failures == 1 ? " failure" : " failures";
  return model + ": " + until + ", after " + std::to_string(cooling.failures) + failures + ": " +
         cause;
}

std::string words_of_left_out(const LedgerView::Cooldown& cooldown) {
  return "left out the provider " + cooldown.provider + " (" + cooldown.slug + ") of " +
         cooldown.model + ": it cools down until " +
         time_text(Time(std::chrono::microseconds(cooldown.until_us)));
}

Error refusal_of(const std::string& model, const Cooling& cooling,
                 const std::vector<std::string>& skipped) {
  Error error{.code = Code::cooling_down,
              .message = in_words(model, cooling),
              .advice =
                  "wait for retry_after, name another model in route.models, or set "
                  "route.cooldown to skip or ignore",
              .retryable = true,
              .provider = cooling.provider,
              .retry_after = std::chrono::milliseconds((cooling.wait_us + 999) / 1000)};
  for (const std::string& other : skipped) error.message += "; " + other;
  error.message += "; nothing was sent to it";
  return error;
}

} // namespace wayfare::call
