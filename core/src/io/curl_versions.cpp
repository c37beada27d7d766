#include "io/curl_versions.hpp"

#include <curl/curl.h>

namespace wayfare::io {

CurlVersions curl_versions() {
  const curl_version_info_data* told = curl_version_info(CURLVERSION_NOW);
  const auto text = [](const char* version) { return std::string(version ? version : ""); };
  return {.libcurl = text(told->version),
          .tls = text(told->ssl_version),
          .nghttp2 = text(told->nghttp2_version),
          .zlib = text(told->libz_version)};
}

} // namespace wayfare::io
