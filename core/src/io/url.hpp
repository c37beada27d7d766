// URLs, read as libcurl reads them: whoever decides where a key may go must see the host that the
// request will be sent to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayfare::io {

struct Url {
  std::string scheme; // in lower case
  // in lower case; an IPv4 address in its usual form, an IPv6 address in brackets
  std::string host;
  std::string port; // decimal; empty where none is given
  std::string path; // "/" where none is given
  bool has_user = false, has_query = false, has_fragment = false;
};

// Nothing where the text is not an absolute URL. Schemes that libcurl does not speak are read only
// with `any_scheme`.
std::optional<Url> parse_url(const std::string& text, bool any_scheme = false);

// Whether the host is this machine: "localhost", 127.0.0.0/8 or ::1. No name is looked up.
bool is_loopback(std::string_view host);

// The text percent-encoded, for a value in a query.
std::string escape(std::string_view text);

} // namespace wayfare::io
