// URLs, as libcurl reads them.

#include "io/url.hpp"

#include <string>

#include "support/catch.hpp"

using namespace wayfare::io;

TEST_CASE("a URL is split into its parts") {
  const auto url = parse_url("HTTPS://Example.ORG:8443/api/v1");
  REQUIRE(url);
  CHECK((url->scheme == "https" && url->host == "example.org" && url->port == "8443" &&
         url->path == "/api/v1"));
  CHECK_FALSE((url->has_user || url->has_query || url->has_fragment));
  const auto rich = parse_url("https://u:p@h/?a#b");
  REQUIRE(rich);
  CHECK((rich->has_user && rich->has_query && rich->has_fragment && rich->host == "h"));
  CHECK(parse_url("https://h/?")->has_query);
  CHECK(parse_url("http://[::1]:80/x")->host == "[::1]");
  for (const char* wrong :
       {"", "example.org", "//example.org", "https://", "https:///x", "https://h:99999",
        "https://h:x", "https://a b", "socks5://h", "http://[::1", "http://[::1].example.org/"}) {
    INFO(wrong);
    CHECK_FALSE(parse_url(wrong));
  }
  CHECK(parse_url("socks5h://u:p@h:1080", true)->scheme == "socks5h");
  CHECK_FALSE(parse_url(std::string("http://h\0.example.org", 20)));
}

TEST_CASE("a host is loopback only if it is an address of this machine") {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "[::1]"})
    CHECK(is_loopback(host));
  for (const char* host :
       {"127.0.0.1.1", "127.example.org", "127.0.0.1.example.org", "localhost.example.org",
        "128.0.0.1", "10.0.0.1", "[::2]", "127.0.0.999", "", "1270.0.0.1", "127.1.1"}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
  // libcurl reads these forms as an address of this machine, and so does parse_url().
  for (const char* url :
       {"http://127.1/", "http://0x7f.0.0.1/", "http://2130706433/", "http://017700000001/"}) {
    INFO(url);
    CHECK(is_loopback(parse_url(url)->host));
  }
  CHECK_FALSE(is_loopback(parse_url("http://127.0.0.1.1/")->host));
  CHECK_FALSE(is_loopback(parse_url("http://127.0.0.1@example.org/")->host));
}

TEST_CASE("a value in a query is percent-encoded") {
  CHECK(escape("gen-1700000000-AbC_9.x") == "gen-1700000000-AbC_9.x");
  CHECK(escape("gen-a b&c=/\xC3\xA9") == "gen-a%20b%26c%3D%2F%C3%A9");
  CHECK(escape("").empty());
}
