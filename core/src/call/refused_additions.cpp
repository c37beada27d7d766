#include "call/refused_additions.hpp"

#include "wire/refusal_words.hpp"

namespace wayfare::call {

namespace {

std::string advice_about(std::string_view name, const Choice& choice) {
  const std::string added = "wayfare added " + std::string(name);
  if (name == wire::usage_options)
    return added + " to learn the usage: \"stream_options\": null (None) leaves it out";
  if (name == "stream_options.include_usage")
    return added + " to learn the usage: \"include_usage\": false leaves it out";
  if (name == "stream") return added + " because a stream was asked for: ask for the whole answer";
  if (name == "model") return added + ", " + choice.model + ": name another model";
  if (name == ignored_providers && !choice.cooling.empty())
    return added + " because providers cool down: route.cooldown ignore leaves it out";
  const std::string kept = added + " because " + choice.asked_by +
                           " limits the cost, and never leaves it out: change " + choice.asked_by;
  return name == "max_completion_tokens" ? kept + ", or give max_tokens yourself"
                                         : kept + ", or call a server or model that takes it";
}

} // namespace

std::vector<std::string> refused_additions(const Error& error, std::string_view raw,
                                           const std::vector<std::string>& added) {
  std::vector<std::string> blamed;
  if ((error.status != 400 && error.status != 422) || added.empty()) return blamed;
  const wire::RefusalNames words(error.message, raw);
  for (const std::string& name : added) {
    // Some servers know the cap by its older name, and speak of that.
    const bool is_cap = name == "max_completion_tokens";
    if (words.name(name) || (is_cap && words.name("max_tokens"))) blamed.push_back(name);
  }
  return blamed;
}

bool leaves_none(const Error& error, const Choice& choice) {
  return error.status == 404 && error.code == Code::not_found && !choice.cooling.empty();
}

void tell_refused(const std::vector<std::string>& blamed, const Choice& choice, Error& error) {
  if (blamed.empty()) return;
  std::string advice;
  for (const std::string& name : blamed)
    advice += (advice.empty() ? "" : "; ") + advice_about(name, choice);
  const bool says_more = error.code != Code::bad_request && !error.advice.empty();
  error.advice = says_more ? advice + "; " + error.advice : advice;
}

} // namespace wayfare::call
