#include "wire/prepare.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "base/sha256.hpp"
#include "values/sort.hpp"
#include "wire/agent_profile.hpp"
#include "wire/defaults.hpp"
#include "wire/read_needs.hpp"
#include "wire/odd_names.hpp"
#include "wire/provider_rules.hpp"
#include "wire/route.hpp"

namespace wayfare {

std::string user_message(std::string_view text) {
  if (!json::is_utf8(text)) return std::string(text); // not JSON either: submit will refuse it
  return R"({"messages":[{"role":"user","content":)" + json::quoted(text) + "}]}";
}

namespace wire {

namespace {

constexpr std::size_t body_max = std::size_t{64} << 20;
constexpr std::size_t headers_max = 64;
constexpr std::size_t header_max = 8192, header_name_max = 128;
constexpr std::size_t models_max = 32;
constexpr std::string_view null_text = "null";

Error refusal(std::string message, std::string advice = {}, Code code = Code::invalid) {
  return Error{.code = code, .message = std::move(message), .advice = std::move(advice)};
}

std::string fault_of_names(const Request& request) {
  if (auto fault = fault_of_charge_to(request.charge_to); !fault.empty()) return fault;
  if (auto fault = fault_of_name("request_id", request.request_id); !fault.empty()) return fault;
  return fault_of_name("route.model", request.route.model);
}

bool is_token(std::string_view name) { // RFC 9110, 5.6.2
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string fault_of_headers(const Request& request) {
  static constexpr std::string_view ours[] = {
      "authorization", "content-type", "content-length", "transfer-encoding",  "host", "expect",
      "connection",    "accept",       "user-agent",     "proxy-authorization"};
  if (request.headers.size() > headers_max) return "headers has more than 64 headers";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return "headers has a name that is not an HTTP token";
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
      return "the header " + name + " has CR, LF or NUL in it";
    if (name.size() + value.size() > header_max)
      return "the header " + name.substr(0, header_name_max) + " is longer than 8 KiB";
    if (std::ranges::find(ours, lower(name)) != std::end(ours))
      return "the header " + name + " is written by wayfare itself";
  }
  return {};
}

// A member whose value is null counts as left out.
bool is_given(json::Value member) { return member.exists() && !member.is_null(); }

// Where members can be added to an object.
Splice splice_of(json::Value object) {
  Splice splice{object.end_offset() - 1, object.size() == 0, {}, {}};
  for (json::Value member = object.first(); member.exists(); member = member.next())
    if (member.is_null())
      splice.nulls.push_back({std::string(member.key()), member.begin_offset()});
  return splice;
}

// Takes a member out of the root, with one comma.
Splice::Edit without(json::Value root, std::string_view name) {
  json::Value before, member = root.first();
  while (member.key() != name) before = std::exchange(member, member.next());
  const std::size_t from = before.exists() ? before.end_offset() : root.begin_offset() + 1;
  std::size_t to = member.end_offset();
  if (!before.exists() && member.next().exists()) {
    const std::string_view text = root.raw();
    to = root.begin_offset() + text.find(',', to - root.begin_offset()) + 1;
  }
  return {from, to - from, {}};
}

// The models to try, and whether they stand in the body. Takes the default ones into the route.
std::string read_models(json::Value root, Request& request, Prepared& prepared) {
  Route& route = request.route;
  const json::Value model = root["model"];
  const bool has_models = is_given(root["models"]);
  const bool in_body = is_given(model) || has_models || is_given(root["preset"]);
  if (!in_body && !chooses_model(route) && !request.defaults.empty())
    take_model(route, request.defaults.front());
  if (root["models"].is_array() && root["models"].size() > models_max)
    return "the body's models has more than 32 names";
  prepared.chosen_elsewhere = has_models || is_given(root["preset"]);
  if (route.pin.value_or(false) && prepared.chosen_elsewhere)
    return std::string("route.pin is true, and the body has ") +
           (has_models ? "models, of which the server takes one"
                       : "a preset, which may choose the model");
  prepared.names_model = is_given(model);
  if (prepared.names_model && !model.is_string()) return "the body's model is not a string";
  if (prepared.names_model && !route.model.empty())
    return "the model is named both in the body and in route.model: name it once";
  if (prepared.names_model && !route.models.empty())
    return "the body names a model, and route.models others: name them in one place";
  if (prepared.chosen_elsewhere && route.policy.sort == Sort::fixed)
    return "the body has models or a preset, and route.policy.sort is fixed: name one model";
  if (has_models && !route.models.empty())
    return "models are named both in the body and in route.models: name them once";
  if (!route.models.empty()) {
    prepared.models = route.models;
    return {};
  }
  // which then has the whole catalogue
  const bool leaves_it = prepared.chosen_elsewhere || ranks_all_models(route.policy.sort);
  prepared.models.emplace_back(prepared.names_model   ? model.string()
                               : !route.model.empty() ? std::string_view(route.model)
                               : leaves_it            ? std::string_view()
                                                      : default_model);
  return prepared.names_model ? fault_of_name("the body's model", prepared.models.front())
                              : std::string();
}

// Puts the names that the server has for models in the place of those of the request.
std::optional<Error> take_names_of(const Server& server, json::Value model, Prepared& prepared) {
  if (!server.renames()) return std::nullopt;
  if (prepared.chosen_elsewhere)
    return refusal("the body has models or a preset, and the server " + shown(server.name) +
                       " has names of its own for models",
                   "name the models in the route");
  std::vector<std::string> here;
  for (const std::string& called : prepared.models) {
    const std::string_view name = server.name_of(called);
    if (std::ranges::find(here, name) == here.end()) here.emplace_back(name);
  }
  prepared.models = std::move(here);
  if (prepared.names_model && prepared.models.front() != model.string())
    prepared.model_here =
        Splice::Edit{model.begin_offset(), model.end_offset() - model.begin_offset(),
                     json::quoted(prepared.models.front())};
  return std::nullopt;
}

// Whether the answer is streamed, and what is added for it.
std::optional<Error> read_stream(json::Value root, std::optional<bool> wanted, const Server& server,
                                 Prepared& prepared) {
  const json::Value streams = root["stream"], options = root[usage_options];
  if (options.is_null()) {
    prepared.null_options = without(root, usage_options);
    prepared.top.empty = root.size() == 1;
  }
  prepared.streamed = wanted.value_or(streams.is_true());
  if (!prepared.streamed)
    return streams.is_true()
               ? std::optional(refusal("the body has \"stream\": true", "use stream() for that"))
               : std::nullopt;
  if (is_given(streams) && !streams.is_true())
    return refusal("the body's stream is not true", "leave it out, or use chat()");
  if (!is_given(streams)) {
    prepared.top.add("stream", "true");
    prepared.added.emplace_back("stream");
  }
  if (server.sends_usage) return std::nullopt;
  prepared.usage_unasked = options.is_null();
  if (prepared.usage_unasked) return std::nullopt;
  if (!options.exists()) {
    prepared.top.add(std::string(usage_options), R"({"include_usage":true})");
    prepared.added.emplace_back(usage_options);
  } else if (options.is_object() && !is_given(options["include_usage"])) {
    prepared.options = splice_of(options);
    prepared.options->add("include_usage", "true");
    prepared.added.emplace_back("stream_options.include_usage");
  }
  return std::nullopt;
}

// Reads what the body has of provider and its max_price.
std::optional<Error> read_provider(json::Value root, const Route& route, const Server& server,
                                   Prepared& prepared) {
  const json::Value provider = root["provider"], most = provider["max_price"];
  prepared.takes_max_price =
      (!is_given(provider) || provider.is_object()) && (!is_given(most) || most.is_object());
  if (!prepared.takes_max_price && (route.policy != Policy{} || route.max_cost))
    return refusal(
        "the body's provider, or its max_price, is not an object, so that no limit can "
        "be added to it",
        "leave it out");
  if (provider.is_object()) prepared.provider = splice_of(provider);
  if (!most.is_object()) return std::nullopt;
  prepared.max_price = splice_of(most);
  for (json::Value limit = most.first(); server.keeps_max_price && limit.exists();
       limit = limit.next()) {
    const auto digits = limit.is_string() ? limit.string() : limit.number();
    if (!limit.is_null() && !Price::parse(digits))
      return refusal(
          "the body's provider.max_price." + shown(limit.key()) + " is not a price of 0 or more",
          "give it as a text such as \"1.5\", or leave it out");
  }
  return std::nullopt;
}

// Whether the calls of the run are to stay with one provider, and the caller did not see to it.
std::string session_of(json::Value root, const Request& request, const Server& server) {
  const bool has_header = std::ranges::any_of(
      request.headers, [](const auto& header) { return lower(header.first) == "x-session-id"; });
  const bool has_own =
      has_header || is_given(root["session_id"]) || is_given(root["prompt_cache_key"]);
  const bool is_wanted = server.keeps_sessions && request.route.affinity.value_or(true);
  return is_wanted && !has_own ? request.charge_to.run : std::string();
}

// The default limit of the answer, where the body has none.
void take_max_tokens(json::Value root, const Defaults& defaults, Prepared& prepared) {
  if (!defaults.max_tokens || is_given(root["max_tokens"]) ||
      is_given(root["max_completion_tokens"]))
    return;
  prepared.top.add("max_tokens", std::to_string(*defaults.max_tokens));
  prepared.added.emplace_back("max_tokens");
  prepared.needs.completion_tokens = defaults.max_tokens;
}

} // namespace

Result<Prepared> prepare(Request&& request, std::optional<bool> wanted, const Server& server,
                         const AgentProfile* profile) {
  if (auto fault = fault_of_names(request); !fault.empty()) return refusal(fault);
  if (auto fault = fault_of_headers(request); !fault.empty()) return refusal(fault);
  if (auto fault = fault_of_route(request.route); !fault.empty()) return refusal(fault);
  if (request.body.size() > body_max) return refusal("the body is longer than 64 MiB");

  json::Document document;
  if (!document.parse(request.body)) return refusal("the body is not JSON: " + document.error());
  const json::Value root = document.root();
  if (!root.is_object()) return refusal("the body is not a JSON object");
  if (const auto name = document.repeated_name())
    return refusal("an object of the body has " + shown(*name) + " twice", "give it once");

  Prepared prepared;
  if (auto fault = read_models(root, request, prepared); !fault.empty()) return refusal(fault);
  if (auto refused = take_names_of(server, root["model"], prepared)) return std::move(*refused);
  prepared.top = splice_of(root);
  if (auto fault = read_stream(root, wanted, server, prepared)) return std::move(*fault);
  if (auto fault = read_provider(root, request.route, server, prepared)) return std::move(*fault);
  std::vector<json::Value> taken;
  if (profile)
    if (auto fault = take_profile(root, *profile, prepared, taken)) return std::move(*fault);
  if (auto fault =
          fault_of_rules(root["provider"], prepared.agent_provider, request.route.policy, server))
    return std::move(*fault);
  prepared.needs = needs_of(document, profile ? &profile->document : nullptr, taken);
  prepared.session = session_of(root, request, server);
  if (!request.defaults.empty()) take_max_tokens(root, request.defaults.front(), prepared);
  std::ranges::move(odd_names(root), std::back_inserter(prepared.odd_names));
  prepared.source = std::move(request.body); // the offsets hold for it
  return prepared;
}

void Splice::append_edits(std::vector<Edit>& edits) const {
  std::string text;
  for (const auto& [name, value] : members) {
    const auto null = std::ranges::find(nulls, name, &Null::name);
    if (null != nulls.end())
      edits.push_back({null->at, null_text.size(), value});
    else
      text += (empty && text.empty() ? "" : ",") + json::quoted(name) + ":" + value;
  }
  if (!text.empty()) edits.push_back({at, 0, std::move(text)});
}

static std::string object_text(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string text;
  for (const auto& [name, value] : members)
    text += (text.empty() ? "" : ",") + json::quoted(name) + ":" + value;
  return "{" + text + "}";
}

// The limits of one model: into the caller's own objects where there are any.
static void add_caps(const Caps& caps, std::string added_provider, Splice& top,
                     std::optional<Splice>& provider, std::optional<Splice>& max_price) {
  if (caps.completion_tokens)
    top.add("max_completion_tokens", std::to_string(*caps.completion_tokens));
  if (max_price) max_price->members = caps.max_price;
  std::vector<std::pair<std::string, std::string>> members = caps.provider;
  if (!max_price && !caps.max_price.empty())
    members.emplace_back("max_price", object_text(caps.max_price));
  if (!added_provider.empty()) {
    if (!members.empty()) {
      json::Document document;
      document.parse(added_provider);
      const std::string text = object_text(members);
      added_provider.insert(added_provider.rfind('}'), (document.root().size() == 0 ? "" : ",") +
                                                           text.substr(1, text.size() - 2));
    }
    return top.add("provider", std::move(added_provider));
  }
  if (members.empty()) return;
  if (!provider) return top.add("provider", object_text(members));
  for (auto& [name, value] : members) provider->add(std::move(name), std::move(value));
}

void Prepared::add_session(std::string_view ledger) {
  constexpr std::size_t digits = 32; // 128 bits
  std::string secret(ledger);
  secret += '\n';
  secret += std::exchange(session, {});
  top.add("session_id", json::quoted(sha256_hex(secret).substr(0, digits)));
  added.emplace_back("session_id");
}

Body Prepared::body_of(std::string text, const std::string& model, const Caps& caps,
                       bool asks_usage) const {
  Splice all = top;
  std::vector<Splice::Edit> edits;
  if (!asks_usage)
    std::erase_if(all.members, [](const auto& member) { return member.first == usage_options; });
  std::optional<Splice> limits = provider, prices = max_price;
  if (!names_model && !model.empty())
    all.members.emplace(all.members.begin(), "model", json::quoted(model));
  if (model_here) edits.push_back(*model_here);
  add_caps(caps, agent_provider, all, limits, prices);
  if (null_options) edits.push_back(*null_options);
  if (system) edits.push_back(*system);
  all.append_edits(edits);
  if (options) options->append_edits(edits);
  if (limits) limits->append_edits(edits);
  if (prices) prices->append_edits(edits);
  Body body;
  if (edits.empty()) {
    body.text = std::make_shared<const std::string>(std::move(text));
    return body;
  }
  std::ranges::sort(edits, {}, &Splice::Edit::at);
  std::size_t size = text.size(), from = 0;
  for (const auto& edit : edits) size += edit.text.size();
  std::string whole; // of that size and no more: it is kept as long as the call
  whole.reserve(size);
  for (const auto& edit : edits) {
    whole.append(text, from, edit.at - from);
    body.added.push_back({whole.size(), edit.text.size(), text.substr(edit.at, edit.size)});
    whole.append(edit.text);
    from = edit.at + edit.size;
  }
  body.text = std::make_shared<const std::string>(std::move(whole.append(text, from)));
  return body;
}

std::string Body::source() const {
  std::string source;
  std::size_t size = text->size(), from = 0;
  for (const Addition& addition : added) size += addition.replaced.size();
  source.reserve(size);
  for (const Addition& addition : added) {
    source.append(*text, from, addition.at - from);
    source += addition.replaced;
    from = addition.at + addition.size;
  }
  return source.append(*text, from);
}

std::vector<std::string> Prepared::added_for(const std::string& model, const Caps& caps) const {
  std::vector<std::string> names = added;
  if ((!names_model && !model.empty()) || model_here) names.insert(names.begin(), "model");
  for (const auto& [member, value] : caps.provider) names.push_back("provider." + member);
  if (!caps.max_price.empty()) names.emplace_back("provider.max_price");
  if (caps.completion_tokens) names.emplace_back("max_completion_tokens");
  return names;
}

} // namespace wire
} // namespace wayfare
