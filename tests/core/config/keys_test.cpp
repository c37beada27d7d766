// The API keys: the key of a call, and keys that cannot work.

#include "config/keys.hpp"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "base/sha256.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/folder.hpp"

using namespace wayfare;

namespace {

const std::string hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string whole = "sk-or-v1-" + hex64;

bool holds(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string line_of(const Error& error) {
  return std::string(name(error.code)) + ": " + error.message + "; " + error.advice;
}

// Returns "" or the message about a key. The message never contains the key.
std::string fault(const std::string& key, KeyRule rule = KeyRule::openrouter) {
  const Environment environment{};
  const auto keys = Keys::of(key, {}, *Variables::read(""));
  const auto chosen = keys->choose("", rule);
  if (chosen.ok()) return "";
  const std::string line = line_of(chosen.error());
  if (key.size() > 3 && !holds("https://openrouter.ai/settings/keys sk-or-v1-", key))
    CHECK_FALSE(holds(line, key));
  if (!key.empty()) {
    CHECK(chosen.error().code == Code::key_malformed);
    CHECK(holds(line, "(the option api_key)"));
    CHECK(holds(line, "nothing was sent"));
  }
  return line;
}

Settings settled(Options options) { return resolve(std::move(options)).value(); }

} // namespace

TEST_CASE("the error for a key that no server accepts tells its fault") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {" " + whole, "has white space around it"},
      {whole + "\t", "has white space around it"},
      {whole + "\n", "ends with a line break"},
      {whole + "\r\n", "ends with a line break"},
      {whole + "\r", "ends with a line break"},
      {"sk-or-v1-01 23", "has white space in it"},
      {"\"" + whole + "\"", "is in quotes"},
      {"'" + whole + "'", "is in quotes"},
      {"`" + whole + "`", "is in quotes"},
      {whole + "\"", "has a quote in it"},
      {"Bearer " + whole, "begins with the word Bearer"},
      {"sk-or-v1-\x01", "has a control character in it"},
      {std::string("sk-or\0-1", 8), "has a control character in it"},
      {"sk-or-v1-\x7F", "has a control character in it"},
      {"\xEF\xBB\xBF" + whole, "is not ASCII"},
      {"sk-or-v1-\xC3\xA9", "is not ASCII"},
      {" ", "has white space around it"},
      {"\n", "ends with a line break"},
      {std::string(1025, 'k'), "is longer than 1024 characters"}};
  for (const auto& [key, wanted] : cases) {
    INFO(wanted);
    // A key of one letter a thousand times is a placeholder for OpenRouter.
    if (key.size() < 1000) CHECK(holds(fault(key), wanted));
    CHECK(holds(fault(key, KeyRule::any), wanted));
    CHECK(holds(fault(key, KeyRule::optional), wanted));
  }
}

TEST_CASE("for OpenRouter, the error tells that a key is not an OpenRouter key") {
  for (const char* key : {"your-key-here",
                          "YOUR_API_KEY",
                          "sk-or-v1-your-key-here",
                          "sk-or-v1-...",
                          "sk-or-v1-\xE2\x80\xA6",
                          "<your key>",
                          "<OPENROUTER_API_KEY>",
                          "xxx",
                          "sk-or-v1-xxxx",
                          "sk-or-v1-xxxxxxxx-xxxx",
                          "changeme",
                          "change-me",
                          "CHANGE_ME",
                          "sk-xxxxxxxx",
                          "sk-or-your-openrouter-key",
                          "$OPENROUTER_API_KEY",
                          "${OPENROUTER_API_KEY}",
                          "{{ key }}",
                          "********",
                          "todo",
                          "replace_me",
                          "put your key here",
                          "dummy",
                          "sk-or-v1-placeholder"}) {
    INFO(key);
    CHECK(holds(fault(key), "is a placeholder"));
    if (std::string(key).find_first_of(" \xE2") == std::string::npos)
      CHECK(fault(key, KeyRule::any).empty());
  }
  CHECK(holds(fault("sk-or-v1-" + std::string(64, '0')), "is a placeholder"));

  const std::string tail = "Ab3dEf6hIj9lMn2pQr5t";
  for (const auto& [begin, family] :
       std::vector<std::pair<std::string, std::string>>{{"sk-ant-api03-", "Anthropic"},
                                                        {"sk-proj-", "OpenAI"},
                                                        {"gsk_", "Groq"},
                                                        {"hf_", "Hugging Face"},
                                                        {"AIza", "Google"},
                                                        {"xai-", "xAI"}})
    CHECK(holds(fault(begin + tail), "looks like a key of " + family + ", not of OpenRouter"));
  CHECK(holds(fault("sk-" + tail), "is not a key of OpenRouter, which begins with sk-or-v1-"));
  CHECK(holds(fault(hex64), "is not a key of OpenRouter"));

  CHECK(holds(fault(whole.substr(0, 72)), "is cut short: it has 72 characters and should have 73"));
  CHECK(holds(fault("sk-or-v1-0123456789abcdef"), "is cut short: it has 25 characters"));
  CHECK(holds(fault("sk-or-v1-"), "is cut short: it has 9 characters"));
  CHECK(holds(fault("sk-or"), "is cut short: it has 5 characters"));
}

TEST_CASE("a key that may work is accepted") {
  for (const std::string& key :
       {whole, "sk-or-v1-" + std::string(32, 'A') + std::string(32, 'b'), // upper case
        whole + "0", "sk-or-v1-" + std::string(62, 'q') + "zy",           // may be a valid key
        std::string("sk-or-v2-Qm9yZWQgb2YgaGV4"), std::string("sk-or-v2-xxxYourKeyHere9"),
        std::string("sk-or-m1-0123")}) {
    INFO(key);
    CHECK(fault(key).empty());
  }
  for (const char* key : {"sk-or-v1-x", "x", "ollama", "EMPTY", "none", "gsk_0123456789abcdefghij",
                          "a+b/c=", "key"}) {
    INFO(key);
    CHECK(fault(key, KeyRule::any).empty());
    CHECK(fault(key, KeyRule::optional).empty());
  }
}

TEST_CASE("OpenRouter's hosts need OpenRouter keys, whatever the dialect") {
  const Environment environment{{"HOME", "/h"}};
  const auto server = [](const std::string& url, Dialect dialect) {
    return settled({.base_url = url, .dialect = dialect}).server().keys;
  };
  CHECK(server("", Dialect::automatic) == KeyRule::openrouter);
  CHECK(server("https://EU.openrouter.ai:443/api/v1", Dialect::openai) == KeyRule::openrouter);
  CHECK(server("http://localhost:8080/v1", Dialect::openrouter) == KeyRule::any);
  CHECK(server("https://openrouter.ai.example.org/v1", Dialect::automatic) == KeyRule::optional);
}

TEST_CASE("the error for a missing key names the places that were searched") {
  const std::string missing = fault("");
  CHECK(holds(missing,
              "key_missing: there is no API key: no api_key was given, and OPENROUTER_API_KEY is "
              "not set in the environment; nothing was sent"));
  CHECK(fault("", KeyRule::any) == missing);
  CHECK(fault("", KeyRule::optional).empty());
}

TEST_CASE("the error for a missing key names variables that may have been meant for it") {
  const Environment environment{{"OPENROUTER_KEY", "sk-or-v1-secret"},
                                {"NEXT_PUBLIC_OPENROUTER_API_KEY", "sk-or-v1-secret"}};
  const std::string told = fault("");
  CHECK(holds(told, "OPENROUTER_KEY is set in the environment"));
  CHECK(
      holds(told,
            "NEXT_PUBLIC_OPENROUTER_API_KEY is set in the environment, and is not used: a web app "
            "shows such a variable to everybody"));
  CHECK(holds(told, "did you mean OPENROUTER_API_KEY?"));
  CHECK_FALSE(holds(told, "secret"));
}

TEST_CASE("a call uses the key that it names") {
  const Environment environment{{"OPENROUTER_API_KEY", "default"}};
  const Settings settings =
      settled({.keys = {{"batch", "longer-key-of-batch"}, {"web", "web-key"}, {"nothing", ""}},
               .ledger = ":memory:"});
  const auto chosen = [&](const std::string& name) {
    return *settings.keys.choose(name, KeyRule::any).value();
  };
  CHECK(chosen("").text == "default");
  CHECK(chosen("batch").text == "longer-key-of-batch");
  CHECK(chosen("web").text == "web-key");
  CHECK(chosen("web").place == "the option keys, \"web\"");
  CHECK(chosen("web").fingerprint == sha256_hex("web-key"));
  CHECK(settings.options.keys.empty()); // no second copy of a key remains

  const auto refused = [&](const std::string& name, KeyRule rule = KeyRule::any) {
    return line_of(settings.keys.choose(name, rule).error());
  };
  CHECK(refused("night") ==
        "invalid: route.key is \"night\", which names none of the client's keys; nothing was sent; "
        "name one of \"batch\", \"nothing\", "
        "\"web\"");
  CHECK(refused("night", KeyRule::optional) == refused("night"));
  CHECK(holds(refused("nothing"),
              "key_missing: the API key (the option keys, \"nothing\") is empty"));
  CHECK(settings.keys.choose("nothing", KeyRule::optional).value() == nullptr);
  for (const std::string& secret :
       {std::string("web-key"), whole, std::string("sk-0123456789abcdefghijklm")})
    CHECK_FALSE(holds(refused(secret), secret)); // a key in the place of a name
}

TEST_CASE("if all keys have names, a call must name one") {
  const Environment environment{};
  const Settings settings = settled({.keys = {{"web", "b"}, {"batch", "a"}}, .ledger = ":memory:"});
  CHECK_FALSE(settings.keys.has_default());
  CHECK(
      line_of(settings.keys.choose("", KeyRule::any).error()) ==
      "key_missing: there is no default API key, only keys with a name; nothing was sent; name one "
      "of \"batch\", \"web\" in route.key");
  CHECK(settings.keys.choose("", KeyRule::optional).value() == nullptr);
  const Settings none = settled({.ledger = ":memory:"});
  CHECK(holds(line_of(none.keys.choose("web", KeyRule::optional).error()),
              "give the client the option keys"));
}

TEST_CASE("names of keys are checked at open") {
  const Environment environment{};
  const auto judged = [](std::vector<std::pair<std::string, std::string>> keys) {
    const auto settings = resolve({.keys = std::move(keys), .ledger = ":memory:"});
    if (settings.ok()) return std::string();
    CHECK(settings.error().code == Code::invalid);
    return settings.error().message;
  };
  CHECK(judged({{std::string(128, 'n'), "k"}}).empty());
  CHECK(judged({{"\xC3\xA4", "k"}}).empty());
  CHECK(holds(judged({{"", "k"}}), "without a name"));
  CHECK(holds(judged({{std::string(129, 'n'), "k"}}), "longer than 128 bytes"));
  CHECK(holds(judged({{"\xFF", "k"}}), "not UTF-8"));
  CHECK(holds(judged({{"a", "k"}, {"b", "l"}, {"a", "m"}}), "\"a\" twice"));
  const std::string swapped = judged({{whole, "batch"}});
  CHECK(holds(swapped, "looks like a key"));
  CHECK_FALSE(holds(swapped, hex64));
  std::vector<std::pair<std::string, std::string>> many;
  for (int at = 0; at < 64; ++at) many.emplace_back("key" + std::to_string(at), "k");
  CHECK(judged(many).empty());
  many.emplace_back("one-more", "k");
  CHECK(holds(judged(many), "more than 64 keys"));
}

TEST_CASE("every key in a text is hidden") {
  const Environment environment{};
  const auto hidden = [](std::vector<std::pair<std::string, std::string>> keys, std::string text) {
    const Settings settings =
        settled({.api_key = "sk-or-v1-xyz", .keys = std::move(keys), .ledger = ":memory:"});
    const bool stood = settings.keys.stand_in(text);
    const std::string before = text;
    settings.keys.hide(text);
    CHECK(stood == (text != before));
    return text;
  };
  CHECK(hidden({}, "no key") == "no key");
  CHECK(hidden({}, "sk-or-v1-xyz and sk-or-v1-xyzsk-or-v1-xyz.") == "[key] and [key][key].");
  CHECK(hidden({}, "sk-or-v1-xy sk-or-v1-xsk-or-v1-xyz") == "sk-or-v1-xy sk-or-v1-x[key]");
  // hiding one key leaves no part of another
  CHECK(hidden({{"longer", "sk-or-v1-xyzxyz"}}, "sk-or-v1-xyzxyz, sk-or-v1-xyz") == "[key], [key]");
  CHECK(hidden({{"nothing", ""}}, "text") == "text");
  CHECK(hidden({{"repeated", "aaaaaaaaaaaa"}}, std::string(25, 'a')) == "[key][key]a");
  // A short key may be a part of any word.
  CHECK(hidden({{"letter", "k"}, {"word", "elevenchars"}}, "knows elevenchars") ==
        "knows elevenchars");
  CHECK(hidden({{"twelve", "twelve-chars"}}, "knows twelve-chars") == "knows [key]");
}

TEST_CASE("a key that is written with escapes is hidden, and the rest means the same") {
  const Environment environment{};
  const Settings settings = settled({.api_key = "sk-or/v1-xyz", .ledger = ":memory:"});
  const auto hidden = [&](std::string text) {
    const bool stood = settings.keys.stand_in(text);
    const std::string before = text;
    settings.keys.hide(text);
    CHECK(stood == (text != before));
    return text;
  };
  CHECK(hidden(R"(["\u0073k-or\/v1-xyz","\u0041\u0022\n\u005c"])") ==
        R"(["[key]","A\u0022\n\u005c"])");
  CHECK(hidden(R"("{\"a\":\"\\u0073k-or/v1-xy\\u007A\"}")") == R"("{\"a\":\"[key]\"}")");
  for (const std::string text : {R"("\u0041 and no key \/")", R"("\\\u0073k-or\/v1-xyz")",
                                 R"("\u00")", R"("\)", R"("\u00zzk-or/v1-xyz")"})
    CHECK(hidden(text) == text);
}

TEST_CASE("a key goes only to the server of a base URL from a place that its place trusts") {
  const Folder folder;
  const std::string other = "https://llm.example.org/v1";
  // Where the base URL and the key are: in the options, the environment, .env.local or .env.
  enum Place { option, environment, local, file, nowhere };
  const auto code = [&](Place url, Place key, std::vector<std::string> allowed = {},
                        const std::string& base_url = "https://llm.example.org/v1") {
    std::map<std::string, std::string> variables;
    std::map<Place, std::string> files{{local, "X=1\n"}, {file, "X=1\n"}};
    Options options{.env_folder = folder / "", .allow_key_to = std::move(allowed)};
    const auto put = [&](Place place, const std::string& name, const std::string& value,
                         std::string& its_option) {
      if (place == option) its_option = value;
      if (place == environment) variables[name] = value;
      if (place == local || place == file) files[place] += name + "=" + value + "\n";
    };
    put(url, "OPENROUTER_BASE_URL", base_url, options.base_url);
    put(key, "OPENROUTER_API_KEY", whole, options.api_key);
    std::ofstream(folder / ".env.local") << files[local];
    std::ofstream(folder / ".env") << files[file];
    // An empty variable counts as not set.
    const Environment set{{"HOME", "/h"},
                          {"OPENROUTER_BASE_URL", variables["OPENROUTER_BASE_URL"].c_str()},
                          {"OPENROUTER_API_KEY", variables["OPENROUTER_API_KEY"].c_str()}};
    const Settings settings = resolve(options).value();
    const auto chosen = settings.keys.choose("", settings.server().keys);
    // What is not sent with a call is not used for a lookup either.
    CHECK(settings.keys.fingerprints().empty() == !chosen.ok());
    CHECK((settings.keys.of_fingerprint(sha256_hex(whole)) == nullptr) == !chosen.ok());
    return chosen.ok() ? Code::ok : chosen.error().code;
  };
  for (const Place key : {option, environment, local, file})
    for (const Place url : {option, environment, local, file, nowhere}) {
      const bool trusted = url == nowhere || url == option || key == option || url == key;
      INFO("url " << url << ", key " << key);
      CHECK(code(url, key) == (trusted ? Code::ok : Code::key_not_allowed));
      for (const char* server : {"llm.example.org", "LLM.example.org", "llm.example.org:443"})
        CHECK(code(url, key, {"x.example", server}, "https://llm.example.org:443/v1") == Code::ok);
      for (const char* server :
           {"example.org", "llm.example.org.evil.example", "llm.example.org:8"})
        CHECK(code(url, key, {server}) == (trusted ? Code::ok : Code::key_not_allowed));
      CHECK(code(url, key, {}, "https://openrouter.ai/api/v1") == Code::ok);
      CHECK(code(url, key, {}, "https://eu.openrouter.ai/api/v1") == Code::ok);
      CHECK(code(url, key, {}, "https://openrouter.ai.evil.example/api/v1") ==
            (trusted ? Code::ok : Code::key_not_allowed));
      CHECK(code(url, key, {}, "http://127.0.0.1:9/v1") ==
            (trusted ? Code::ok : Code::key_not_allowed));
    }
}

TEST_CASE("a key that is kept from a server is told with both places and the way to allow it") {
  const Folder folder;
  std::ofstream(folder / ".env") << "OPENROUTER_BASE_URL=http://127.0.0.1:8080/v1\n";
  const Environment environment{{"HOME", "/h"}, {"OPENROUTER_API_KEY", whole.c_str()}};
  const Settings settings = settled({.env_folder = folder / "", .dialect = Dialect::openai});
  const auto chosen = settings.keys.choose("", settings.server().keys);
  CHECK(line_of(chosen.error()) ==
        "key_not_allowed: the API key (OPENROUTER_API_KEY in the environment) is not for the "
        "server of the base URL (OPENROUTER_BASE_URL in " +
            (folder / ".env") +
            ", line 1); nothing was sent; set both in one place, or name 127.0.0.1:8080 in the "
            "option allow_key_to");
}

TEST_CASE("the option allow_key_to takes hosts alone") {
  const Environment environment{{"HOME", "/h"}};
  for (const char* bad : {"", "https://llm.example.org", "llm.example.org/v1", "llm.example.org/",
                          "user@llm.example.org", "llm.example.org?x", "a b", "x\n"})
    CHECK(resolve({.allow_key_to = {bad}}).error().code == Code::invalid);
  CHECK(resolve({.allow_key_to = std::vector<std::string>(17, "a.example")}).error().code ==
        Code::invalid);
  CHECK(resolve({.allow_key_to = {"[::1]:8080", "127.0.0.1", "a.example:1"}}).ok());
}
