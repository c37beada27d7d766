#include <wayfare/versions.hpp>

#include <utility>

#include "io/curl_versions.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare {

Versions versions() {
  io::CurlVersions curl = io::curl_versions();
  return {.wayfare = WAYFARE_VERSION,
          .libcurl = std::move(curl.libcurl),
          .tls = std::move(curl.tls),
          .sqlite = sqlite::version(),
          .nghttp2 = std::move(curl.nghttp2),
          .zlib = std::move(curl.zlib)};
}

} // namespace wayfare
