#include "settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "os/files.hpp"

namespace wayfare {

namespace {

constexpr std::string_view openrouter_url = "https://openrouter.ai/api/v1";

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Error invalid(std::string message, std::string advice = {}) {
  return Error{.code = Code::invalid, .message = std::move(message), .advice = std::move(advice)};
}

// The host of "scheme://host[:port][/path]" in lower case; empty where the text is not that.
std::string host_of(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return {};
  url.remove_prefix(scheme_end + 3);
  std::string host(url.substr(0, url.find('/')));
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-._~:[]").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!std::ranges::all_of(host, is_plain)) return {};
  const auto end = host.starts_with('[') ? host.find(']') + 1 : std::min(host.size(), host.find(':'));
  if (end < host.size() && host[end] != ':') return {}; // "[::1].example.org" is not ::1
  host.resize(end);
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && std::ranges::all_of(host, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

std::optional<Error> fault_of_url(const std::string& url, const std::string& host, bool allow_http) {
  const bool plain = url.starts_with("http://");
  if (host.empty() || (!plain && !url.starts_with("https://")) || url.find_first_of("?#@\\\"'<>") != url.npos ||
      std::ranges::any_of(url, [](unsigned char c) { return c <= 0x20 || c == 0x7F; }))
    return invalid("the base URL is not like " + std::string(openrouter_url), "check the option base_url and OPENROUTER_BASE_URL");
  if (plain && !allow_http && !is_loopback(host))
    return invalid("the base URL is plain http to " + host + ", which would show the key and the prompts to the network",
                   "use https, or set allow_http");
  return std::nullopt;
}

std::optional<Error> fault_of_times(const Options& options) {
  constexpr auto longest = std::chrono::hours(24 * 7);
  const std::array<std::pair<const char*, std::chrono::milliseconds>, 4> times{{{"connect_timeout", options.connect_timeout},
                                                                                {"first_byte_timeout", options.first_byte_timeout},
                                                                                {"idle_timeout", options.idle_timeout},
                                                                                {"deadline", options.deadline}}};
  for (const auto& [what, time] : times)
    if (time <= std::chrono::milliseconds(0) || time > longest) return invalid(std::string(what) + " is not above zero and at most a week");
  if (options.max_open_calls < 1 || options.max_open_calls > 1'000'000) return invalid("max_open_calls is not between 1 and 1000000");
  return std::nullopt;
}

} // namespace

Result<Settings> settle(Options options) {
  if (auto fault = fault_of_times(options)) return *fault;
  Settings settings;
  settings.base_url = !options.base_url.empty() ? options.base_url : from_environment("OPENROUTER_BASE_URL");
  if (settings.base_url.empty()) settings.base_url = openrouter_url;
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  const std::string host = host_of(settings.base_url);
  if (auto fault = fault_of_url(settings.base_url, host, options.allow_http)) return *fault;
  settings.openrouter = options.dialect == Dialect::openrouter ||
                        (options.dialect == Dialect::automatic && (host == "openrouter.ai" || host.ends_with(".openrouter.ai")));

  settings.ledger = !options.ledger.empty() ? options.ledger : from_environment("WAYFARE_LEDGER");
  if (settings.ledger.empty()) settings.ledger = os::default_ledger();
  if (settings.ledger.find('\0') != std::string::npos) return invalid("the path of the ledger has a NUL in it");
  if (settings.ledger != ":memory:") settings.ledger = os::absolute(settings.ledger);

  settings.key_place = options.api_key.empty() ? "OPENROUTER_API_KEY" : "the option api_key";
  settings.key = options.api_key.empty() ? from_environment("OPENROUTER_API_KEY") : std::move(options.api_key);
  options.api_key.clear();
  settings.options = std::move(options);
  return settings;
}

std::optional<Error> fault_of_key(const Settings& settings) {
  if (settings.key.empty()) {
    if (!settings.openrouter) return std::nullopt; // other servers may do without
    return Error{.code = Code::key_missing,
                 .message = "there is no API key: OPENROUTER_API_KEY is not set, and no api_key was given; nothing was sent",
                 .advice = "make a key at https://openrouter.ai/settings/keys and set OPENROUTER_API_KEY to it"};
  }
  const auto is_bad = [](unsigned char c) { return c <= 0x20 || c >= 0x7F || c == '"' || c == '\''; };
  if (std::ranges::none_of(settings.key, is_bad)) return std::nullopt;
  return Error{.code = Code::key_malformed,
               .message = "the API key in " + settings.key_place +
                          " has white space, quotes or other characters in it that no key has; nothing was sent",
               .advice = "set " + settings.key_place + " to the bare key, without quotes, blanks or a line's end"};
}

} // namespace wayfare
