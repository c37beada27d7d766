// Small texts: files of variables, errors that repeat the prompt or a key, and looked-up costs. The
// first byte tells which.

#include <string>
#include <vector>

#include "config/dotenv.hpp"
#include "config/keys.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "wire/generation.hpp"
#include "wire/redact_prompt.hpp"
#include "wire/told_figures.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

// Each value is read again from "double quotes".
void dotenv_file(std::string_view text) {
  const auto assignments = dotenv::parse(text);
  std::string written;
  int line = 0;
  for (const auto& [name, value, at, expands] : assignments) {
    check(!name.empty() && at > line, "an assignment has no name, or no line of its own");
    line = at;
    written += name + "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"' || c == '$') written += '\\';
      written += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    }
    written += "\"\n";
  }
  const auto again = dotenv::parse(written);
  check(again.size() == assignments.size(), "assignments are lost when they are written", written);
  for (std::size_t at = 0; at < again.size(); ++at) {
    check_equal(again[at].name, assignments[at].name, "a name changes when it is written");
    check_equal(again[at].value, assignments[at].value, "a value changes when it is written");
  }
}

// The parts of a text before, between and behind a mark.
std::vector<std::string_view> around(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + mark.size());
  }
  parts.push_back(text);
  return parts;
}

// The message of an error, and the text of a prompt.
void prompt(std::string_view message, std::string_view text) {
  if (!json::is_utf8(message) || !json::is_utf8(text)) return;
  const std::string body = R"({"messages":[{"role":"user","content":)" + json::quoted(text) + "}]}";
  std::string rest(message);
  wire::hide_prompt(rest, body);
  check_utf8(rest, "a message without the prompt");
  const std::size_t size = std::min(text.size(), wire::echo_run);
  const auto shares = [&](std::string_view with) {
    if (size < wire::echo_whole) return false;
    for (std::size_t at = 0; at + size <= text.size(); ++at)
      if (with.find(text.substr(at, size)) != with.npos) return true;
    return false;
  };
  if (!shares(message)) return check_equal(rest, message, "a message without the prompt changes");
  for (const std::string_view part : around(rest, "[prompt]"))
    check(!shares(part), "a message still has a part of the prompt", part);
}

// A key, and a text that may have it.
void key(std::string_view key, std::string_view text) {
  if (key.size() < Keys::hidden_min || !fault_of_key(std::string(key)).empty()) return;
  auto keys = Keys::of(std::string(key), {}, Variables());
  check(keys.ok(), "a key without a fault is refused");
  std::string rest(text);
  keys->hide(rest);
  check(rest.find(key) == rest.npos && !keys->stand_in(rest), "a text still has the key", rest);
  if (!keys->stand_in(text)) check_equal(rest, text, "a text without the key changes");
  keys->hide_parts(rest);
}

void generation(std::string_view body) {
  const auto ending = wire::generation_of(body, "gen-1");
  if (!ending) return;
  const Billing& billing = ending->billing;
  check(billing.cost ? *billing.cost >= Amount{0} && *billing.cost <= wire::cost_max
                     : !billing.refused_figures.empty(),
        "a looked-up cost cannot be right");
  if (!billing.refused_figures.empty()) check_json(billing.refused_figures, "refused figures");
  const auto& upstream = billing.upstream_cost;
  check(!upstream || (*upstream >= Amount{0} && *upstream <= wire::cost_max),
        "a looked-up upstream cost cannot be right");
  const Usage& usage = ending->usage;
  for (const auto& count :
       {usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens})
    check(!count || (*count >= 0 && *count <= wire::count_max), "a looked-up count is wrong");
  for (const std::string& text : {billing.model, billing.provider, billing.finish_reason}) {
    check_utf8(text, "a looked-up text");
    check(text.size() <= 512, "a looked-up text is too long", text);
  }
}

} // namespace

void texts(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  const Parts parts = parts_of(rest);
  switch (input.front()) {
    case 'p': return prompt(parts.first, parts.second);
    case 'k': return key(parts.first, parts.second);
    case 'g': return generation(rest);
    default: return dotenv_file(input);
  }
}

} // namespace fuzz
