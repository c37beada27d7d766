#include "wire/agent_profile.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "wire/defaults.hpp"
#include "wire/odd_names.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t parameters_max = std::size_t{64} << 10, tools_max = std::size_t{256} << 10;
constexpr std::size_t notes_max = 4096, path_max = 4096, tags_max = 16;

// The members of a body that have a place of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> places{{
    {"model", "give it as model"},
    {"models", "give them as route.models"},
    {"preset", "give the models and parameters of the preset"},
    {"messages", "give the system prompt as system, and the messages in each call"},
    {"prompt", "give the system prompt as system, and the messages in each call"},
    {"tools", "give them as tools"},
    {"max_tokens", "give it as max_tokens"},
    {"max_completion_tokens", "give it as max_tokens"},
    {"stream", "each call says whether it streams"},
    {"stream_options", "each call says whether it streams"},
}};

Error too_large(const char* part, const char* most) {
  return Error::invalid(std::string(part) + " of an agent has more than " + most);
}

bool is_given(json::Value member) { return member.exists() && !member.is_null(); }

std::optional<Error> judge_parameters(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text.size() > parameters_max) return too_large("parameters", "64 KiB");
  json::Document document;
  if (!document.parse(text) || !document.root().is_object())
    return Error::invalid("parameters of an agent is not a JSON object");
  if (const auto name = document.repeated_name())
    return Error::invalid("an object in parameters has " + shown(*name) + " twice", "give it once");
  for (json::Value one = document.root().first(); one.exists(); one = one.next()) {
    const auto place = std::ranges::find(places, one.key(), &decltype(places)::value_type::first);
    if (place != places.end())
      return Error::invalid("parameters of an agent has " + std::string(one.key()),
                            std::string(place->second));
  }
  const json::Value provider = document.root()["provider"];
  if (is_given(provider) && !provider.is_object())
    return Error::invalid("parameters.provider of an agent is not an object");
  if (provider["max_price"].exists())
    return Error::invalid("parameters.provider of an agent has max_price",
                          "give it as route.policy.max_price");
  return std::nullopt;
}

std::optional<Error> judge_tools(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text.size() > tools_max) return too_large("tools", "256 KiB");
  json::Document document;
  if (!document.parse(text) || !document.root().is_array())
    return Error::invalid("tools of an agent is not a JSON list");
  if (const auto name = document.repeated_name())
    return Error::invalid("an object in tools has " + shown(*name) + " twice", "give it once");
  return std::nullopt;
}

std::string fault_of_text(const char* part, const std::string& text) {
  return json::is_utf8(text) ? "" : std::string(part) + " of an agent is not UTF-8 text";
}

std::string fault_of_words(const Profile& profile) {
  if (profile.system.size() > system_max) return "system of an agent has more than 256 KiB";
  if (profile.notes.size() > notes_max) return "notes of an agent has more than 4 KiB";
  if (profile.tags.size() > tags_max) return "tags of an agent has more than 16 tags";
  for (const std::string& tag : profile.tags) {
    if (tag.empty()) return "tags of an agent has an empty tag";
    if (auto fault = fault_of_name("a tag of an agent", tag); !fault.empty()) return fault;
    if (std::ranges::count(profile.tags, tag) > 1)
      return "tags of an agent has " + shown(tag) + " twice";
  }
  const std::string& path = profile.system_file;
  if (!path.empty() && !profile.system.empty())
    return "an agent has both system and system_file: give one of them";
  if (!path.empty() && (path.front() != '/' || path.size() > path_max ||
                        path.find('\0') != path.npos || !json::is_utf8(path)))
    return "system_file of an agent is not an absolute path";
  if (auto fault = fault_of_text("system", profile.system); !fault.empty()) return fault;
  return fault_of_text("notes", profile.notes);
}

// The object that a body gets its members from.
std::string text_of(const Profile& profile, const std::string& system) {
  std::string text;
  json::Document parameters;
  if (!profile.parameters.empty()) parameters.parse(profile.parameters);
  {
    json::ObjectWriter object(text);
    if (!system.empty())
      object.json("messages", R"([{"role":"system","content":)" + json::quoted(system) + "}]");
    if (!profile.tools.empty()) object.json("tools", profile.tools);
    for (json::Value one = parameters.root().first(); one.exists(); one = one.next())
      if (!one.is_null()) object.json(one.key(), one.raw());
  }
  return text;
}

bool is_system(json::Value message) {
  const auto role = message["role"].string();
  return role == "system" || role == "developer";
}

std::optional<Error> add_system(json::Value body, json::Value prompt, Prepared& prepared,
                                std::vector<json::Value>& taken) {
  const json::Value messages = body["messages"];
  if (!messages.is_array())
    return Error::invalid(
        "the body's messages is not a list, to which the system prompt of the agent can be added");
  if (is_system(messages.first())) return std::nullopt; // the call's own goes before
  prepared.system =
      Splice::Edit{messages.begin_offset() + 1, 0,
                   std::string(prompt.first().raw()) + (messages.size() == 0 ? "" : ",")};
  prepared.added.emplace_back("messages[0]");
  taken.push_back(prompt);
  return std::nullopt;
}

} // namespace

std::optional<Error> judge_profile(const Profile& profile) {
  if (!profile.defaults.charge_to.agent.empty())
    return Error::invalid("charge_to of an agent has agent",
                          "leave it out: it is the agent's name");
  if (auto refused = fault_of(profile.defaults)) return refused;
  if (auto refused = judge_parameters(profile.parameters)) return refused;
  if (auto refused = judge_tools(profile.tools)) return refused;
  if (auto fault = fault_of_words(profile); !fault.empty()) return Error::invalid(std::move(fault));
  json::Document whole; // one level deeper than its parts
  const std::string text = text_of(profile, profile.system);
  if (!whole.parse(text))
    return Error::invalid("parameters and tools of an agent cannot be used: " + whole.error());
  return std::nullopt;
}

Result<std::shared_ptr<const AgentProfile>> read_profile(const Agent& agent,
                                                         const std::string& system) {
  if (!agent.fault.empty())
    return Error{
        .code = Code::unsupported,
        .message = "the agent " + json::quoted(agent.name) + " cannot be used: " + agent.fault,
        .advice = "import it again from an export, or put its file back"};
  if (auto refused = judge_profile(agent.profile)) return std::move(*refused);
  auto read = std::make_shared<AgentProfile>();
  read->agent = agent.name;
  read->version = agent.version;
  read->defaults = agent.profile.defaults;
  read->system = system.empty() ? agent.profile.system : system;
  read->system_file = agent.profile.system_file;
  read->text = text_of(agent.profile, read->system);
  if (!read->document.parse(read->text))
    return Error::invalid("the agent " + json::quoted(agent.name) +
                          " cannot be used: " + read->document.error());
  for (const std::string& line : odd_names(read->document.root()))
    read->odd_names.push_back("the agent " + json::quoted(agent.name) + ": " + line);
  return std::shared_ptr<const AgentProfile>(std::move(read));
}

std::optional<Error> charge_agent(ChargeTo& charge_to, const std::string& agent) {
  if (!charge_to.agent.empty() && charge_to.agent != agent)
    return Error::invalid(
        "charge_to.agent is " + shown(charge_to.agent) + ", and the agent is " + shown(agent),
        "leave charge_to.agent out");
  charge_to.agent = agent;
  return std::nullopt;
}

std::optional<Error> take_profile(json::Value body, const AgentProfile& profile, Prepared& prepared,
                                  std::vector<json::Value>& taken) {
  for (json::Value one = profile.document.root().first(); one.exists(); one = one.next()) {
    if (one.key() == "messages") {
      if (auto refused = add_system(body, one, prepared, taken)) return refused;
      continue;
    }
    if (is_given(body[one.key()])) continue;
    taken.push_back(one);
    prepared.added.emplace_back(one.key());
    if (one.key() == "provider")
      prepared.agent_provider = one.raw();
    else
      prepared.top.add(std::string(one.key()), std::string(one.raw()));
  }
  prepared.odd_names.insert(prepared.odd_names.end(), profile.odd_names.begin(),
                            profile.odd_names.end());
  return std::nullopt;
}

} // namespace wayfare::wire
