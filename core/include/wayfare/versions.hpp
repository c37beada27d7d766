// The versions of wayfare and of the libraries in it.
#pragma once

#include <string>

#include <wayfare/fields.hpp>

namespace wayfare {

struct Versions {
  std::string wayfare, libcurl, tls, sqlite, nghttp2, zlib;
};
template <>
inline constexpr auto fields_of<Versions> =
    record("Versions", "The versions of wayfare and of the libraries that run in this process.",
           field("wayfare", &Versions::wayfare, "The version of wayfare."),
           field("libcurl", &Versions::libcurl, "The version of libcurl."),
           field("tls", &Versions::tls,
                 "The TLS library of libcurl and its version, such as `OpenSSL/3.0.19`. Null if "
                 "libcurl has none.",
                 Shape::null_if_empty),
           field("sqlite", &Versions::sqlite, "The version of SQLite."),
           field("nghttp2", &Versions::nghttp2,
                 "The version of nghttp2, by which libcurl speaks HTTP/2. Null if libcurl has "
                 "none.",
                 Shape::null_if_empty),
           field("zlib", &Versions::zlib,
                 "The version of zlib, by which libcurl unpacks compressed answers. Null if "
                 "libcurl has none.",
                 Shape::null_if_empty));

// Asks the libraries themselves. A package that needs nothing of the system has them inside, and
// any other build loads those of the system. Needs no client.
Versions versions();

// ---- The operation.

struct ListVersions {
  using Result = Versions;
};
template <>
inline constexpr auto fields_of<ListVersions> =
    record("versions",
           "Gives the versions of wayfare and of the libraries that it uses. Touches neither the "
           "disk nor the network.");

} // namespace wayfare
