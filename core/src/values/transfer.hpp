// The data of an HTTP transfer that the network passes to a call.
#pragma once

#include <cstdint>
#include <string>

namespace wayfare {

// The status line and the headers that wayfare reads, unchanged.
struct ResponseHead {
  int status = 0;
  std::string content_type;
  std::string generation_id; // X-Generation-Id
  std::string retry_after;
  std::string cache_control;
  // when it came, in UTC seconds since 1970-01-01; needed because `retry_after` may be a date
  std::int64_t wall_s = 0;
  std::string retry_after_ms; // Retry-After-Ms, which OpenAI and Azure send
  std::string location;       // where a redirect points to, without its query
};

// The cause of a TLS error.
enum class TlsFault : std::uint8_t {
  other,             // the handshake failed, or the cause is not known
  expired,           // the certificate has expired, or is not valid yet
  wrong_host,        // the certificate is for another host
  unknown_authority, // no known authority has signed the certificate
  no_authorities,    // the file or folder of authorities cannot be read
};

// The end of a transfer.
struct TransferEnd {
  enum class How : std::uint8_t { whole, lost, dns, connect, tls, connect_timeout, too_large };
  How how = How::whole;
  std::string detail;             // the text of the network library
  TlsFault tls = TlsFault::other; // only if `how` is `tls`
  bool unsent = false; // the transfer failed before the network took a byte of the request
};

} // namespace wayfare
