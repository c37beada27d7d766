#include "config/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/json_text.hpp"
#include "io/url.hpp"
#include "os/files.hpp"
#include "config/server_settings.hpp"
#include "config/variables.hpp"

namespace wayfare {

namespace {

constexpr std::size_t header_max = 512;

std::optional<Error> resolve_servers(Settings& settings, const Variables& variables) {
  auto own = default_server_of(settings.options, variables, settings.keys);
  if (!own) return own.error();
  auto further = further_servers_of(settings.options, settings.keys);
  if (!further) return further.error();
  settings.servers = std::move(*further);
  settings.servers.insert(settings.servers.begin(), std::move(*own));
  return std::nullopt;
}

std::optional<Error> resolve_ledger(Settings& settings, const Variables& variables) {
  auto path = variables.choose("ledger", settings.options.ledger, {"WAYFARE_LEDGER"});
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
  const auto url = variables.choose("app_url", options.app_url, {"OPENROUTER_HTTP_REFERER"});
  if (!url) return url.error();
  if (!url->value.empty()) {
    if (auto fault = fault_of_app_url(url->value); !fault.empty())
      return Error::invalid("the app's URL (" + url->place + ") " + fault,
                            "correct it there, or set the option app_url, which takes precedence");
    settings.app_headers.emplace_back("HTTP-Referer", url->value);
  } else {
    take_web_app_url(settings, variables);
  }
  const auto title = variables.choose("app_title", options.app_title, {"OPENROUTER_APP_TITLE"});
  if (!title) return title.error();
  if (!title->value.empty()) {
    if (auto fault = fault_of_title(title->value); !fault.empty())
      return Error::invalid("the app's title (" + title->place + ") " + fault, "correct it there");
    settings.app_headers.emplace_back("X-OpenRouter-Title", title->value);
  }
  std::string place = "the option app_categories";
  std::vector<std::string> categories = options.app_categories;
  if (categories.empty()) {
    auto found = variables.choose("app_categories", "", {"OPENROUTER_APP_CATEGORIES"});
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
  for (auto* resolve_part : {resolve_servers, resolve_ledger, resolve_app})
    if (auto fault = resolve_part(settings, *variables)) return *fault;
  tell_near_names(settings, *variables);
  return settings;
}

Result<std::vector<std::size_t>> Settings::servers_of(const Route& route) const {
  if (route.servers.empty()) return std::vector<std::size_t>{0};
  std::vector<std::size_t> chosen;
  for (const std::string& name : route.servers) {
    const auto found = std::ranges::find(servers, name, &Server::name);
    if (found == servers.end())
      return Error::invalid("route.servers has a name that no server of the client has",
                            "its servers are " + names_of(servers) +
                                ": add it to the option servers, or correct the name");
    chosen.push_back(static_cast<std::size_t>(found - servers.begin()));
  }
  if (!route.key.empty() && std::ranges::find(chosen, 0U) == chosen.end())
    return Error::invalid("route.key is given, and route.servers does not have default",
                          "leave the key out: a further server has its own, by its option key");
  return chosen;
}

Result<const Key*> Settings::key_for(const Server& server, const Route& route) const {
  if (!server.takes_key) return nullptr;
  return keys.choose(server.key.empty() ? route.key : server.key, server.keys);
}

const Key* key_for_lists(const Settings& settings, const Server& server) {
  const auto chosen = settings.key_for(server, {});
  return chosen ? *chosen : nullptr;
}

} // namespace wayfare
