// The cause of a TLS error in the texts of TLS libraries.

#include "io/tls.hpp"
#include "support/catch.hpp"

using wayfare::TlsFault;
using wayfare::io::tls_fault;

TEST_CASE("the cause of a TLS error is found in the texts of several TLS libraries") {
  CHECK(tls_fault("SSL certificate problem: certificate has expired") == TlsFault::expired);
  CHECK(tls_fault("SSL certificate problem: certificate is not yet valid") == TlsFault::expired);
  CHECK(tls_fault("server certificate expiration date has passed.") == TlsFault::expired);
  CHECK(tls_fault("Cert verify failed: BADCERT_EXPIRED") == TlsFault::expired);
  CHECK(tls_fault(
            "SSL: no alternative certificate subject name matches target host name '127.0.0.1'") ==
        TlsFault::wrong_host);
  CHECK(tls_fault("SSL: no alternative certificate subject name matches target IPv4 address "
                  "'127.0.0.1'") == TlsFault::wrong_host);
  CHECK(tls_fault("SSL: certificate subject name (a) does not match target host name 'b'") ==
        TlsFault::wrong_host);
  CHECK(tls_fault("SSL certificate problem: unable to get local issuer certificate") ==
        TlsFault::unknown_authority);
  CHECK(tls_fault("SSL certificate problem: self-signed certificate in certificate chain") ==
        TlsFault::unknown_authority);
  CHECK(tls_fault("error setting certificate file: /no/such.pem") == TlsFault::no_authorities);
  CHECK(tls_fault("OpenSSL/3.0.19: error:0A00042E:SSL routines::tlsv1 alert protocol version") ==
        TlsFault::other);
  CHECK(tls_fault("SSL connect error") == TlsFault::other);
  CHECK(tls_fault("") == TlsFault::other);
}
