#include "wire/prepare.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "wire/needs.hpp"

namespace wayfare {

std::string user_message(std::string_view text) {
  if (!json::is_utf8(text)) return std::string(text); // not JSON either: submit will refuse it
  return R"({"messages":[{"role":"user","content":)" + json::quoted(text) + "}]}";
}

namespace wire {

namespace {

constexpr std::size_t body_max = std::size_t{64} << 20;
constexpr std::size_t name_max = 128;
constexpr std::size_t tags_max = 16;
constexpr std::size_t headers_max = 64;
constexpr std::size_t header_max = 8192;
constexpr std::chrono::hours deadline_max{24 * 7};
constexpr std::size_t models_max = 32;
constexpr int retries_max = 10;

Error refusal(std::string message, std::string advice = {}, Code code = Code::invalid) {
  return Error{.code = code, .message = std::move(message), .advice = std::move(advice)};
}

// "" where the text can be kept in the ledger, else what is wrong with it.
std::string fault_of_name(std::string_view what, std::string_view text) {
  if (text.size() > name_max) return std::string(what) + " is longer than 128 bytes";
  if (!json::is_utf8(text) || text.find('\0') != text.npos)
    return std::string(what) + " is not UTF-8 text";
  return {};
}

std::string fault_of_names(const Request& request) {
  const ChargeTo& to = request.charge_to;
  const std::array<std::pair<std::string_view, std::string_view>, 6> names{
      {{"charge_to.app", to.app},
       {"charge_to.agent", to.agent},
       {"charge_to.user", to.user},
       {"charge_to.run", to.run},
       {"request_id", request.request_id},
       {"route.model", request.route.model}}};
  for (const auto& [what, text] : names)
    if (auto fault = fault_of_name(what, text); !fault.empty()) return fault;
  if (to.tags.size() > tags_max) return "charge_to.tags has more than 16 tags";
  for (const auto& tag : to.tags) {
    if (tag.empty()) return "charge_to.tags has an empty tag";
    if (auto fault = fault_of_name("a tag of charge_to.tags", tag); !fault.empty()) return fault;
  }
  return {};
}

bool is_token(std::string_view name) { // RFC 9110, 5.6.2
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
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
      return "the header " + name.substr(0, name_max) + " is longer than 8 KiB";
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::find(ours, lower) != std::end(ours))
      return "the header " + name + " is written by wayfare itself";
  }
  return {};
}

std::string fault_of_route(const Route& route) {
  if (const auto deadline = route.deadline;
      deadline && (deadline->count() <= 0 || *deadline > deadline_max))
    return "route.deadline is not above zero and at most a week";
  if (const auto retries = route.retries; retries && (*retries < 0 || *retries > retries_max))
    return "route.retries is not 0 to 10";
  if (route.max_cost && route.max_cost->picodollars <= 0) return "route.max_cost is not above zero";
  if (!route.model.empty() && !route.models.empty())
    return "route has a model and models: name them once";
  if (route.models.size() > models_max) return "route.models has more than 32 models";
  for (const auto& model : route.models) {
    if (model.empty()) return "route.models has an empty name";
    if (auto fault = fault_of_name("a name in route.models", model); !fault.empty()) return fault;
    if (std::ranges::count(route.models, model) > 1)
      return "route.models has " + json::quoted(model) + " twice";
  }
  return {};
}

// The models to try, and whether they stand in the body.
std::string read_models(json::Value root, const Route& route, Prepared& prepared) {
  const json::Value model = root["model"];
  prepared.chosen_elsewhere = root["models"].exists() || root["preset"].exists();
  if (model.exists() && !model.is_string()) return "the body's model is not a string";
  prepared.names_model = model.exists();
  if (model.exists() && !route.model.empty())
    return "the model is named both in the body and in route.model: name it once";
  if (model.exists() && !route.models.empty())
    return "the body names a model, and route.models others: name them in one place";
  if (root["models"].exists() && !route.models.empty())
    return "models are named both in the body and in route.models: name them once";
  if (!route.models.empty()) {
    prepared.models = route.models;
    return {};
  }
  // which then has the whole catalogue
  const bool leaves_it = prepared.chosen_elsewhere || route.policy.sort == Sort::cheapest;
  prepared.models.emplace_back(model.exists()         ? model.string()
                               : !route.model.empty() ? std::string_view(route.model)
                               : leaves_it            ? std::string_view()
                                                      : default_model);
  return model.exists() ? fault_of_name("the body's model", prepared.models.front())
                        : std::string();
}

} // namespace

static void find_limits(json::Value root, Prepared& prepared);

Result<Prepared> prepare(Request&& request, std::optional<bool> wanted, const Server& server) {
  if (auto fault = fault_of_names(request); !fault.empty()) return refusal(fault);
  if (auto fault = fault_of_headers(request); !fault.empty()) return refusal(fault);
  if (auto fault = fault_of_route(request.route); !fault.empty()) return refusal(fault);
  if (request.body.size() > body_max) return refusal("the body is longer than 64 MiB");

  json::Document document;
  if (!document.parse(request.body)) return refusal("the body is not JSON: " + document.error());
  const json::Value root = document.root();
  if (!root.is_object()) return refusal("the body is not a JSON object");

  Prepared prepared;
  if (auto fault = read_models(root, request.route, prepared); !fault.empty())
    return refusal(fault);
  prepared.top = Splice{root.end_offset() - 1, root.size() == 0, {}};

  const json::Value streams = root["stream"];
  const bool stream = wanted.value_or(streams.is_true());
  if (!stream && streams.is_true())
    return refusal("the body has \"stream\": true", "use stream() for that");
  if (stream && streams.exists() && !streams.is_true())
    return refusal("the body's stream is not true", "leave it out, or use chat()");
  prepared.streamed = stream;
  if (stream && !streams.exists()) {
    prepared.top.members.emplace_back("stream", "true");
    prepared.added.emplace_back("stream");
  }

  const json::Value options = root["stream_options"];
  if (stream && !server.sends_usage) {
    if (!options.exists()) {
      prepared.top.members.emplace_back("stream_options", R"({"include_usage":true})");
      prepared.added.emplace_back("stream_options");
    } else if (options.is_object() && !options["include_usage"].exists()) {
      prepared.options = Splice{options.end_offset() - 1, options.size() == 0, {}};
      prepared.options->members.emplace_back("include_usage", "true");
      prepared.added.emplace_back("stream_options.include_usage");
    }
  }
  const json::Value provider = root["provider"];
  prepared.takes_max_price = !provider.exists() || provider.is_object();
  if (!prepared.takes_max_price && (request.route.policy != Policy{} || request.route.max_cost))
    return refusal("the body's provider is not an object, so that its max_price cannot be set",
                   "leave it out");
  find_limits(root, prepared);
  prepared.needs = needs_of(root);
  prepared.source = std::move(request.body); // the offsets hold for it
  return prepared;
}

std::string Splice::text() const {
  std::string out;
  for (const auto& [name, value] : members)
    out += (empty && out.empty() ? "" : ",") + json::quoted(name) + ":" + value;
  return out;
}

// The limits of one model: into the caller's own objects where there are any.
static void add_caps(const Caps& caps, Splice& top, Splice& provider, Splice& max_price,
                     bool has_provider, bool has_max_price) {
  if (caps.completion_tokens)
    top.members.emplace_back("max_completion_tokens", std::to_string(*caps.completion_tokens));
  if (caps.max_price.empty()) return;
  if (has_max_price) {
    max_price.members = caps.max_price;
    return;
  }
  const std::string limits = "{" + Splice{0, true, caps.max_price}.text() + "}";
  if (has_provider)
    provider.members.emplace_back("max_price", limits);
  else
    top.members.emplace_back("provider", "{\"max_price\":" + limits + "}");
}

Body Prepared::body_of(std::string text, const std::string& model, const Caps& caps) const {
  Splice all = top, usage = options.value_or(Splice{}), limits = provider.value_or(Splice{}),
         prices = max_price.value_or(Splice{});
  if (!names_model && !model.empty())
    all.members.emplace(all.members.begin(), "model", json::quoted(model));
  add_caps(caps, all, limits, prices, provider.has_value(), max_price.has_value());
  std::vector<std::pair<std::size_t, std::string>> additions;
  for (const Splice* splice : {&all, &usage, &limits, &prices})
    if (!splice->members.empty()) additions.emplace_back(splice->at, splice->text());
  Body body;
  if (additions.empty()) {
    body.text = std::make_shared<const std::string>(std::move(text));
    return body;
  }
  std::ranges::sort(additions);
  std::size_t size = text.size(), from = 0;
  for (const auto& [at, addition] : additions) size += addition.size();
  std::string whole; // of that size and no more: it is kept as long as the call
  whole.reserve(size);
  for (const auto& [at, addition] : additions) {
    whole.append(text, from, at - from);
    body.inserted.emplace_back(whole.size(), addition.size());
    whole.append(addition);
    from = at;
  }
  body.text = std::make_shared<const std::string>(std::move(whole.append(text, from)));
  return body;
}

std::string Body::source() const {
  std::string source;
  std::size_t from = 0;
  for (const auto& [at, size] : inserted) {
    source.append(*text, from, at - from);
    from = at + size;
  }
  return source.append(*text, from);
}

// What the body has of provider and its max_price.
static void find_limits(json::Value root, Prepared& prepared) {
  const json::Value provider = root["provider"], max_price = provider["max_price"];
  if (provider.is_object())
    prepared.provider = Splice{provider.end_offset() - 1, provider.size() == 0, {}};
  if (max_price.is_object())
    prepared.max_price = Splice{max_price.end_offset() - 1, max_price.size() == 0, {}};
}

std::vector<std::string> Prepared::added_for(const std::string& model, const Caps& caps) const {
  std::vector<std::string> names = added;
  if (!names_model && !model.empty()) names.insert(names.begin(), "model");
  if (!caps.max_price.empty()) names.emplace_back("provider.max_price");
  if (caps.completion_tokens) names.emplace_back("max_completion_tokens");
  return names;
}

} // namespace wire
} // namespace wayfare
