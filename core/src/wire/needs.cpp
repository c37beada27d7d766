#include "wire/needs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace wayfare::wire {

namespace {

using json::Value;

// What a message's frame costs at most beside its texts: its role, and the marks around it.
constexpr std::int64_t message_overhead = 16;

void note(std::vector<std::string>& list, std::string_view name) {
  if (std::ranges::find(list, name) == list.end()) list.emplace_back(name);
}

void unbound(Needs& needs, std::string part) {
  if (needs.unbounded.empty()) needs.unbounded = std::move(part);
}

void read_part(Value part, Needs& needs) {
  const auto type = part["type"].string();
  const auto media = [&](std::string_view modality) {
    note(needs.inputs, modality);
    // how many tokens it becomes, the provider alone knows
    unbound(needs, std::string(modality) + " input");
  };
  if (type == "image_url")
    media("image");
  else if (type == "file")
    media("file");
  else if (type == "input_audio")
    media("audio");
  else if (type == "video_url" || type == "input_video")
    media("video");
  else
    needs.prompt_bytes += static_cast<std::int64_t>(part.raw().size());
  if (part["cache_control"].exists() || part["prompt_cache_breakpoint"].exists())
    needs.caches = true;
}

void read_messages(Value messages, Needs& needs) {
  for (Value message = messages.first(); messages.is_array() && message.exists();
       message = message.next()) {
    needs.prompt_bytes += message_overhead;
    for (Value member = message.first(); member.exists(); member = member.next()) {
      if (member.key() == "content" && member.is_array())
        for (Value part = member.first(); part.exists(); part = part.next()) read_part(part, needs);
      else
        needs.prompt_bytes += static_cast<std::int64_t>(member.raw().size());
    }
  }
}

void read_tools(Value tools, Needs& needs) {
  if (tools.size() == 0) return;
  note(needs.parameters, "tools");
  needs.prompt_bytes += static_cast<std::int64_t>(tools.raw().size());
  for (Value tool = tools.first(); tool.exists(); tool = tool.next())
    if (const auto type = tool["type"].string(); type != "function")
      unbound(needs, "the tool " + std::string(type));
}

void read_format(Value format, Needs& needs) {
  const auto type = format["type"].string();
  if (type.empty() || type == "text") return;
  note(needs.parameters, type == "json_schema" ? "structured_outputs" : "response_format");
  needs.prompt_bytes += static_cast<std::int64_t>(format.raw().size());
}

// Dollars per million tokens, as provider.max_price has them, per token.
std::optional<Price> per_token(Value given) {
  const auto price = Price::parse(given.is_string() ? given.string() : given.number());
  return price ? std::optional(price->from_per_million()) : std::nullopt;
}

void read_provider(Value provider, Needs& needs) {
  // Parameters that a model does not know are left out by the server, unless it is told not to.
  needs.strict = provider["require_parameters"].is_true();
  const Value most = provider["max_price"];
  for (Value limit = most.first(); most.is_object() && limit.exists(); limit = limit.next())
    needs.own_limits.emplace_back(limit.key());
  needs.prompt_max = per_token(most["prompt"]);
  needs.completion_max = per_token(most["completion"]);
}

// Members of the body whose parameter has another name, or none, in the catalogue.
constexpr std::array<std::string_view, 24> no_parameters{
    "messages",     "model",          "models",      "provider",
    "route",        "plugins",        "preset",      "stream",
    "usage",        "tools",          "tool_choice", "response_format",
    "modalities",   "metadata",       "trace",       "user",
    "session_id",   "stream_options", "debug",       "transforms",
    "service_tier", "cache_control",  "max_tokens",  "max_completion_tokens"};

void read_others(Value body, Needs& needs) {
  for (Value member = body.first(); member.exists(); member = member.next())
    if (needs.strict && !member.is_null() &&
        std::ranges::find(no_parameters, member.key()) == no_parameters.end())
      note(needs.parameters, member.key());
  const Value modalities = body["modalities"];
  for (Value one = modalities.first(); modalities.is_array() && one.exists(); one = one.next()) {
    if (one.string() == "text") continue;
    note(needs.outputs, one.string());
    unbound(needs, std::string(one.string()) + " output");
  }
  for (const char* key : {"plugins", "web_search_options", "x_search_filter"})
    if (body[key].exists() && !body[key].is_null() &&
        !(body[key].is_array() && body[key].size() == 0))
      unbound(needs, key);
  if (const auto tier = body["service_tier"].string();
      tier == "priority" || tier == "fast" || tier == "scale")
    unbound(needs, "service_tier");
  if (body["cache_control"].exists() || body["prompt_cache_options"].exists()) needs.caches = true;
}

} // namespace

Needs needs_of(json::Value body) {
  Needs needs;
  read_messages(body["messages"], needs);
  if (const Value prompt = body["prompt"]; prompt.exists())
    needs.prompt_bytes += static_cast<std::int64_t>(prompt.raw().size());
  read_tools(body["tools"], needs);
  if (const Value choice = body["tool_choice"]; choice.exists() && !choice.is_null() &&
                                                choice.string() != "none" &&
                                                choice.string() != "auto")
    note(needs.parameters, "tool_choice");
  read_format(body["response_format"], needs);
  read_provider(body["provider"], needs);
  read_others(body, needs);
  for (const char* name : {"max_completion_tokens", "max_tokens"})
    if (const auto most = body[name].integer(); most && *most > 0 && !needs.completion_tokens)
      needs.completion_tokens = most;
  if (body["models"].exists())
    unbound(needs, "the body's models");
  else if (body["preset"].exists())
    unbound(needs, "preset");
  return needs;
}

} // namespace wayfare::wire
