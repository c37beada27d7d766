// Where the certificates of authorities are.
#pragma once

#include <functional>
#include <string>

namespace wayfare::io {

// The PEM file to verify servers with: the option's, else SSL_CERT_FILE's, else CURL_CA_BUNDLE's, each as it is; else the one that libcurl
// was built with, if it is there; else one where systems keep it, so that a library built on one system works on another. "" where
// there is none: libcurl then fails, and says so. The arguments tell the environment ("" for what is not set) and whether a file is there.
std::string ca_file(const std::string& option, const std::string& built_in, const std::function<std::string(const char*)>& variable,
                    const std::function<bool(const std::string&)>& exists);

} // namespace wayfare::io
