// Reads URLs as libcurl reads them. The check that decides where a key may go must see the same
// host as libcurl.
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace wayfare::io {

struct Url {
  std::string scheme; // in lower case
  // In lower case. An IPv4 address is in dotted decimal form, an IPv6 address in brackets.
  std::string host;
  std::string port; // decimal; empty if the URL has none
  std::string path; // "/" if the URL has none
  bool has_user = false, has_query = false, has_fragment = false;
};

// Returns nothing if the text is not an absolute URL. With `any_scheme` it also reads schemes that
// libcurl does not support.
std::optional<Url> parse_url(const std::string& text, bool any_scheme = false);

// Whether the host is this machine: "localhost", 127.0.0.0/8 or ::1. Does no DNS lookup: what the
// name leads to is judged by its address, below.
bool is_loopback(std::string_view host);

// Whether it is an address of this machine: 127.0.0.0/8, also as an IPv6 address, or ::1.
bool is_loopback(const sockaddr* address) noexcept;

// Percent-encodes the text for a value in a query.
std::string escape(std::string_view text);

} // namespace wayfare::io
