// What a client is opened with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/fields.hpp>

namespace wayfare {

enum class Durability : std::uint8_t { sync_reservations, sync_all, no_sync };
template <>
inline constexpr auto values_of<Durability> = enumeration<Durability>(
    "Durability",
    "What is synced to the disk, so that a power cut cannot undo it. Whatever is not synced still "
    "survives the kill of any process at any moment.",
    {
        {Durability::sync_reservations, "sync_reservations",
         "A reservation, before its request is sent. Ends are synced within 100 milliseconds."},
        {Durability::sync_all, "sync_all", "The end of a call too, before the caller sees it."},
        {Durability::no_sync, "no_sync", "Nothing. A power cut may lose the last bookings."},
    });

enum class Dialect : std::uint8_t { automatic, openrouter, openai };
template <>
inline constexpr auto values_of<Dialect> = enumeration<Dialect>(
    "Dialect", "Whose rules the server follows.",
    {
        {Dialect::automatic, "automatic",
         "What WAYFARE_DIALECT names. Else OpenRouter's where the host of the base URL is "
         "openrouter.ai or below it, and OpenAI's elsewhere."},
        {Dialect::openrouter, "openrouter", "A key is needed. A stream tells its usage unasked."},
        {Dialect::openai, "openai",
         "llama.cpp, vLLM, Ollama and their like: no key is needed, and a stream is asked for its "
         "usage."},
    });

struct Options {
  std::string api_key{};
  std::vector<std::pair<std::string, std::string>> keys{};
  std::string base_url{};
  std::string app_url{};
  std::string app_title{};
  std::vector<std::string> app_categories{};
  std::string env_folder{};
  std::string ledger{};
  Durability durability = Durability::sync_reservations;
  Dialect dialect = Dialect::automatic;
  std::string ca_file{};
  std::string proxy{};
  bool allow_http = false;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds first_byte_timeout{300'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds deadline{3'600'000};
  std::int32_t retries = 2;
  std::size_t max_open_calls = 16'384;
};
template <>
inline constexpr auto fields_of<Options> = record(
    "Options",
    "What a client is opened with. Every option may be left out. A variable of the environment "
    "that is set to nothing counts as not set.",
    field("api_key", &Options::api_key,
          "The API key, else OPENROUTER_API_KEY. It is judged by the first call that needs it: a "
          "key that cannot work is refused with the place where it was found."),
    field("keys", &Options::keys,
          "More API keys by name, at most 64. A call takes one by the `key` of its route."),
    field("base_url", &Options::base_url,
          "Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. Plain http goes only to "
          "this machine, or with allow_http."),
    field("app_url", &Options::app_url,
          "The app that OpenRouter shows the calls under. Else OPENROUTER_HTTP_REFERER, else "
          "NEXT_PUBLIC_APP_URL. Sent as HTTP-Referer, at most 512 bytes. A header of the call's "
          "own replaces it."),
    field("app_title", &Options::app_title,
          "The title of that app, else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at most "
          "512 bytes. OpenRouter shows no app that has a title and no URL."),
    field("app_categories", &Options::app_categories,
          "At most two categories of that app, else OPENROUTER_APP_CATEGORIES (`a,b`). Sent as "
          "X-OpenRouter-Categories."),
    field("env_folder", &Options::env_folder,
          "A folder such as services/api. Variables named here that the environment of the process "
          "does not set are read from its .env.local, then its .env. Nothing is put into the "
          "environment. One of the two files must be there, of at most 1 MiB. A $NAME in a value "
          "is refused, as it is not expanded. A relative WAYFARE_LEDGER is relative to the folder.",
          Shape::path),
    field("ledger", &Options::ledger,
          "The path of the ledger, else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, "
          "else ~/.local/state/wayfare/ledger.db. `:memory:` is a ledger without a file, which "
          "ends with the process.",
          Shape::path),
    field("durability", &Options::durability, "What is synced to the disk."),
    field("dialect", &Options::dialect, "Whose rules the server follows."),
    field("ca_file", &Options::ca_file,
          "A PEM file of certificate authorities. Else the first of SSL_CERT_FILE, CURL_CA_BUNDLE "
          "and the folder SSL_CERT_DIR that is set, else the system's.",
          Shape::path),
    field("proxy", &Options::proxy,
          "A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080. Else "
          "HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http goes without a "
          "proxy."),
    field("allow_http", &Options::allow_http, "Whether plain http may go to other machines."),
    field("connect_timeout", &Options::connect_timeout,
          "For the lookup of the name, TCP and TLS together."),
    field("first_byte_timeout", &Options::first_byte_timeout,
          "From the sending of the request to the first byte of the answer."),
    field("idle_timeout", &Options::idle_timeout,
          "Between two pieces of the answer. It does not run while the events of the call are not "
          "taken."),
    field("deadline", &Options::deadline, "For a whole call whose route has none."),
    field("retries", &Options::retries,
          "How often the last model of a call is tried again, where its route does not say: 0 to "
          "10."),
    field("max_open_calls", &Options::max_open_calls,
          "The most calls that are open at once. A call is open until its final event is taken."));

} // namespace wayfare
