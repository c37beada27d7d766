// Finds the certificates of the authorities.
#pragma once

#include <functional>
#include <string>

namespace wayfare::io {

// The authorities with which servers are verified: a PEM file, or a folder in the format of OpenSSL
// (or several folders, separated by colons). Never both: if a folder is set, libcurl reads the
// whole file again for each connection.
struct Authorities {
  std::string file, folder;
};

// Returns the first of: the file of the option, SSL_CERT_FILE, CURL_CA_BUNDLE, the folder
// SSL_CERT_DIR, the file that libcurl was built with, and the usual files of the systems. The last
// two must exist. So a library that was built on one system, or for none, works on another. If
// there is none, libcurl uses the folder that it was built with, for which nothing is returned. One
// that was built without a folder gets the usual folders of the systems.
//
// `variable` returns a variable of the environment, "" if it is not set. `exists` tells whether a
// file or a folder exists.
Authorities authorities(const std::string& option, const Authorities& built_in,
                        const std::function<std::string(const char*)>& variable,
                        const std::function<bool(const std::string&)>& exists);

} // namespace wayfare::io
