// What the words of a failed handshake tell.

#include "io/tls.hpp"
#include "support/catch.hpp"

using wayfare::io::Tls;
using wayfare::io::tls_fault;

TEST_CASE("the reasons why a server is not trusted, in the words of several TLS libraries") {
  CHECK(tls_fault("SSL certificate problem: certificate has expired") == Tls::expired);
  CHECK(tls_fault("SSL certificate problem: certificate is not yet valid") == Tls::expired);
  CHECK(tls_fault("server certificate expiration date has passed.") == Tls::expired);
  CHECK(tls_fault("Cert verify failed: BADCERT_EXPIRED") == Tls::expired);
  CHECK(tls_fault("SSL: no alternative certificate subject name matches target host name '127.0.0.1'") == Tls::wrong_host);
  CHECK(tls_fault("SSL: certificate subject name (a) does not match target host name 'b'") == Tls::wrong_host);
  CHECK(tls_fault("SSL certificate problem: unable to get local issuer certificate") == Tls::unknown_authority);
  CHECK(tls_fault("SSL certificate problem: self-signed certificate in certificate chain") == Tls::unknown_authority);
  CHECK(tls_fault("error setting certificate file: /no/such.pem") == Tls::no_authorities);
  CHECK(tls_fault("OpenSSL/3.0.19: error:0A00042E:SSL routines::tlsv1 alert protocol version") == Tls::other);
  CHECK(tls_fault("SSL connect error") == Tls::other);
  CHECK(tls_fault("") == Tls::other);
}
