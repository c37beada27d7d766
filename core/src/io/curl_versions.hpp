// Tells which libcurl runs, and which libraries it has.
#pragma once

#include <string>

namespace wayfare::io {

// "" for a library that libcurl was built without.
struct CurlVersions {
  std::string libcurl, tls, nghttp2, zlib;
};

CurlVersions curl_versions();

} // namespace wayfare::io
