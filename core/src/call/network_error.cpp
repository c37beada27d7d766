#include "call/network_error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace wayfare::call {

static std::string_view advice_of(TlsFault why) {
  switch (why) {
    case TlsFault::expired:
      return "check this machine's clock; if it is right, the server's certificate must be renewed";
    case TlsFault::wrong_host:
      return "check the host in the base URL: the certificate is for another host";
    case TlsFault::unknown_authority:
      return "if the server has an authority of your own, name its PEM file in ca_file; if the "
             "system has no certificates at all, install its package ca-certificates";
    case TlsFault::no_authorities:
      return "check ca_file and SSL_CERT_FILE: the file must be a readable PEM file";
    case TlsFault::other: break;
  }
  return "check that the base URL's server speaks TLS 1.2 or later, its certificate, and ca_file";
}

Error network_error(const TransferEnd& outcome, bool is_unsent) {
  const auto fail = [](Code code, std::string message, std::string advice, bool retryable) {
    return Error{.code = code,
                 .message = std::move(message),
                 .advice = std::move(advice),
                 .retryable = retryable};
  };
  const std::string detail = outcome.detail.empty() ? "" : ": " + outcome.detail;
  switch (outcome.how) {
    case TransferEnd::How::dns:
      return fail(Code::dns, "the server's name has no address" + detail,
                  "check the base URL and the network", true);
    case TransferEnd::How::connect:
      return fail(Code::connect, "the server cannot be reached" + detail,
                  "check the base URL and the network", true);
    case TransferEnd::How::tls:
      return fail(Code::tls, "TLS failed" + detail, std::string(advice_of(outcome.tls)), false);
    case TransferEnd::How::connect_timeout:
      return fail(Code::connect_timeout, "no connection within connect_timeout" + detail,
                  "check the network, or raise connect_timeout", true);
    case TransferEnd::How::too_large:
      return fail(Code::too_large, outcome.detail, "check the base URL", false);
    case TransferEnd::How::whole:
    case TransferEnd::How::lost: break;
  }
  if (is_unsent)
    return fail(Code::connect, "the connection was lost before the request was sent" + detail,
                "try again", true);
  return fail(Code::connection_lost, "the connection was lost before an answer came" + detail,
              "try again; this attempt may be billed", true);
}

} // namespace wayfare::call
