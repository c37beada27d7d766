#include "config/server_settings.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/json_text.hpp"
#include "io/url.hpp"

namespace wayfare {

namespace {

constexpr std::string_view openrouter_url = "https://openrouter.ai/api/v1";
constexpr std::size_t servers_max = 8, models_max = 32, text_max = 128;

bool is_openrouters(std::string_view host) {
  return host == "openrouter.ai" || host.ends_with(".openrouter.ai");
}

// The dialect can be set by a variable, like the base URL: so a sandbox or a proxy can be used
// without a change of the program.
Result<Dialect> dialect_of(Dialect given, bool is_openrouters_host, const Variables& variables) {
  if (given != Dialect::automatic) return given;
  const auto named = variables.choose("dialect", "", {"WAYFARE_DIALECT"});
  if (!named) return named.error();
  if (named->value == "openrouter") return Dialect::openrouter;
  if (named->value == "openai") return Dialect::openai;
  if (!named->value.empty() && named->value != "automatic")
    return Error::invalid(
        "the dialect (" + named->place + ") is none of openrouter, openai and automatic",
        "correct it there");
  return is_openrouters_host ? Dialect::openrouter : Dialect::openai;
}

std::string fault_of_base_url(const std::optional<io::Url>& read, const std::string& base_url) {
  if (has_odd_character(base_url)) return "has a blank, a line end or another odd character";
  if (!read) return "is not like " + std::string(openrouter_url);
  if (read->scheme != "http" && read->scheme != "https")
    return "has the scheme " + read->scheme + ": only https and http are known";
  if (read->has_user) return "has a user name or a password: give a key by the option api_key";
  if (read->has_query) return "has a query (?...), which is not supported";
  if (read->has_fragment) return "has a fragment (#...)";
  if (base_url.ends_with("/chat/completions"))
    return "ends with /chat/completions, which wayfare adds itself";
  return {};
}

struct BaseUrl {
  std::string text; // without a slash at the end, the scheme in lower case
  io::Url read;
};
// `place`: where the base URL was found, such as "the option base_url".
Result<BaseUrl> base_url_of(std::string text, const std::string& place, bool allow_http) {
  while (text.ends_with('/')) text.pop_back();
  auto read = io::parse_url(text);
  if (auto fault = fault_of_base_url(read, text); !fault.empty())
    return Error::invalid("the base URL (" + place + ") " + std::move(fault),
                          "correct it there; a port is a number from 1 to 65535");
  text.replace(0, read->scheme.size(), read->scheme);
  if (read->scheme == "http" && !allow_http && !io::is_loopback(read->host))
    return Error::invalid("the base URL (" + place + ") is plain http to " + read->host +
                              ", which would show the key and the prompts to the network",
                          "use https, or set allow_http");
  return BaseUrl{std::move(text), std::move(*read)};
}

Server server_at(BaseUrl url, Dialect dialect) {
  const bool is_openrouters_host = is_openrouters(url.read.host);
  Server server = dialect == Dialect::openai ? openai_server(std::move(url.text))
                                             : openrouter_server(std::move(url.text), KeyRule::any);
  if (is_openrouters_host) server.keys = KeyRule::openrouter;
  return server;
}

// Whether the option allow_key_to names this server.
Result<bool> is_allowed(const std::vector<std::string>& servers, const io::Url& url) {
  if (servers.size() > 16) return Error::invalid("allow_key_to has more than 16 servers");
  bool found = false;
  for (const std::string& server : servers) {
    const auto read = io::parse_url("https://" + server);
    if (!read || read->path != "/" || server.ends_with('/') || read->has_user || read->has_query ||
        read->has_fragment || has_odd_character(server))
      return Error::invalid(
          "allow_key_to has a name that is not like llm.example.org or "
          "127.0.0.1:8080",
          "give the host of a base URL, and its port if it has one");
    found = found || (read->host == url.host && (read->port.empty() || read->port == url.port));
  }
  return found;
}

std::string fault_of_text(std::string_view what, const std::string& text) {
  const std::string name(what);
  if (text.empty()) return name + " is empty";
  if (text.size() > text_max) return name + " is longer than 128 bytes";
  return json::is_utf8(text) && text.find('\0') == text.npos ? std::string()
                                                             : name + " is not UTF-8 text";
}

std::string fault_of_server(const ServerOptions& given) {
  if (auto fault = fault_of_text("its name", given.name); !fault.empty()) return fault;
  if (given.name == default_server)
    return "default is the name of the server at the option base_url: give another name";
  if (given.models.size() > models_max) return "its models has more than 32 names";
  for (const auto& [called, here] : given.models)
    for (const std::string* text : {&called, &here})
      if (auto fault = fault_of_text("a name in its models", *text); !fault.empty()) return fault;
  return given.model.empty() ? std::string() : fault_of_text("its model", given.model);
}

Result<Server> further_server_of(const ServerOptions& given, const std::string& place,
                                 const Options& options, const Keys& keys) {
  if (auto fault = fault_of_server(given); !fault.empty())
    return Error::invalid(place + ": " + std::move(fault));
  auto url = base_url_of(given.base_url, place, options.allow_http);
  if (!url) return url.error();
  const bool is_openrouters_host = is_openrouters(url->read.host);
  const Dialect dialect = given.dialect != Dialect::automatic ? given.dialect
                          : is_openrouters_host               ? Dialect::openrouter
                                                              : Dialect::openai;
  Server server = server_at(std::move(*url), dialect);
  if (given.key.empty() && server.keys != KeyRule::optional)
    return Error::invalid(place + " has no key, and OpenRouter needs one",
                          "give the key in the option keys, and its name there as `key`");
  if (!given.key.empty())
    if (const auto known = keys.choose(given.key, server.keys); !known) return known.error();
  if (given.price && server.tells_cost)
    return Error::invalid(place + " has a price, and OpenRouter tells its prices itself",
                          "leave the price out");
  server.name = given.name;
  server.key = given.key;
  server.takes_key = !given.key.empty();
  server.model = given.model;
  server.models = given.models;
  server.price = given.price;
  return server;
}

} // namespace

bool has_odd_character(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) {
    return c <= 0x20 || c == 0x7F || c == '"' || c == '\'' || c == '\\' || c == '<' || c == '>';
  });
}

Result<Server> default_server_of(const Options& options, const Variables& variables, Keys& keys) {
  const auto given = variables.choose("base_url", options.base_url, {"OPENROUTER_BASE_URL"});
  if (!given) return given.error();
  auto url = base_url_of(given->value.empty() ? std::string(openrouter_url) : given->value,
                         given->place, options.allow_http);
  if (!url) return url.error();
  const auto allowed = is_allowed(options.allow_key_to, url->read);
  if (!allowed) return allowed.error();
  const bool is_openrouters_host = is_openrouters(url->read.host);
  if (!*allowed && (url->read.scheme == "http" || !is_openrouters_host))
    keys.keep_from(*given, url->read.host + (url->read.port.empty() ? "" : ":" + url->read.port));
  const auto dialect = dialect_of(options.dialect, is_openrouters_host, variables);
  if (!dialect) return dialect.error();
  return server_at(std::move(*url), *dialect);
}

Result<std::vector<Server>> further_servers_of(const Options& options, const Keys& keys) {
  if (options.servers.size() > servers_max)
    return Error::invalid("servers has more than 8 servers");
  std::vector<Server> servers;
  for (const ServerOptions& given : options.servers) {
    const std::string place = "the option servers[" + std::to_string(servers.size()) + "]";
    auto server = further_server_of(given, place, options, keys);
    if (!server) return server.error();
    if (std::ranges::find(servers, server->name, &Server::name) != servers.end())
      return Error::invalid(place + " has the name of a server before it", "give another name");
    servers.push_back(std::move(*server));
  }
  return servers;
}

std::string names_of(const std::vector<Server>& servers) {
  std::string names;
  for (const Server& one : servers) names += (names.empty() ? "" : ", ") + json::quoted(one.name);
  return names;
}

} // namespace wayfare
