// What the network tells a call of one HTTP transfer: plain data, known to both.
#pragma once

#include <cstdint>
#include <string>

namespace wayfare {

// The status line, and those headers that somebody reads, as they were sent.
struct ResponseHead {
  int status = 0;
  std::string content_type;
  std::string generation_id; // X-Generation-Id
  std::string retry_after;
  std::string cache_control;
  std::int64_t wall_s = 0; // when it came, UTC seconds since 1970: `retry_after` may be a date
};

// Why a server could not be trusted.
enum class TlsFault : std::uint8_t {
  other,             // the handshake failed, or nobody says why
  expired,           // the certificate has expired, or is not valid yet
  wrong_host,        // the certificate is for another host
  unknown_authority, // no authority that we know has signed it
  no_authorities,    // the file or folder of authorities cannot be read
};

// How a transfer ended.
struct TransferEnd {
  enum class How : std::uint8_t { whole, lost, dns, connect, tls, connect_timeout, too_large };
  How how = How::whole;
  std::string detail;             // the network's own words
  TlsFault tls = TlsFault::other; // where `how` is `tls`
  bool unsent = false;            // it failed before the network took a byte of the request
};

} // namespace wayfare
