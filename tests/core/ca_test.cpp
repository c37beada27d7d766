// Which file of authorities servers are verified with.

#include <set>

#include "io/ca.hpp"
#include "support/catch.hpp"

namespace {

std::string found(const std::string& option, const std::string& built_in, const std::string& variable, const std::set<std::string>& files) {
  return wayfare::io::ca_file(
      option, built_in, [&](const char* name) { return std::string(name) == "SSL_CERT_FILE" ? variable : ""; },
      [&](const std::string& file) { return files.contains(file); });
}

} // namespace

TEST_CASE("the file of authorities: option, variable, libcurl's own, a place that systems have") {
  const std::string debian = "/etc/ssl/certs/ca-certificates.crt", red_hat = "/etc/pki/tls/certs/ca-bundle.crt";
  CHECK(found("mine.pem", red_hat, "theirs.pem", {red_hat}) == "mine.pem"); // though it is not there: an error shall say so
  CHECK(found("", red_hat, "theirs.pem", {red_hat}) == "theirs.pem");
  CHECK(found("", "/built/in.pem", "", {"/built/in.pem", debian}) == "/built/in.pem");
  CHECK(found("", red_hat, "", {debian}) == debian); // built on one system, run on another
  CHECK(found("", "", "", {red_hat}) == red_hat);
  CHECK(found("", red_hat, "", {}).empty());
}
