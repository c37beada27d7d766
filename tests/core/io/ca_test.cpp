// The authorities with which servers are verified.

#include <map>
#include <set>

#include "io/ca.hpp"
#include "support/catch.hpp"

namespace {

using Set = std::map<std::string, std::string>;

// Returns "file|folder". One of the two is empty.
std::string found(const std::string& option, const std::string& built_in, const Set& variables,
                  const std::set<std::string>& files) {
  const auto variable = [&](const char* name) {
    const auto known = variables.find(name);
    return known == variables.end() ? std::string() : known->second;
  };
  const auto [file, folder] = wayfare::io::authorities(
      option, built_in, variable, [&](const std::string& name) { return files.contains(name); });
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
}
