#include "config/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/json_text.hpp"
#include "io/url.hpp"
#include "os/files.hpp"
#include "config/variables.hpp"

namespace wayfare {

namespace {

constexpr std::string_view openrouter_url = "https://openrouter.ai/api/v1";
constexpr std::size_t header_max = 512;

bool is_openrouters(std::string_view host) {
  return host == "openrouter.ai" || host.ends_with(".openrouter.ai");
}

bool has_odd_character(std::string_view text) { // that a URL must not contain
  return std::ranges::any_of(text, [](unsigned char c) {
    return c <= 0x20 || c == 0x7F || c == '"' || c == '\'' || c == '\\' || c == '<' || c == '>';
  });
}

// Returns the value of an option: the given value, else the first variable of `names` that is set.
Result<Variable> chosen(const char* option, const std::string& given,
                        std::initializer_list<const char*> names, const Variables& variables) {
  if (!given.empty())
    return Variable{
        .value = given, .place = "the option " + std::string(option), .found_in = FoundIn::option};
  for (const char* name : names) {
    Variable found = variables.find(name);
    if (found.expands)
      return Error::invalid(found.place + " names another variable, and variables are not expanded",
                            "write its value out there, or set the option " + std::string(option));
    if (!found.value.empty()) return found;
  }
  return Variable{};
}

// The dialect can be set by a variable, like the base URL: so a sandbox or a proxy can be used
// without a change of the program.
Result<Dialect> resolve_dialect(Dialect given, bool is_openrouters_host,
                                const Variables& variables) {
  if (given != Dialect::automatic) return given;
  const auto named = chosen("dialect", "", {"WAYFARE_DIALECT"}, variables);
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

std::optional<Error> resolve_server(Settings& settings, const Variables& variables) {
  const auto url =
      chosen("base_url", settings.options.base_url, {"OPENROUTER_BASE_URL"}, variables);
  if (!url) return url.error();
  std::string base_url = url->value.empty() ? std::string(openrouter_url) : url->value;
  while (base_url.ends_with('/')) base_url.pop_back();
  const auto read = io::parse_url(base_url);
  const bool plain = read && read->scheme == "http";
  if (auto fault = fault_of_base_url(read, base_url); !fault.empty())
    return Error::invalid("the base URL (" + url->place + ") " + std::move(fault),
                          "correct it there; a port is a number from 1 to 65535");
  const std::string& host = read->host;
  base_url.replace(0, read->scheme.size(), read->scheme); // the scheme in lower case
  if (plain && !settings.options.allow_http && !io::is_loopback(host))
    return Error::invalid("the base URL (" + url->place + ") is plain http to " + host +
                              ", which would show the key and the prompts to the network",
                          "use https, or set allow_http");
  const auto allowed = is_allowed(settings.options.allow_key_to, *read);
  if (!allowed) return allowed.error();
  if (!*allowed && (plain || !is_openrouters(host)))
    settings.keys.keep_from(*url, host + (read->port.empty() ? "" : ":" + read->port));
  const auto dialect = resolve_dialect(settings.options.dialect, is_openrouters(host), variables);
  if (!dialect) return dialect.error();
  const bool is_openai = *dialect == Dialect::openai;
  settings.server = is_openai ? openai_server(std::move(base_url))
                              : openrouter_server(std::move(base_url), KeyRule::any);
  if (is_openrouters(host)) settings.server.keys = KeyRule::openrouter;
  return std::nullopt;
}

std::optional<Error> resolve_ledger(Settings& settings, const Variables& variables) {
  auto path = chosen("ledger", settings.options.ledger, {"WAYFARE_LEDGER"}, variables);
  if (!path) return path.error();
  settings.ledger = path->value.empty() ? os::default_ledger() : std::move(path->value);
  if (settings.ledger.find('\0') != std::string::npos)
    return Error::invalid("the path of the ledger has a NUL in it");
  if (settings.ledger == "~" || settings.ledger.starts_with("~/"))
    return Error::invalid(
        "the path of the ledger (" + path->place + ") begins with ~, which only a shell expands",
        "write the home folder out");
  if (settings.ledger == ":memory:" || settings.ledger.empty() || settings.ledger.front() == '/')
    return std::nullopt;
  // A relative path in a file is relative to the folder of the file. So processes with different
  // working folders use the same ledger.
  settings.ledger =
      path->folder.empty() ? os::absolute(settings.ledger) : path->folder + "/" + settings.ledger;
  return std::nullopt;
}

// ---- The app.

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find(',', from), text.size());
    std::string_view part = text.substr(from, end - from);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    from = end + 1;
  }
  return parts;
}

std::string fault_of_app_url(const std::string& url) {
  const auto read = io::parse_url(url);
  const bool is_url = read && (read->scheme == "http" || read->scheme == "https") &&
                      !read->has_user && !has_odd_character(url);
  return is_url && url.size() <= header_max ? ""
                                            : "is not like https://example.org, at most 512 bytes";
}

std::string fault_of_title(const std::string& title) {
  if (title.size() > header_max) return "is longer than 512 bytes";
  if (!json::is_utf8(title) ||
      std::ranges::any_of(title, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return "is not one line of UTF-8 text";
  return title.front() == ' ' || title.back() == ' ' ? "begins or ends with a blank" : "";
}

// Checked here, because OpenRouter silently drops categories that it does not accept.
std::string fault_of_categories(const std::vector<std::string>& categories) {
  const auto is_category = [](const std::string& one) {
    return !one.empty() && one.size() <= 30 && std::ranges::all_of(one, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
  };
  if (categories.size() > 2) return "has more than two categories";
  return std::ranges::all_of(categories, is_category)
             ? ""
             : "has a category that is not 1 to 30 lower-case letters, digits and hyphens";
}

// A web app has this variable for itself, so a value that is no URL is no fault.
void take_web_app_url(Settings& settings, const Variables& variables) {
  const Variable found = variables.find("NEXT_PUBLIC_APP_URL");
  if (found.value.empty()) return;
  const std::string fault = found.expands ? "names another variable, and variables are not expanded"
                                          : fault_of_app_url(found.value);
  if (fault.empty())
    settings.app_headers.emplace_back("HTTP-Referer", found.value);
  else
    settings.left_out.push_back("the app's URL (" + found.place + ") " + fault +
                                "; it is left out");
}

std::optional<Error> resolve_app(Settings& settings, const Variables& variables) {
  const Options& options = settings.options;
  const auto url = chosen("app_url", options.app_url, {"OPENROUTER_HTTP_REFERER"}, variables);
  if (!url) return url.error();
  if (!url->value.empty()) {
    if (auto fault = fault_of_app_url(url->value); !fault.empty())
      return Error::invalid("the app's URL (" + url->place + ") " + fault,
                            "correct it there, or set the option app_url, which takes precedence");
    settings.app_headers.emplace_back("HTTP-Referer", url->value);
  } else {
    take_web_app_url(settings, variables);
  }
  const auto title = chosen("app_title", options.app_title, {"OPENROUTER_APP_TITLE"}, variables);
  if (!title) return title.error();
  if (!title->value.empty()) {
    if (auto fault = fault_of_title(title->value); !fault.empty())
      return Error::invalid("the app's title (" + title->place + ") " + fault, "correct it there");
    settings.app_headers.emplace_back("X-OpenRouter-Title", title->value);
  }
  std::string place = "the option app_categories";
  std::vector<std::string> categories = options.app_categories;
  if (categories.empty()) {
    auto found = chosen("app_categories", "", {"OPENROUTER_APP_CATEGORIES"}, variables);
    if (!found) return found.error();
    categories = split_at_commas(found->value);
    place = std::move(found->place);
  }
  if (categories.empty()) return std::nullopt;
  if (auto fault = fault_of_categories(categories); !fault.empty())
    return Error::invalid("the app's categories: " + place + " " + fault, "correct it there");
  settings.app_headers.emplace_back(
      "X-OpenRouter-Categories",
      categories.size() == 1 ? categories[0] : categories[0] + "," + categories[1]);
  return std::nullopt;
}

// ---- Options without a variable.

// The message does not quote the proxy, because it may contain a password.
std::optional<Error> fault_of_proxy(const std::string& proxy) {
  Error fault = Error::invalid(
      "the option proxy is not like http://host:3128 or socks5h://user:password@host:1080",
      "its scheme is http, https, socks4, socks4a, socks5, socks5h or none; it has no white space");
  const auto is_blank_or_control = [](unsigned char c) { return c <= 0x20 || c == 0x7F; };
  if (std::ranges::any_of(proxy, is_blank_or_control) || proxy.size() > 2048) return fault;
  const auto read =
      io::parse_url(proxy.find("://") == proxy.npos ? "http://" + proxy : proxy, true);
  static constexpr std::string_view schemes[] = {"http",    "https",  "socks4",
                                                 "socks4a", "socks5", "socks5h"};
  if (!read || std::ranges::find(schemes, read->scheme) == std::end(schemes)) return fault;
  // A password must encode / ? and # as %2F and so on.
  if ((read->path != "/" && !read->path.empty()) || read->has_query || read->has_fragment)
    return fault;
  return std::nullopt;
}

std::optional<Error> fault_of_times(const Options& options) {
  constexpr auto longest = std::chrono::hours(24 * 7);
  const std::array<std::pair<const char*, std::chrono::milliseconds>, 5> times{
      {{"connect_timeout", options.connect_timeout},
       {"first_byte_timeout", options.first_byte_timeout},
       {"idle_timeout", options.idle_timeout},
       {"deadline", options.deadline},
       {"report_timeout", options.report_timeout}}};
  for (const auto& [what, time] : times)
    if (time <= std::chrono::milliseconds(0) || time > longest)
      return Error::invalid(std::string(what) + " is not above zero and at most a week");
  if (options.content_timeout < std::chrono::milliseconds(0) || options.content_timeout > longest)
    return Error::invalid("content_timeout is not between zero and a week");
  if (options.retries < 0 || options.retries > 10)
    return Error::invalid("retries is not between 0 and 10");
  if (options.max_open_calls < 1 || options.max_open_calls > 1'000'000)
    return Error::invalid("max_open_calls is not between 1 and 1000000");
  return std::nullopt;
}

} // namespace

// The system would end a text at a zero byte.
static std::optional<Error> fault_of_texts(const Options& options) {
  std::optional<Error> fault;
  for_each_field<Options>([&](const auto& leaf) {
    if constexpr (std::is_same_v<decltype(leaf.get(options)), const std::string&>)
      if (leaf.get(options).find('\0') != std::string::npos)
        fault = Error::invalid("the option " + std::string(leaf.name) + " has a zero byte in it",
                               "give it without that byte");
  });
  return fault;
}

// Tells the variables that were probably meant for a part that no option and no variable gives.
static void tell_near_names(Settings& settings, const Variables& variables) {
  const Options& options = settings.options;
  for (const Variables::Near& near : variables.near_names()) {
    const bool is_given = (near.meant == "WAYFARE_LEDGER" && !options.ledger.empty()) ||
                          (near.meant == "OPENROUTER_BASE_URL" && !options.base_url.empty()) ||
                          (near.meant == "OPENROUTER_HTTP_REFERER" && !options.app_url.empty()) ||
                          (near.meant == "OPENROUTER_APP_TITLE" && !options.app_title.empty());
    if (!is_given)
      settings.left_out.push_back(near.name + " in " + near.place + " is not used: did you mean " +
                                  near.meant + "?");
  }
}

Result<Settings> resolve(Options options) {
  if (auto fault = fault_of_texts(options)) return *fault;
  if (auto fault = fault_of_times(options)) return *fault;
  if (!options.proxy.empty())
    if (auto fault = fault_of_proxy(options.proxy)) return *fault;
  const bool has_key = !options.api_key.empty() || !options.keys.empty();
  const auto variables = Variables::read(options.env_folder, has_key);
  if (!variables) return variables.error();
  Settings settings;
  auto keys = Keys::of(std::move(options.api_key), std::move(options.keys), *variables);
  if (!keys) return keys.error();
  settings.keys = std::move(*keys);
  options.api_key.clear();
  options.keys.clear();
  settings.options = std::move(options);
  settings.cache = os::cache_folder();
  for (auto* resolve_part : {resolve_server, resolve_ledger, resolve_app})
    if (auto fault = resolve_part(settings, *variables)) return *fault;
  tell_near_names(settings, *variables);
  return settings;
}

} // namespace wayfare
