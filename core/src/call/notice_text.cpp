#include "call/notice_text.hpp"

#include <algorithm>

#include "base/time_text.hpp"
#include "call/attempt.hpp"

namespace wayfare::call {

namespace {

std::string shown(std::string_view name) {
  std::string text(name);
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c >= 0x7F; }, '?');
  return text.empty() ? "the server's choice" : text;
}

std::string cause_of(const Notice& notice) {
  std::string cause(name(notice.error));
  if (notice.status != 0) cause += " (" + std::to_string(notice.status) + ")";
  return cause;
}

std::string cost_of(const Notice& notice) {
  return notice.cost ? notice.cost->text() + " USD" : "cost not known";
}

std::string end_of(const Notice& notice) {
  std::string text = shown(notice.model) + ": ";
  if (notice.error != Code::ok) text += cause_of(notice) + ", ";
  text += name(notice.state.value_or(State::unknown));
  if (notice.prompt_tokens && notice.completion_tokens)
    text += ", " + std::to_string(*notice.prompt_tokens) + " + " +
            std::to_string(*notice.completion_tokens) + " tokens";
  if (notice.state != State::voided) text += ", " + cost_of(notice);
  if (notice.total_us) text += ", " + seconds(*notice.total_us);
  return text;
}

} // namespace

std::string text_of(const Notice& notice) {
  switch (notice.type) {
    case NoticeType::ended: return end_of(notice);
    case NoticeType::retry:
      return shown(notice.model) + " is tried again in " + seconds(notice.wait_us.value_or(0)) +
             " after " + cause_of(notice);
    case NoticeType::fallback:
      return shown(notice.model) + " is tried after " + cause_of(notice) + " of another model";
    case NoticeType::waits:
      return notice.limit.empty() ? "a call waits for the budget " + shown(notice.budget)
                                  : "a call waits for the rate limit " + shown(notice.limit);
    case NoticeType::looked_up:
      return notice.state == State::settled
                 ? "a cost was looked up: " + cost_of(notice)
                 : "the lookup of a cost was given up: " + cost_of(notice);
    case NoticeType::crossing:
      return "the budget " + shown(notice.budget) +
             (notice.value.empty() ? "" : " of " + shown(notice.value)) + " has spent " +
             std::to_string(notice.percent.value_or(0)) + " % of its limit";
    case NoticeType::cooldown:
      return shown(notice.model) +
             (notice.slug.empty() ? std::string() : " at " + shown(notice.provider)) +
             " cools down until " + time_text(notice.until.value_or(notice.time)) + " after " +
             cause_of(notice);
    case NoticeType::setting: break;
  }
  return {};
}

} // namespace wayfare::call
