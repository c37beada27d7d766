#include "io/url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <new>

namespace wayfare::io {

namespace {

struct Deleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, Deleter>;
using Text = std::unique_ptr<char, Deleter>;

std::string part(const Handle& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  const Text owned(text);
  return text;
}
bool has(const Handle& url, CURLUPart which) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url.get(), which, &text, 0);
  const Text owned(text);
  return code == CURLUE_OK;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

} // namespace

// libcurl corrects URLs such as "https:///x" and "https:/x", an empty port, and a percent-encoded
// host. Here they are refused.
static bool is_written_plainly(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos || text.find('\0') != text.npos) return false;
  text.remove_prefix(scheme + 3);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  // the whole authority if it has no @
  const std::string_view host = authority.substr(authority.rfind('@') + 1);
  const auto is_ascii = [](unsigned char c) { return c > 0x20 && c < 0x7F; };
  return !host.empty() && !host.ends_with(':') && host.find('%') == host.npos &&
         std::ranges::all_of(authority, is_ascii);
}

std::optional<Url> parse_url(const std::string& text, bool any_scheme) {
  if (!is_written_plainly(text)) return std::nullopt;
  const Handle url(curl_url());
  if (!url) throw std::bad_alloc();
  const unsigned flags = any_scheme ? CURLU_NON_SUPPORT_SCHEME : 0u;
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK) return std::nullopt;
  Url read{.scheme = lower(part(url, CURLUPART_SCHEME)),
           .host = lower(part(url, CURLUPART_HOST)),
           .port = part(url, CURLUPART_PORT),
           .path = part(url, CURLUPART_PATH)};
  if (read.host.empty() || read.port == "0") return std::nullopt;
  read.has_user = has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD);
  read.has_query = has(url, CURLUPART_QUERY) || text.find('?') != text.npos;
  read.has_fragment = has(url, CURLUPART_FRAGMENT) || text.find('#') != text.npos;
  return read;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

bool is_loopback(const sockaddr* address) noexcept {
  if (address->sa_family == AF_INET) {
    sockaddr_in read{};
    std::memcpy(&read, address, sizeof read);
    return ntohl(read.sin_addr.s_addr) >> 24 == 127;
  }
  if (address->sa_family != AF_INET6) return false;
  sockaddr_in6 read{};
  std::memcpy(&read, address, sizeof read);
  const in6_addr& bytes = read.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&bytes) || (IN6_IS_ADDR_V4MAPPED(&bytes) && bytes.s6_addr[12] == 127);
}

std::string escape(std::string_view text) {
  const Text escaped(
      curl_easy_escape(nullptr, text.data() ? text.data() : "", static_cast<int>(text.size())));
  if (!escaped) throw std::bad_alloc();
  return text.empty() ? std::string() : std::string(escaped.get());
}

} // namespace wayfare::io
