// The options of a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

enum class Durability : std::uint8_t { sync_reservations, sync_all, no_sync };
template <>
inline constexpr auto values_of<Durability> =
    enumeration<Durability>("Durability",
                            "The data that is synced to the disk, so that a power cut cannot undo "
                            "it. Data that is not synced still survives the kill of any process.",
                            {
                                {Durability::sync_reservations, "sync_reservations",
                                 "Each reservation is synced before its request is sent. The end "
                                 "of a call is synced within 100 milliseconds."},
                                {Durability::sync_all, "sync_all",
                                 "The end of a call is synced too, before the caller sees it."},
                                {Durability::no_sync, "no_sync",
                                 "Nothing is synced. A power cut may lose the last bookings."},
                            });

enum class Dialect : std::uint8_t { automatic, openrouter, openai };
template <>
inline constexpr auto values_of<Dialect> = enumeration<Dialect>(
    "Dialect", "The API rules that the server follows.",
    {
        {Dialect::automatic, "automatic",
         "The value of WAYFARE_DIALECT. Else openrouter if the host of the base URL is "
         "openrouter.ai or a subdomain of it, and openai otherwise."},
        {Dialect::openrouter, "openrouter",
         "OpenRouter. It needs a key, and its streams always tell the usage."},
        {Dialect::openai, "openai",
         "llama.cpp, vLLM, Ollama and similar servers. They need no key, and wayfare asks each "
         "stream for the usage."},
    });

struct TokenPrice {
  Price prompt{}, completion{};

  bool operator==(const TokenPrice&) const = default;
};
template <>
inline constexpr auto fields_of<TokenPrice> =
    record("TokenPrice", "What a server of your own bills for tokens.",
           field("prompt", &TokenPrice::prompt, "US dollars per million tokens.", Shape::required),
           field("completion", &TokenPrice::completion, "US dollars per million tokens.",
                 Shape::required));

struct ServerOptions {
  std::string name{};
  std::string base_url{};
  std::string key{};
  Dialect dialect = Dialect::automatic;
  std::string model{};
  std::vector<std::pair<std::string, std::string>> models{};
  std::optional<TokenPrice> price{};
};
template <>
inline constexpr auto fields_of<ServerOptions> = record(
    "ServerOptions",
    "A further server, which the `servers` of a route may name. Such as a llama.cpp of your own, "
    "for the time in which OpenRouter cannot be reached.",
    field("name", &ServerOptions::name,
          "The name of the server in a route: at most 128 bytes. `default` is the name of the "
          "server at the option base_url, and can be given to no other.",
          Shape::required),
    field("base_url", &ServerOptions::base_url,
          "The base URL of the server. The same rules hold for it as for the option base_url.",
          Shape::required),
    field("key", &ServerOptions::key,
          "The name of the API key for this server, in the option `keys`. Without it, no key is "
          "sent. The option api_key is never sent to a further server.",
          Shape::never_empty),
    field("dialect", &ServerOptions::dialect,
          "The API rules that the server follows. Without it, they follow from the host of its "
          "base URL. The variable WAYFARE_DIALECT does not count here."),
    field("model", &ServerOptions::model,
          "The model that is asked for at this server, whatever model the call names. A model in "
          "the body is then replaced, and `added` names it. Without it: the model of the call.",
          Shape::never_empty),
    field("models", &ServerOptions::models,
          "What this server calls a model of the call, such as gpt-4o-mini for "
          "openai/gpt-4o-mini: at most 32. They go before `model`."),
    field("price", &ServerOptions::price,
          "What the server bills, if it tells neither its costs nor its prices. 0 for a server "
          "that costs nothing. Hard budgets and max_cost then know what a call can cost at most. "
          "Not for OpenRouter, which tells both."));

struct Options {
  std::string api_key{};
  std::vector<std::pair<std::string, std::string>> keys{};
  std::string base_url{};
  std::vector<ServerOptions> servers{};
  std::string app_url{};
  std::string app_title{};
  std::vector<std::string> app_categories{};
  std::string env_folder{};
  std::string ledger{};
  bool allow_remote_ledger = false;
  Durability durability = Durability::sync_reservations;
  Dialect dialect = Dialect::automatic;
  std::string ca_file{};
  std::string proxy{};
  bool allow_http = false;
  std::vector<std::string> allow_key_to{};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds first_byte_timeout{300'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds content_timeout{0};
  std::chrono::milliseconds deadline{3'600'000};
  std::chrono::milliseconds report_timeout{60'000};
  std::int32_t retries = 2;
  std::size_t max_open_calls = 16'384;
  Defaults defaults{};
  std::vector<ChargePart> require_charge_to{};
};
template <>
inline constexpr auto fields_of<Options> = record(
    "Options",
    "The options of a client. Every option may be left out. An empty environment variable counts "
    "as not set.",
    field("api_key", &Options::api_key,
          "The API key. Else OPENROUTER_API_KEY. It is checked when a call first needs it. The "
          "error for a bad key names the place where the key was found."),
    field("keys", &Options::keys,
          "More API keys by name, at most 64. The `key` of a call's route selects one."),
    field(
        "base_url", &Options::base_url,
        "The base URL of the server. Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. "
        "Plain http is allowed only to this machine, or with allow_http."),
    field("servers", &Options::servers,
          "Further servers, at most 8. A call asks them only if the `servers` of its route name "
          "them."),
    field("app_url", &Options::app_url,
          "The URL of the app under which OpenRouter shows the calls. Else "
          "OPENROUTER_HTTP_REFERER, else NEXT_PUBLIC_APP_URL, which belongs to a web app: wayfare "
          "leaves it out if it is no URL. Sent as HTTP-Referer, at most 512 bytes. A header in the "
          "request replaces it."),
    field("app_title", &Options::app_title,
          "The title of that app. Else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at most "
          "512 bytes. OpenRouter does not show an app that has a title but no URL."),
    field("app_categories", &Options::app_categories,
          "At most two categories of that app. Else OPENROUTER_APP_CATEGORIES (`a,b`). Sent as "
          "X-OpenRouter-Categories."),
    field("env_folder", &Options::env_folder,
          "A folder with a .env.local or a .env file, such as services/api. If the environment of "
          "the process does not set a variable that these options name, it is read from "
          ".env.local, then from .env. The environment is not changed. At least one of the two "
          "files must exist, or the environment must have OPENROUTER_API_KEY or the options an "
          "api_key, as in a container. Each file has at most 1 MiB. A $NAME in a value is refused, "
          "because it is not expanded. A relative WAYFARE_LEDGER is relative to this folder.",
          Shape::path),
    field("ledger", &Options::ledger,
          "The path of the ledger. Else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, "
          "else ~/.local/state/wayfare/ledger.db. `:memory:` is a ledger without a file. It is "
          "lost when the client is closed.",
          Shape::path),
    field(
        "allow_remote_ledger", &Options::allow_remote_ledger,
        "Whether the ledger may be on NFS, SMB, FUSE, virtiofs, 9P and other file systems that "
        "several machines may have. It is safe only where all processes that use the ledger run "
        "on one machine, and the file system keeps locks and shared memory as a local disk does."),
    field("durability", &Options::durability, "The data that is synced to the disk."),
    field("dialect", &Options::dialect, "The API rules that the server follows."),
    field("ca_file", &Options::ca_file,
          "A PEM file of certificate authorities. Else the first variable that is set: "
          "SSL_CERT_FILE, CURL_CA_BUNDLE or SSL_CERT_DIR (a folder). Else the authorities of the "
          "system.",
          Shape::path),
    field("proxy", &Options::proxy,
          "A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080. Else "
          "HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http never uses a "
          "proxy."),
    field("allow_http", &Options::allow_http, "Whether plain http to other machines is allowed."),
    field("allow_key_to", &Options::allow_key_to,
          "Servers that may get an API key from another place than their base URL: at most 16 "
          "hosts, such as llm.example.org or 127.0.0.1:8080. Without it, a base URL in the options "
          "takes any key. A base URL in the environment takes a key in the environment or in the "
          "options. A base URL in a file takes a key in the same file or in the options. "
          "https://openrouter.ai takes any key."),
    field("connect_timeout", &Options::connect_timeout,
          "The longest time for the DNS lookup, TCP and TLS together."),
    field("first_byte_timeout", &Options::first_byte_timeout,
          "The longest time from sending the request to the first byte of the answer."),
    field("idle_timeout", &Options::idle_timeout,
          "The longest time between two pieces of the answer. The time does not run while the "
          "caller leaves the events of the call waiting."),
    field("content_timeout", &Options::content_timeout,
          "The longest time without a part of the content, counted from the head of the answer and "
          "from each part on. Heartbeats, blanks and empty deltas count as pieces of the answer "
          "and are no content. The time does not run while the caller leaves the events of the "
          "call waiting. 0: no limit."),
    field("deadline", &Options::deadline,
          "The longest time for a whole call, if its route has no deadline."),
    field("report_timeout", &Options::report_timeout,
          "The longest time for one report of the ledger, and for verify and backup. It ends with "
          "the code `deadline` then, for example where another process holds the ledger locked."),
    field(
        "retries", &Options::retries,
        "How often the last model of a call is tried again, if its route does not tell: 0 to 10."),
    field(
        "max_open_calls", &Options::max_open_calls,
        "The most calls that may be open at once. A call is open until its final event is taken."),
    inlined(&Options::defaults),
    field("require_charge_to", &Options::require_charge_to,
          "Parts of charge_to that every call must have, so that no call escapes its budget. A "
          "call without one of them is refused with `invalid`. The defaults count."));

} // namespace wayfare
