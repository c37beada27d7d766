// Plain http goes to addresses of this machine alone, whatever the name of the server.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "io/http.hpp"
#include "io/loop.hpp"
#include "io/url.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace wayfare::io;

namespace {

bool is_here(int family, const char* text) {
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  void* const place = family == AF_INET
                          ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(address).sin_addr)
                          : &reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
  REQUIRE(inet_pton(family, text, place) == 1);
  return is_loopback(reinterpret_cast<const sockaddr*>(&address));
}

struct Ended : Http::Listener {
  bool given = false;
  std::unique_ptr<TransferEnd> end = nullptr;
  void on_given() override { given = true; }
  void on_head(ResponseHead) override {}
  Http::Flow on_bytes(std::string_view) override { return Http::Flow::on; }
  void on_end(const TransferEnd& outcome) override { end = std::make_unique<TransferEnd>(outcome); }
};

// Why a GET of this URL is not sent; empty once it is given to the network.
std::string refusal(const std::string& url, bool allow_http) {
  Loop loop;
  Http http(loop, {.ca_file = {}, .proxy = {}, .allow_http = allow_http});
  REQUIRE(http.ok());
  Ended listener;
  REQUIRE(http.start({std::make_shared<const Target>(url, std::vector<std::string>()), nullptr},
                     listener));
  while (!listener.end && !listener.given) loop.turn();
  if (listener.given) return {};
  CHECK(listener.end->how == TransferEnd::How::connect);
  CHECK(listener.end->unsent);
  return listener.end->detail;
}

// A socket that listens on all addresses of this machine; its number.
struct Server {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port = 0;
  Server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(socket, 8) == 0);
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~Server() { close(socket); }
};

} // namespace

TEST_CASE("an address is of this machine by its bytes") {
  for (const char* one : {"127.0.0.1", "127.255.0.9"}) CHECK(is_here(AF_INET, one));
  for (const char* one : {"0.0.0.0", "10.0.0.1", "128.0.0.1", "169.254.169.254", "192.0.2.1"})
    CHECK_FALSE(is_here(AF_INET, one));
  for (const char* one : {"::1", "::ffff:127.0.0.1", "::ffff:127.9.9.9"})
    CHECK(is_here(AF_INET6, one));
  for (const char* one : {"::", "::2", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "2001:db8::1"})
    CHECK_FALSE(is_here(AF_INET6, one));
  sockaddr other{};
  CHECK_FALSE(is_loopback(&other));
}

TEST_CASE("plain http connects to this machine alone, unless allow_http is set") {
  const Server server;
  const std::string port = ":" + std::to_string(server.port) + "/";
  const std::string away = "its name leads to an address that is not of this machine";
  // The name is resolved before its address is judged. 0.0.0.0 leads to this machine, and is none
  // of its own addresses.
  for (const char* host : {"127.0.0.1", "127.9.9.9", "localhost"}) {
    INFO(host);
    CHECK(refusal("http://" + (host + port), false).empty());
  }
  CHECK(refusal("http://0.0.0.0" + port, false).find(away) == 0);
  CHECK(refusal("http://0.0.0.0" + port, true).empty());
  // Nothing is tried: these would otherwise take long, or fail in another way.
  for (const char* host : {"192.0.2.1", "10.255.255.1", "[2001:db8::1]"}) {
    INFO(host);
    CHECK(refusal("http://" + (host + port), false).find(away) == 0);
  }
}

TEST_CASE("https is not kept from any address") {
  const Server server;
  const std::string refused = refusal("https://0.0.0.0:1/", false);
  CHECK_FALSE(refused.empty()); // nothing listens there
  CHECK(refused.find("of this machine") == std::string::npos);
}
