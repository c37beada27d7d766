// What a client is opened with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/ledger.hpp>

namespace wayfare {

// Whose rules the server follows.
enum class Dialect : std::uint8_t {
  // what WAYFARE_DIALECT names, else OpenRouter's where the base URL's host is openrouter.ai or
  // below it
  automatic,
  openrouter, // a key is needed; usage comes by itself
  openai,     // llama.cpp, vLLM, Ollama, …: no key needed; usage is asked for in streams
};

struct Options {
  // "else" names the variable that is read where an option is left out; one that is set to nothing
  // counts as not set.
  //
  // A key is judged by the first call that needs it: one that cannot work is told with the place
  // where it was found, and nothing is sent. At OpenRouter's own hosts that is whatever is no key
  // of OpenRouter's; elsewhere white space, quotes and the like.
  std::string api_key; // else OPENROUTER_API_KEY
  // more of them, {name, key}: a call takes one by Route::key. At most 64
  std::vector<std::pair<std::string, std::string>> keys;
  // else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. Plain http only to loopback, or
  // with allow_http.
  std::string base_url;

  // The app that OpenRouter shows the calls under; it makes none for a title without a URL. Sent to
  // any server, as a proxy passes them on. A header of the call's own goes before. At most 512
  // bytes each. else OPENROUTER_HTTP_REFERER, else NEXT_PUBLIC_APP_URL. Sent as HTTP-Referer
  std::string app_url;
  std::string app_title; // else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title
  // else OPENROUTER_APP_CATEGORIES ("a,b"). Sent as X-OpenRouter-Categories; at most two
  std::vector<std::string> app_categories;

  // A folder such as "services/api": those of the variables above, WAYFARE_LEDGER and
  // WAYFARE_DIALECT that the environment of the process does not set are read from its .env.local,
  // then its .env, at open. Nothing is put into the environment. One of the two files must be
  // there, of at most 1 MiB. $NAME in a value is not expanded but refused. A relative
  // WAYFARE_LEDGER is relative to the folder.
  std::string env_folder;

  // path, else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, else
  // ~/.local/state/wayfare/ledger.db; ":memory:" gives up every promise about crashes and other
  // processes
  std::string ledger;
  Durability durability = Durability::reserve;
  Dialect dialect = Dialect::automatic;
  // PEM file of certificate authorities; else SSL_CERT_FILE's, CURL_CA_BUNDLE's, the folder
  // SSL_CERT_DIR (as `openssl rehash` makes it), the system's: the first that is named, alone
  std::string ca_file;
  // such as "http://user:password@host:3128" or "socks5h://host:1080", for https; else HTTPS_PROXY,
  // ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http goes without one
  std::string proxy;
  bool allow_http = false;

  std::chrono::milliseconds connect_timeout{10'000}; // name lookup, TCP and TLS together
  // from the sending to the first byte of the answer
  std::chrono::milliseconds first_byte_timeout{300'000};
  // between two pieces of the answer; rests while you don't take events
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds deadline{3'600'000}; // of a call without a Route::deadline
  // of a call without Route::retries; 0 to 10
  int retries = 2;
  // a call is open until its final event is taken
  std::size_t max_open_calls = 16'384;
};

} // namespace wayfare
