// The options: checked, and completed from the environment.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "config/settings.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/folder.hpp"
#include "support/settings.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

TEST_CASE(
    "without options and environment the server is OpenRouter and the ledger is in the home "
    "folder") {
  const Environment environment{{"HOME", "/home/someone"}};
  const Settings settings = settled({});
  CHECK(settings.server().base_url == "https://openrouter.ai/api/v1");
  CHECK(settings.server().tells_cost);
  CHECK(settings.ledger + ", " + settings.cache ==
        "/home/someone/.local/state/wayfare/ledger.db, /home/someone/.cache/wayfare");
  CHECK_FALSE(settings.keys.has_default());
  CHECK(settings.app_headers.empty());
}

TEST_CASE("the environment completes the options") {
  const Environment environment{{"OPENROUTER_API_KEY", "sk-or-environment"},
                                {"OPENROUTER_BASE_URL", "https://eu.openrouter.ai/api/v1/"},
                                {"WAYFARE_LEDGER", "/somewhere/calls.db"},
                                {"HOME", "/home/someone"}};
  const Settings settings = settled({});
  CHECK(settings.server().base_url == "https://eu.openrouter.ai/api/v1");
  CHECK(settings.server().tells_cost);
  CHECK(settings.ledger == "/somewhere/calls.db");
  const auto key = settings.keys.choose("", KeyRule::any);
  REQUIRE(key.ok());
  CHECK((*key)->text == "sk-or-environment");
  CHECK((*key)->place == "OPENROUTER_API_KEY in the environment");
}

TEST_CASE("an option overrides the environment") {
  const Environment environment{{"OPENROUTER_API_KEY", "sk-or-environment"},
                                {"OPENROUTER_BASE_URL", "ftp://nonsense"},
                                {"WAYFARE_LEDGER", "/somewhere/calls.db"}};
  const Settings settings = settled({.api_key = "sk-or-option",
                                     .base_url = "https://example.org/v1",
                                     .ledger = "/elsewhere/l.db"});
  CHECK(settings.server().base_url == "https://example.org/v1");
  CHECK(settings.ledger == "/elsewhere/l.db");
  const auto key = settings.keys.choose("", KeyRule::any);
  REQUIRE(key.ok());
  CHECK((*key)->text == "sk-or-option");
  CHECK((*key)->place == "the option api_key");
  CHECK(settings.options.api_key.empty()); // no second copy of a key remains
}

TEST_CASE("an empty variable counts as not set") {
  const Environment environment{{"OPENROUTER_API_KEY", ""},
                                {"OPENROUTER_BASE_URL", ""},
                                {"WAYFARE_LEDGER", ""},
                                {"XDG_STATE_HOME", ""},
                                {"HOME", "/h"}};
  const Settings settings = settled({});
  CHECK(settings.server().base_url == "https://openrouter.ai/api/v1");
  CHECK(settings.ledger == "/h/.local/state/wayfare/ledger.db");
  CHECK_FALSE(settings.keys.has_default());
}

TEST_CASE("a base URL in the environment is checked like the option") {
  const Environment environment{{"OPENROUTER_BASE_URL", "http://example.org/v1"}};
  const auto settings = resolve({});
  REQUIRE_FALSE(settings.ok());
  CHECK(settings.error().code == Code::invalid);
  CHECK(settings.error().advice.find("allow_http") != std::string::npos);
  CHECK(resolve({.allow_http = true}).ok());
}

TEST_CASE("the path of the ledger becomes absolute") {
  {
    const Environment environment{{"HOME", "/h"}, {"XDG_STATE_HOME", "/state"}};
    CHECK(settled({}).ledger == "/state/wayfare/ledger.db");
    CHECK(settled({.ledger = ":memory:"}).ledger == ":memory:");
    char* here = getcwd(nullptr, 0);
    CHECK(settled({.ledger = "calls.db"}).ledger == std::string(here) + "/calls.db");
    std::free(here);
    CHECK(resolve({.ledger = std::string("a\0b", 3)}).error().code == Code::invalid);
  }
  {
    // The XDG standard says to ignore a relative path.
    const Environment environment{{"HOME", "/h"}, {"XDG_STATE_HOME", "relative"}};
    CHECK(settled({}).ledger == "/h/.local/state/wayfare/ledger.db");
  }
  {
    // the environment of a daemon: every call fails because there is no path
    const Environment environment{};
    CHECK(settled({}).ledger.empty());
  }
}

TEST_CASE("times must be above zero and at most a week") {
  const Environment environment{{"HOME", "/h"}};
  const std::map<std::string, std::chrono::milliseconds Options::*> times{
      {"connect_timeout", &Options::connect_timeout},
      {"first_byte_timeout", &Options::first_byte_timeout},
      {"idle_timeout", &Options::idle_timeout},
      {"deadline", &Options::deadline}};
  for (const auto& [what, time] : times) {
    const auto judged = [&](std::chrono::milliseconds value) {
      Options options;
      options.*time = value;
      const auto settings = resolve(options);
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

TEST_CASE("content_timeout may be zero, which is no limit") {
  const Environment environment{{"HOME", "/h"}};
  for (const auto good : {0ms, 1ms, std::chrono::milliseconds(168h)})
    CHECK(resolve({.content_timeout = good}).ok());
  for (const auto bad : {-1ms, std::chrono::milliseconds(168h) + 1ms})
    CHECK(resolve({.content_timeout = bad}).error().message ==
          "content_timeout is not between zero and a week");
}

TEST_CASE("an option with a zero byte in it is refused by name") {
  const std::string cut("a\0b", 3);
  CHECK(refused({.api_key = cut}) == "the option api_key has a zero byte in it");
  CHECK(refused({.ledger = cut}) == "the option ledger has a zero byte in it");
  CHECK(refused({.app_title = cut}) == "the option app_title has a zero byte in it");
}

TEST_CASE("the option max_open_calls has a range") {
  const Environment environment{{"HOME", "/h"}};
  for (const int retries : {-1, 11})
    CHECK(resolve({.retries = retries}).error().message.find("retries") != std::string::npos);
  CHECK(resolve({.max_open_calls = 1}).ok());
  CHECK(resolve({.max_open_calls = 1'000'000}).ok());
  CHECK(resolve({.max_open_calls = 0}).error().message.find("max_open_calls") != std::string::npos);
  CHECK(resolve({.max_open_calls = 1'000'001}).error().code == Code::invalid);
}

// ---- The files of a folder.

namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

} // namespace

TEST_CASE("the environment overrides .env.local, and .env.local overrides .env") {
  const Folder folder;
  write(folder / ".env.local",
        "OPENROUTER_BASE_URL=\nOPENROUTER_APP_TITLE=local\nOPENROUTER_API_KEY=first\nOPENROUTER_"
        "API_KEY=local\n");
  write(folder / ".env",
        "OPENROUTER_BASE_URL='http://localhost:1/v1' # "
        "here\nOPENROUTER_APP_TITLE=env\nWAYFARE_LEDGER=/env.db\nOPENROUTER_API_KEY=env");
  const Environment environment{{"WAYFARE_LEDGER", "/process.db"}, {"OPENROUTER_APP_TITLE", ""}};
  const Settings settings = settled({.env_folder = folder / "", .allow_key_to = {"localhost"}});
  CHECK(settings.ledger == "/process.db");
  CHECK(settings.server().base_url == "http://localhost:1/v1"); // set to nothing counts as not set
  CHECK(settings.app_headers == decltype(settings.app_headers){{"X-OpenRouter-Title", "local"}});
  const Key key = *settings.keys.choose("", KeyRule::optional).value();
  CHECK(key.text == "local");
  CHECK(key.place == "OPENROUTER_API_KEY in " + (folder / ".env.local") + ", line 4");
  CHECK(settled({.base_url = "https://example.org", .env_folder = folder / ""}).server().base_url ==
        "https://example.org");
  CHECK(std::getenv("OPENROUTER_API_KEY") == nullptr);
}

TEST_CASE("a relative ledger path in a file is relative to the folder of the file") {
  const Folder folder;
  write(folder / ".env", "WAYFARE_LEDGER=data/calls.db");
  const Environment environment{{"HOME", "/h"}};
  const std::string real = std::filesystem::canonical(folder / "").string();
  CHECK(settled({.env_folder = folder / ""}).ledger == real + "/data/calls.db");
  CHECK(settled({.env_folder = std::filesystem::relative(folder / "").string()}).ledger ==
        real + "/data/calls.db");
  write(folder / ".env", "WAYFARE_LEDGER=:memory:");
  CHECK(settled({.env_folder = folder / ""}).ledger == ":memory:");
  write(folder / ".env", "WAYFARE_LEDGER=~/calls.db");
  CHECK(holds(refused({.env_folder = folder / ""}),
              "WAYFARE_LEDGER in " + (folder / ".env") + ", line 1) begins with ~"));
}

TEST_CASE("the error names a folder that cannot be read") {
  const Environment environment{{"HOME", "/h"}};
  const Folder folder;
  CHECK(holds(refused({.env_folder = folder / "none"}), "no folder " + (folder / "none")));
  CHECK(holds(refused({.env_folder = folder / ""}),
              "neither .env.local nor .env in " + (folder / "")));
  { // a container has no files, and the key in its environment
    const Environment with_key{{"OPENROUTER_API_KEY", "sk-or-v1-x"}};
    CHECK(settled({.env_folder = folder / ""}).keys.has_default());
  }
  CHECK(settled({.api_key = "sk-or-v1-x", .env_folder = folder / ""}).keys.has_default());
  std::filesystem::create_directory(folder / ".env"); // a virtual environment
  CHECK(holds(refused({.env_folder = folder / ""}), "neither"));
  REQUIRE(mkfifo((folder / ".env.local").c_str(), 0600) == 0);
  CHECK(holds(refused({.env_folder = folder / ""}), ".env.local is not a regular file"));
  std::filesystem::remove(folder / ".env.local");
  write(folder / ".env.local", std::string((1 << 20) + 1, '#'));
  CHECK(holds(refused({.env_folder = folder / ""}), ".env.local is larger than 1048576 bytes"));
  write(folder / ".env.local", std::string(1 << 20, '#'));
  CHECK(refused({.env_folder = folder / ""}).empty());
  write(folder / ".env.local", std::string("\xFF\xFEO\0P\0", 6)); // UTF-16, as some editors save
  CHECK(holds(refused({.env_folder = folder / ""}), "has NUL bytes in it"));
  CHECK(holds(refused({.env_folder = folder / ".env.local"}), "no folder"));
}

TEST_CASE("a value that names another variable is refused only if it is needed") {
  const Environment environment{{"HOME", "/h"}};
  const Folder folder;
  const Options options{
      .base_url = "http://localhost", .env_folder = folder / "", .dialect = Dialect::openrouter};
  write(folder / ".env", "OTHER=${SECRET}\nOPENROUTER_HTTP_REFERER=http://localhost:${PORT}\n");
  CHECK(refused(options) == "OPENROUTER_HTTP_REFERER in " + (folder / ".env") +
                                ", line 2 names another variable, and variables are not expanded");
  write(folder / ".env", "NEXT_PUBLIC_APP_URL=http://localhost:${PORT}\n"); // the web app's own
  CHECK(holds(settled(options).left_out.at(0), "line 1) names another variable"));
  write(folder / ".env",
        "OPENROUTER_HTTP_REFERER=https://example.org\nNEXT_PUBLIC_APP_URL=http://"
        "localhost:${PORT}\n");
  CHECK(refused(options).empty());
  write(folder / ".env", "OPENROUTER_API_KEY=$KEY\n"); // a key is checked by the call that needs it
  const auto chosen = settled(options).keys.choose("", KeyRule::any);
  REQUIRE_FALSE(chosen.ok());
  CHECK(chosen.error().code == Code::key_malformed);
  CHECK(holds(chosen.error().message, "line 1) names another variable"));
}

TEST_CASE("the error for a missing key names the files that were read") {
  const Environment environment{{"HOME", "/h"}};
  const Folder folder;
  write(folder / ".env", "");
  write(folder / ".env.local", "OPENROUTER_API_KEY=");
  const auto chosen = settled({.env_folder = folder / ""}).keys.choose("", KeyRule::openrouter);
  CHECK(holds(chosen.error().message, "is not set in the environment, " + (folder / ".env.local") +
                                          " or " + (folder / ".env") + ";"));
}

// ---- The app and the proxy.

TEST_CASE("the app's headers come from the options, else from the environment") {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  {
    const Environment environment{{"OPENROUTER_HTTP_REFERER", "https://referer.example"},
                                  {"NEXT_PUBLIC_APP_URL", "nonsense"},
                                  {"OPENROUTER_APP_TITLE", "T\xC3\xA4st"},
                                  {"OPENROUTER_APP_CATEGORIES", " cli-agent ,, legal "},
                                  {"HOME", "/h"}};
    CHECK(settled({}).app_headers == Headers{{"HTTP-Referer", "https://referer.example"},
                                             {"X-OpenRouter-Title", "T\xC3\xA4st"},
                                             {"X-OpenRouter-Categories", "cli-agent,legal"}});
    CHECK(settled({.app_url = "http://localhost:3000/a?b",
                   .app_title = "Mine",
                   .app_categories = {"game"}})
              .app_headers == Headers{{"HTTP-Referer", "http://localhost:3000/a?b"},
                                      {"X-OpenRouter-Title", "Mine"},
                                      {"X-OpenRouter-Categories", "game"}});
  }
  {
    const Environment environment{{"NEXT_PUBLIC_APP_URL", "https://next.example"}, {"HOME", "/h"}};
    CHECK(settled({}).app_headers == Headers{{"HTTP-Referer", "https://next.example"}});
  }
  {
    const Environment environment{{"NEXT_PUBLIC_APP_URL", "localhost:3000"}, {"HOME", "/h"}};
    const Settings settings = settled({});
    CHECK(settings.app_headers.empty());
    CHECK(settings.left_out.size() == 1);
    CHECK(holds(settings.left_out.at(0),
                "NEXT_PUBLIC_APP_URL in the environment) is not like https://example.org"));
  }
}

TEST_CASE("values that cannot be sent in the app's headers are refused") {
  const Environment environment{{"HOME", "/h"}};
  for (const std::string& url :
       {std::string("example.org"), std::string("https://"), std::string("https://a b"),
        std::string("https://a\r\nX: y"), std::string("ftp://a"),
        std::string("https://user:secret@a"), "https://a/" + std::string(503, 'b')})
    CHECK(refused({.app_url = url}) ==
          "the app's URL (the option app_url) is not like https://example.org, at most 512 bytes");
  CHECK(refused({.app_url = "https://a/" + std::string(502, 'b')}).empty());
  for (const std::string& title :
       {std::string("a\nb"), std::string("a\rb"), std::string("\x01"), std::string("\xFF"),
        std::string(513, 't'), std::string(" a"), std::string("a "), std::string(" ")})
    CHECK(holds(refused({.app_title = title}), "the app's title (the option app_title) "));
  CHECK(refused({.app_title = std::string(512, 't')}).empty());
  const std::vector<std::vector<std::string>> wrong{
      {"a", "b", "c"}, {""}, {"A"}, {"a b"}, {"a,b"}, {"a\r\n"}, {std::string(31, 'a')}};
  for (const auto& categories : wrong)
    CHECK(holds(refused({.app_categories = categories}), "the option app_categories has "));
  CHECK(refused({.app_categories = {std::string(30, 'a'), "video-gen"}}).empty());
}

TEST_CASE("a proxy is checked, and the error never quotes it") {
  const Environment environment{{"HOME", "/h"}};
  for (const char* proxy :
       {"host", "host:3128", "http://host:3128", "https://host/", "socks5h://host:1080",
        "socks5://user:p%40ss:word@host:1", "socks4://10.0.0.1", "socks4a://host",
        "user:secret@host:3128", "http://[::1]:3128"}) {
    INFO(proxy);
    CHECK(refused({.proxy = proxy}).empty());
  }
  for (const char* proxy :
       {"ftp://secret", "HTTP//secret:1", "http://", "http://:3128", "http://secret host",
        "secret\n", "http://secret:port", "http://secret:", "http://secret:0",
        "http://secret:65536", "http://secret:123456", "http://user:sec/ret@host",
        "http://host/secret", "http://[::1", "socks5h:///secret", "://secret"}) {
    INFO(proxy);
    const auto settings = resolve({.proxy = proxy});
    REQUIRE_FALSE(settings.ok());
    CHECK(holds(settings.error().message, "the option proxy"));
    CHECK_FALSE(holds(settings.error().message + settings.error().advice, "secret"));
  }
}
