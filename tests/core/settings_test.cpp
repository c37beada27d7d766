// The options: judged, and completed from the environment.

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>

#include "settings.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

// The environment of one test: what it names and nothing else that settings look at; the old one comes back.
class Environment {
 public:
  Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
    for (const char* name : {"OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "WAYFARE_LEDGER", "XDG_STATE_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      if (value) before_.emplace(name, value);
      names_.emplace_back(name);
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name, value, 1);
  }
  ~Environment() {
    for (const auto& name : names_) {
      const auto value = before_.find(name);
      if (value == before_.end())
        unsetenv(name.c_str());
      else
        setenv(name.c_str(), value->second.c_str(), 1);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::string> before_;
};

Settings settled(const Options& options) { return settle(options).value(); }

std::string base_url(const std::string& url, bool allow_http = false) {
  const auto settings = settle({.base_url = url, .ledger = ":memory:", .allow_http = allow_http});
  if (settings.ok()) return settings->base_url;
  CHECK(settings.error().code == Code::invalid);
  CHECK_FALSE(settings.error().retryable);
  return settings.error().message.find("plain http") != std::string::npos ? "plain" : "refused";
}

// "" or the code of what is wrong with a key.
std::string fault(const std::string& key, bool openrouter = true) {
  Settings settings;
  settings.key = key;
  settings.key_place = "the option api_key";
  settings.openrouter = openrouter;
  const auto error = fault_of_key(settings);
  if (!error) return "";
  if (key.size() > 1) { // the key is told neither in the message nor in the advice
    CHECK(error->message.find(key) == std::string::npos);
    CHECK(error->advice.find(key) == std::string::npos);
  }
  return std::string(name(error->code));
}

} // namespace

TEST_CASE("without options and environment it is OpenRouter, and a ledger at home") {
  const Environment environment{{"HOME", "/home/someone"}};
  const Settings settings = settled({});
  CHECK(settings.base_url == "https://openrouter.ai/api/v1");
  CHECK(settings.openrouter);
  CHECK(settings.ledger == "/home/someone/.local/state/wayfare/ledger.db");
  CHECK(settings.key.empty());
  CHECK(settings.key_place == "OPENROUTER_API_KEY");
}

TEST_CASE("the environment completes the options") {
  const Environment environment{{"OPENROUTER_API_KEY", "sk-or-environment"},
                                {"OPENROUTER_BASE_URL", "https://eu.openrouter.ai/api/v1/"},
                                {"WAYFARE_LEDGER", "/somewhere/calls.db"},
                                {"HOME", "/home/someone"}};
  const Settings settings = settled({});
  CHECK(settings.base_url == "https://eu.openrouter.ai/api/v1");
  CHECK(settings.openrouter);
  CHECK(settings.ledger == "/somewhere/calls.db");
  CHECK(settings.key == "sk-or-environment");
  CHECK(settings.key_place == "OPENROUTER_API_KEY");
}

TEST_CASE("an option counts for more than the environment") {
  const Environment environment{
      {"OPENROUTER_API_KEY", "sk-or-environment"}, {"OPENROUTER_BASE_URL", "ftp://nonsense"}, {"WAYFARE_LEDGER", "/somewhere/calls.db"}};
  const Settings settings = settled({.api_key = "sk-or-option", .base_url = "https://example.org/v1", .ledger = "/elsewhere/l.db"});
  CHECK(settings.base_url == "https://example.org/v1");
  CHECK(settings.ledger == "/elsewhere/l.db");
  CHECK(settings.key == "sk-or-option");
  CHECK(settings.key_place == "the option api_key");
  CHECK(settings.options.api_key.empty()); // one copy of a key is enough
}

TEST_CASE("empty variables are as good as none") {
  const Environment environment{
      {"OPENROUTER_API_KEY", ""}, {"OPENROUTER_BASE_URL", ""}, {"WAYFARE_LEDGER", ""}, {"XDG_STATE_HOME", ""}, {"HOME", "/h"}};
  const Settings settings = settled({});
  CHECK(settings.base_url == "https://openrouter.ai/api/v1");
  CHECK(settings.ledger == "/h/.local/state/wayfare/ledger.db");
  CHECK(settings.key.empty());
}

TEST_CASE("a base URL in the environment is judged as one in the options") {
  const Environment environment{{"OPENROUTER_BASE_URL", "http://example.org/v1"}};
  const auto settings = settle({});
  REQUIRE_FALSE(settings.ok());
  CHECK(settings.error().code == Code::invalid);
  CHECK(settings.error().advice.find("allow_http") != std::string::npos);
  CHECK(settle({.allow_http = true}).ok());
}

TEST_CASE("the path of the ledger becomes absolute") {
  {
    const Environment environment{{"HOME", "/h"}, {"XDG_STATE_HOME", "/state"}};
    CHECK(settled({}).ledger == "/state/wayfare/ledger.db");
    CHECK(settled({.ledger = ":memory:"}).ledger == ":memory:");
    char* here = getcwd(nullptr, 0);
    CHECK(settled({.ledger = "calls.db"}).ledger == std::string(here) + "/calls.db");
    std::free(here);
    CHECK(settle({.ledger = std::string("a\0b", 3)}).error().code == Code::invalid);
  }
  {
    const Environment environment{{"HOME", "/h"}, {"XDG_STATE_HOME", "relative"}}; // which its standard says to ignore
    CHECK(settled({}).ledger == "/h/.local/state/wayfare/ledger.db");
  }
  {
    const Environment environment{}; // a daemon's: every call will say that there is no place
    CHECK(settled({}).ledger.empty());
  }
}

TEST_CASE("the base URL loses its slashes at the end and nothing else") {
  CHECK(base_url("https://example.org/v1") == "https://example.org/v1");
  CHECK(base_url("https://example.org/v1/") == "https://example.org/v1");
  CHECK(base_url("https://example.org///") == "https://example.org");
  CHECK(base_url("https://example.org") == "https://example.org");
  CHECK(base_url("https://example.org:8443/a/b") == "https://example.org:8443/a/b");
  CHECK(base_url("https://Example.ORG/V1") == "https://Example.ORG/V1");
  CHECK(base_url("https://[2001:db8::1]:8443/v1") == "https://[2001:db8::1]:8443/v1");
  CHECK(base_url("https://example.org/~me/a.b-c_d") == "https://example.org/~me/a.b-c_d");
}

TEST_CASE("plain http goes to this machine only") {
  for (const std::string url : {"http://localhost", "http://localhost:8080/v1", "http://LocalHost:1", "http://127.0.0.1:11434/v1",
                                "http://127.255.0.9", "http://[::1]", "http://[::1]:8080/v1"}) {
    INFO(url);
    CHECK(base_url(url) == url);
  }
  for (const std::string url : {"http://example.org/v1", "http://openrouter.ai/api/v1", "http://10.0.0.1", "http://192.168.1.2:8080",
                                "http://0.0.0.0", "http://128.0.0.1", "http://127.evil.org", "http://127.0.0.1.evil.org",
                                "http://localhost.evil.org", "http://evil-localhost", "http://[::2]", "http://[2001:db8::1]"}) {
    INFO(url);
    CHECK(base_url(url) == "plain");
    CHECK(base_url(url, true) == url);
  }
}

TEST_CASE("what is no base URL is refused, with allow_http as well") {
  for (const std::string url : {"https://",
                                "https:///v1",
                                "http:///",
                                "/",
                                "openrouter.ai/api/v1",
                                "ftp://example.org",
                                "file:///etc/passwd",
                                "HTTPS://example.org",
                                "https:/example.org",
                                "https://:443",
                                "https://user@example.org/v1",
                                "https://user:secret@example.org/v1",
                                "http://localhost@evil.org/v1",
                                "http://127.0.0.1:80@evil.org",
                                "http://localhost\\@evil.org",
                                "https://example.org/v1?key=1",
                                "https://example.org/v1#part",
                                "https://exa mple.org",
                                " https://example.org",
                                "https://example.org/a b",
                                "https://example.org/\r\nX: y",
                                "https://example.org\t",
                                "https://example.org/\x7F",
                                "https://ex%61mple.org",
                                "https://[::1",
                                "http://[::1].evil.org",
                                "http://[::1]evil.org/",
                                "https://\"example.org\"",
                                "'https://example.org'",
                                "https://<host>/v1",
                                "https://ex\xC3\xA4mple.org"}) {
    INFO(url);
    CHECK(base_url(url) == "refused");
    CHECK(base_url(url, true) == "refused");
  }
  CHECK(base_url(std::string("https://example.org/\0/v1", 24)) == "refused");
  CHECK(base_url(std::string("https://example.org\0.evil.org/v1", 32)) == "refused");
}

TEST_CASE("a refused base URL is not repeated, for it may hold a password") {
  const auto settings = settle({.base_url = "https://user:secret@example.org/v1"});
  REQUIRE_FALSE(settings.ok());
  CHECK((settings.error().message + settings.error().advice).find("secret") == std::string::npos);
  CHECK(settings.error().advice.find("base_url") != std::string::npos);
}

TEST_CASE("the dialect is OpenRouter's at its own hosts, or as told") {
  const Environment environment{{"HOME", "/h"}};
  const auto is_openrouter = [](const std::string& url, Dialect dialect = Dialect::automatic) {
    return settled({.base_url = url, .dialect = dialect}).openrouter;
  };
  CHECK(is_openrouter("https://openrouter.ai/api/v1"));
  CHECK(is_openrouter("https://OpenRouter.AI:443/api/v1"));
  CHECK(is_openrouter("https://us.openrouter.ai/api/v1"));
  CHECK_FALSE(is_openrouter("https://openrouter.ai.evil.org/api/v1"));
  CHECK_FALSE(is_openrouter("https://notopenrouter.ai/api/v1"));
  CHECK_FALSE(is_openrouter("https://example.org/openrouter.ai"));
  CHECK_FALSE(is_openrouter("http://localhost:8080/v1"));
  CHECK(is_openrouter("http://localhost:8080/v1", Dialect::openrouter));
  CHECK_FALSE(is_openrouter("https://openrouter.ai/api/v1", Dialect::openai));
}

TEST_CASE("times lie above zero and within a week") {
  const Environment environment{{"HOME", "/h"}};
  const std::map<std::string, std::chrono::milliseconds Options::*> times{{"connect_timeout", &Options::connect_timeout},
                                                                          {"first_byte_timeout", &Options::first_byte_timeout},
                                                                          {"idle_timeout", &Options::idle_timeout},
                                                                          {"deadline", &Options::deadline}};
  for (const auto& [what, time] : times) {
    const auto judged = [&](std::chrono::milliseconds value) {
      Options options;
      options.*time = value;
      const auto settings = settle(options);
      if (settings.ok()) return true;
      CHECK(settings.error().code == Code::invalid);
      CHECK(settings.error().message.find(what) != std::string::npos);
      return false;
    };
    CHECK(judged(1ms));
    CHECK(judged(168h));
    CHECK_FALSE(judged(0ms));
    CHECK_FALSE(judged(-1ms));
    CHECK_FALSE(judged(168h + 1ms));
    CHECK_FALSE(judged(std::chrono::milliseconds::max()));
    CHECK_FALSE(judged(std::chrono::milliseconds::min()));
  }
}

TEST_CASE("the number of open calls has its bounds") {
  const Environment environment{{"HOME", "/h"}};
  CHECK(settle({.max_open_calls = 1}).ok());
  CHECK(settle({.max_open_calls = 1'000'000}).ok());
  CHECK(settle({.max_open_calls = 0}).error().message.find("max_open_calls") != std::string::npos);
  CHECK(settle({.max_open_calls = 1'000'001}).error().code == Code::invalid);
}

TEST_CASE("a key is asked for by OpenRouter alone") {
  CHECK(fault("") == "key_missing");
  CHECK(fault("", false).empty());
  CHECK(fault("sk-or-v1-0123456789abcdef").empty());
  CHECK(fault("sk-or-v1-0123456789abcdef", false).empty());
}

TEST_CASE("a key with white space, quotes or other strange characters is malformed, and never shown") {
  for (const std::string key : {" sk-or-1", "sk-or-1 ", "sk-or-1\n", "sk-or-1\r\n", "\tsk-or-1", "sk or 1", "\"sk-or-1\"", "'sk-or-1'",
                                "sk-or-\x01", "sk-or-\x7F", "sk-or-\xC3\xA9", "\xEF\xBB\xBFsk-or-1", " ", "\n"}) {
    CHECK(fault(key) == "key_malformed");
    CHECK(fault(key, false) == "key_malformed");
  }
  CHECK(fault(std::string("sk-or\0-1", 8)) == "key_malformed");
}

TEST_CASE("the place of a bad key is told") {
  const Environment environment{{"OPENROUTER_API_KEY", "sk-or-secret\n"}, {"HOME", "/h"}};
  const auto from_environment = fault_of_key(settled({}));
  REQUIRE(from_environment);
  CHECK(from_environment->message.find("OPENROUTER_API_KEY") != std::string::npos);
  CHECK(from_environment->message.find("secret") == std::string::npos);
  const auto from_options = fault_of_key(settled({.api_key = "'quoted'"}));
  REQUIRE(from_options);
  CHECK(from_options->message.find("api_key") != std::string::npos);
  CHECK((from_options->message + from_options->advice).find("quoted'") == std::string::npos);
}
