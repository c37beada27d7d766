// The base URL and the dialect of the server.

#include <string>

#include "config/settings.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/settings.hpp"

using namespace wayfare;

namespace {

std::string base_url(const std::string& url, bool allow_http = false) {
  const auto settings = resolve({.base_url = url, .ledger = ":memory:", .allow_http = allow_http});
  if (settings.ok()) return settings->server().base_url;
  CHECK(settings.error().code == Code::invalid);
  CHECK_FALSE(settings.error().retryable);
  return settings.error().message.find("plain http") != std::string::npos ? "plain" : "refused";
}

} // namespace

TEST_CASE("the base URL loses its slashes at the end and nothing else") {
  CHECK(base_url("https://example.org/v1") == "https://example.org/v1");
  CHECK(base_url("https://example.org/v1/") == "https://example.org/v1");
  CHECK(base_url("https://example.org///") == "https://example.org");
  CHECK(base_url("https://example.org") == "https://example.org");
  CHECK(base_url("https://example.org:8443/a/b") == "https://example.org:8443/a/b");
  CHECK(base_url("https://Example.ORG/V1") == "https://Example.ORG/V1");
  CHECK(base_url("HTTPS://Example.ORG") == "https://Example.ORG");
  CHECK(base_url("https://[2001:db8::1]:8443/v1") == "https://[2001:db8::1]:8443/v1");
  CHECK(base_url("https://example.org/~me/a.b-c_d") == "https://example.org/~me/a.b-c_d");
}

TEST_CASE("plain http goes to this machine only") {
  for (const std::string url : {"http://localhost", "http://localhost:8080/v1",
                                "http://LocalHost:1", "http://127.0.0.1:11434/v1",
                                "http://127.255.0.9", "http://[::1]", "http://[::1]:8080/v1"}) {
    INFO(url);
    CHECK(base_url(url) == url);
  }
  for (const std::string url :
       {"http://example.org/v1", "http://openrouter.ai/api/v1", "http://10.0.0.1",
        "http://192.168.1.2:8080", "http://0.0.0.0", "http://128.0.0.1", "http://127.evil.org",
        "http://127.0.0.1.1", "http://127.0.0.1.evil.org", "http://localhost.evil.org",
        "http://evil-localhost", "http://[::2]", "http://[2001:db8::1]"}) {
    INFO(url);
    CHECK(base_url(url) == "plain");
    CHECK(base_url(url, true) == url);
  }
}

TEST_CASE("the error of a base URL tells what is wrong with it") {
  const auto fault = [](const std::string& url) {
    const auto settings = resolve({.base_url = url, .ledger = ":memory:"});
    return settings.ok() ? std::string() : settings.error().message;
  };
  CHECK(holds(fault("https://example.org/v1?api-version=1"), "has a query"));
  CHECK(holds(fault("https://example.org/v1\n"), "has a blank, a line end"));
  CHECK(holds(fault("https://user:secret@example.org"), "has a user name or a password"));
  CHECK(fault("https://user:secret@example.org").find("secret") == std::string::npos);
  CHECK(holds(fault("https://example.org/v1#x"), "has a fragment"));
  CHECK(holds(fault("https://example.org/v1/chat/completions/"), "ends with /chat/completions"));
}

TEST_CASE("an invalid base URL is refused, also with allow_http") {
  for (const std::string url : {"https://",
                                "https:///v1",
                                "http:///",
                                "/",
                                "openrouter.ai/api/v1",
                                "ftp://example.org",
                                "file:///etc/passwd",
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

TEST_CASE("the error does not repeat a refused base URL, which may contain a password") {
  const auto settings = resolve({.base_url = "https://user:secret@example.org/v1"});
  REQUIRE_FALSE(settings.ok());
  CHECK((settings.error().message + settings.error().advice).find("secret") == std::string::npos);
  CHECK(settings.error().message.find("the option base_url") != std::string::npos);
}

TEST_CASE("the dialect is openrouter at OpenRouter's hosts, or as the option says") {
  const Environment environment{{"HOME", "/h"}};
  const auto is_openrouter = [](const std::string& url, Dialect dialect = Dialect::automatic) {
    return settled({.base_url = url, .dialect = dialect}).server().tells_cost;
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

TEST_CASE("a variable can set the dialect together with the base URL") {
  const auto is_openrouter = [](const char* named, Dialect dialect = Dialect::automatic,
                                const char* url = "http://localhost:8080/v1") {
    const Environment environment{
        {"HOME", "/h"}, {"WAYFARE_DIALECT", named}, {"OPENROUTER_BASE_URL", url}};
    return settled({.dialect = dialect}).server().tells_cost;
  };
  CHECK(is_openrouter("openrouter"));
  CHECK_FALSE(is_openrouter("openai"));
  CHECK_FALSE(is_openrouter("automatic"));
  CHECK_FALSE(is_openrouter(""));
  CHECK(is_openrouter("automatic", Dialect::automatic, "https://openrouter.ai/api/v1"));
  CHECK_FALSE(is_openrouter("openai", Dialect::automatic, "https://openrouter.ai/api/v1"));
  CHECK(is_openrouter("openai", Dialect::openrouter)); // the option overrides the variable
  CHECK_FALSE(is_openrouter("openrouter", Dialect::openai));

  const Environment environment{{"HOME", "/h"}, {"WAYFARE_DIALECT", "OpenRouter"}};
  const auto refusal = resolve({.base_url = "http://localhost:8080/v1"});
  REQUIRE_FALSE(refusal.ok());
  CHECK(refusal.error().code == Code::invalid);
  CHECK(refusal.error().message.find("WAYFARE_DIALECT in the environment") != std::string::npos);
  CHECK(resolve({.base_url = "http://localhost:8080/v1", .dialect = Dialect::openai}).ok());
}

TEST_CASE("a base URL's port is a number from 1 to 65535") {
  for (const std::string port : {"", ":1", ":443", ":0443", ":65535"}) {
    INFO(port);
    CHECK(base_url("https://example.org" + port + "/v1") == "https://example.org" + port + "/v1");
    CHECK(base_url("https://[::1]" + port) == "https://[::1]" + port);
  }
  for (const std::string port : {":", ":0", ":65536", ":99999", ":4294967297", ":port", ":80a",
                                 ":-1", ":80:80", ":1.5", ":80~"})
    for (const std::string host : {"https://example.org", "http://127.0.0.1", "https://[::1]"}) {
      INFO(host + port);
      for (const char* path : {"/v1", ""}) {
        const auto settings = resolve({.base_url = host + port + path});
        REQUIRE_FALSE(settings.ok());
        CHECK(holds(settings.error().message, "the base URL (the option base_url) is not like"));
        CHECK(holds(settings.error().advice, "a port is a number from 1 to 65535"));
      }
    }
}
