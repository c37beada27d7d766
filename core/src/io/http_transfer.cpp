#include "io/http_transfer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <new>
#include <utility>

#include "io/url.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"

namespace wayfare::io {

namespace {

constexpr std::size_t headers_max = 256 * 1024;

bool equals_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

} // namespace

void Http::Transfer::leave() noexcept {
  if (connection) --connection->transfers;
  connection.reset();
}

void Http::Transfer::rest() {
  leave();
  opened.clear();
  if (std::exchange(is_fresh, false)) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
  listener = nullptr;
  sending.body.reset();
  is_given = head_told = too_large = is_short = is_again = is_refused = leads_away = false;
  head_bytes = 0, error[0] = '\0';
}

curl_socket_t Http::Transfer::open(void* self_, curlsocktype, curl_sockaddr* address) {
  auto* self = static_cast<Transfer*>(self_);
  if (self->stays_here && !is_loopback(&address->addr)) {
    self->leads_away = true;
    return CURL_SOCKET_BAD;
  }
  const curl_socket_t made =
      socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (made < 0) return CURL_SOCKET_BAD;
  try {
    if (os::has_descriptor()) {
      self->opened.push_back(made);
      self->connections->opened(made);
      self->loop->keep(made);
      return made;
    }
    self->is_short = true;
  } catch (const std::bad_alloc&) { // no exception may pass through libcurl, here and below
  }
  close(made);
  return CURL_SOCKET_BAD;
}

int Http::Transfer::before(void* self_, char* peer_ip, char* own_ip, int peer_port, int own_port) {
  auto* self = static_cast<Transfer*>(self_);
  // A GET changes nothing on the server, and may be sent again.
  self->is_again = self->sending.body && self->is_given && !self->is_unsent();
  if (self->is_again) return CURL_PREREQFUNC_ABORT;
  try {
    self->is_refused = !self->join({peer_ip, own_ip, peer_port, own_port});
    if (self->is_refused) return CURL_PREREQFUNC_ABORT;
    if (!std::exchange(self->is_given, true)) self->listener->on_given();
  } catch (const std::bad_alloc&) {
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

// Uses the connection that libcurl chose, unless it may carry no request.
bool Http::Transfer::join(const Ends& ends) {
  leave();
  connection = connections->find(ends, opened);
  if (connection && connection->is_usable()) {
    ++connection->transfers;
    connection->is_new = false;
    return true;
  }
  connection.reset();
  long made = 0; // a new connection has carried nothing
  return curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made) == CURLE_OK && made > 0;
}

bool Http::Transfer::is_unsent() const {
  long size = 0;
  curl_off_t more = 0;
  return !is_given ||
         (curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size) == CURLE_OK && size == 0 &&
          curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &more) == CURLE_OK && more == 0);
}

std::size_t Http::Transfer::header(char* from, std::size_t, std::size_t size, void* self_) {
  try {
    return static_cast<Transfer*>(self_)->take_header({from, size}) ? size : 0;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

std::size_t Http::Transfer::write(char* from, std::size_t, std::size_t size, void* self_) {
  auto* self = static_cast<Transfer*>(self_);
  try {
    switch (self->listener->on_bytes({from, size})) {
      case Flow::on: return size;
      case Flow::pause: return CURL_WRITEFUNC_PAUSE;
      case Flow::stop: break;
    }
  } catch (const std::bad_alloc&) {
    std::snprintf(self->error, sizeof self->error, "out of memory");
  }
  return size + 1; // any number other than `size` ends the transfer
}

bool Http::Transfer::take_header(std::string_view line) {
  head_bytes += line.size();
  too_large = head_bytes > headers_max;
  if (too_large) return false;
  if (head_told) return true; // the line is a trailer
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/") || !head) head = std::make_unique<ResponseHead>();
  if (line.empty()) { // the end of the headers, or of an interim (1xx) answer
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return true;
    head->status = static_cast<int>(status);
    head->wall_s = os::wall_us() / 1'000'000;
    head_told = true;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (connection) connection->is_http2 = version >= CURL_HTTP_VERSION_2_0;
    listener->on_head(std::move(*std::exchange(head, nullptr)));
    return true;
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return true;
  const auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  if (equals_ignoring_case(name, "content-type")) head->content_type = value.substr(0, 256);
  if (equals_ignoring_case(name, "cache-control")) head->cache_control = value.substr(0, 256);
  if (equals_ignoring_case(name, "retry-after")) head->retry_after = value.substr(0, 64);
  if (equals_ignoring_case(name, "location"))
    head->location = value.substr(0, std::min<std::size_t>(200, value.find_first_of("?#")));
  if (equals_ignoring_case(name, "retry-after-ms")) head->retry_after_ms = value.substr(0, 64);
  if (equals_ignoring_case(name, "x-generation-id")) head->generation_id = value.substr(0, 128);
  return true;
}

} // namespace wayfare::io
