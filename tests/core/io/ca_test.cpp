// The authorities with which servers are verified.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "io/ca.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

namespace {

using Set = std::map<std::string, std::string>;

// Returns "file|folder". One of the two is empty.
std::string found(const std::string& option, const std::string& built_in, const Set& variables,
                  const std::set<std::string>& files, const std::string& built_in_folder = "") {
  const auto variable = [&](const char* name) {
    const auto known = variables.find(name);
    return known == variables.end() ? std::string() : known->second;
  };
  const auto [file, folder] =
      wayfare::io::authorities(option, {built_in, built_in_folder}, variable,
                               [&](const std::string& name) { return files.contains(name); });
  return file + "|" + folder;
}

} // namespace

TEST_CASE(
    "authorities come from the option, the variables, libcurl's file or a file of the system") {
  const std::string debian = "/etc/ssl/certs/ca-certificates.crt",
                    red_hat = "/etc/pki/tls/certs/ca-bundle.crt";
  const Set all{
      {"SSL_CERT_FILE", "ssl.pem"}, {"CURL_CA_BUNDLE", "curl.pem"}, {"SSL_CERT_DIR", "folder"}};
  const Set folder{{"SSL_CERT_DIR", "one:two"}}, unset{{"SSL_CERT_FILE", ""}, {"SSL_CERT_DIR", ""}};
  // A named file is used even if it does not exist, so that an error names it.
  CHECK(found("mine.pem", red_hat, all, {red_hat}) == "mine.pem|");
  CHECK(found("", red_hat, all, {red_hat}) == "ssl.pem|");
  CHECK(found("", red_hat, {{"CURL_CA_BUNDLE", "curl.pem"}, {"SSL_CERT_DIR", "folder"}},
              {red_hat}) == "curl.pem|");
  CHECK(found("", red_hat, folder, {red_hat}) == "|one:two");
  CHECK(found("mine.pem", red_hat, folder, {red_hat}) == "mine.pem|");
  CHECK(found("", "/built/in.pem", unset, {"/built/in.pem", debian}) == "/built/in.pem|");
  CHECK(found("", red_hat, {}, {debian}) == debian + "|"); // built on one system, run on another
  CHECK(found("", "", {}, {red_hat}) == red_hat + "|");
  CHECK(found("", red_hat, {}, {}) == "|");
  // A folder is taken where there is no file, and libcurl was built without one.
  CHECK(found("", "", {}, {"/etc/ssl/certs"}) == "|/etc/ssl/certs");
  CHECK(found("", "", {}, {"/etc/ssl/certs", red_hat}) == red_hat + "|");
  CHECK(found("", "", {}, {"/etc/ssl/certs"}, "/built/in") == "|");
}

TEST_CASE("authorities are found in the folders of Debian, Fedora, Alpine and openSUSE") {
  const Folder root;
  const auto found_in = [&](const std::string& system) {
    const auto [file, folder] = wayfare::io::authorities(
        "", {}, [](const char*) { return std::string(); },
        [&](const std::string& name) {
          return access((root / (system + name)).c_str(), R_OK) == 0;
        });
    return file + "|" + folder;
  };
  const auto make = [&](const std::string& name) {
    const std::filesystem::path file = root / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "-----BEGIN CERTIFICATE-----\n";
  };
  make("debian/etc/ssl/certs/ca-certificates.crt");
  make("fedora/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem");
  make("fedora/etc/ssl/certs/README");
  make("old_fedora/etc/pki/tls/certs/ca-bundle.crt");
  make("alpine/etc/ssl/cert.pem"); // as it comes, without the package ca-certificates
  make("suse/var/lib/ca-certificates/ca-bundle.pem");
  make("links/etc/ssl/certs/0a775a30.0");
  CHECK(found_in("debian") == "/etc/ssl/certs/ca-certificates.crt|");
  CHECK(found_in("fedora") == "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem|");
  CHECK(found_in("old_fedora") == "/etc/pki/tls/certs/ca-bundle.crt|");
  CHECK(found_in("alpine") == "/etc/ssl/cert.pem|");
  CHECK(found_in("suse") == "/var/lib/ca-certificates/ca-bundle.pem|");
  CHECK(found_in("links") == "|/etc/ssl/certs");
  CHECK(found_in("none") == "|");
}
