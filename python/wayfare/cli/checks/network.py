"""The network: the name of the server, the connection, a proxy, TLS, and the server's clock."""

from __future__ import annotations

import datetime
import email.utils
import ssl
import time

from . import server as way
from .finding import Finding, fault, note, ok, warning

# The clocks of servers are right. Seconds of difference: TLS and budgets suffer from the second.
CLOCK_ODD = 60
CLOCK_WRONG = 300

# What OpenSSL tells about a certificate.
_NOT_YET, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY = (18, 19, 20, 21)
_OTHER_NAME = (62, 64)


def check(base_url: str) -> tuple[list[Finding], bool]:
    """The findings, and whether the server can be asked more."""
    try:
        server = way.server_of(base_url)
    except way.Trouble as trouble:
        advice = "write it like http://host:3128"
        return [fault("proxy", str(trouble), advice)], False
    found = []
    if server.proxy is not None and server.proxy.scheme not in ("http", ""):
        text = f"{_proxy(server.proxy)} is not of http: only the library itself can try it"
        return [note("proxy", text, "try a call with --send", place=server.proxy.place)], False
    try:
        answer = way.head(server, "/models")
    except way.Trouble as trouble:
        return [_trouble(trouble, server)], False
    if server.proxy is not None:
        found.append(ok("proxy", f"{_proxy(server.proxy)} lets calls through"))
    found.append(ok("network", f"{server.host}:{server.port} answers", host=server.host))
    if server.https:
        found.append(ok("tls", f"the certificate is right, by {way.authorities()[0]}"))
    if 300 <= answer.status < 400:
        where = answer.headers.get("Location", "another place")[: way.WORDS_MAX]
        text = f"the server redirects {base_url}/models to {where}, and wayfare follows no redirect"
        found.append(fault("network", text, "correct the base URL", status=answer.status))
        return found, False
    return [*found, _clock(answer)], True


def _proxy(proxy: way.Proxy) -> str:
    return f"the proxy {proxy.host}:{proxy.port} ({proxy.place})"


def _trouble(trouble: way.Trouble, server: way.Server) -> Finding:
    check, text, advice = _told(trouble, server)
    return fault(check, text, advice, step=trouble.step, host=server.host, port=server.port)


def _told(trouble: way.Trouble, server: way.Server) -> tuple[str, str, str]:
    """The name of the check, what is wrong, and what to do."""
    here = f"{server.host}:{server.port}"
    if trouble.step.startswith("proxy") and server.proxy is not None:
        text = f"{_proxy(server.proxy)} does not let calls through: {trouble}"
        if "status 407" in str(trouble):
            return "proxy", text, "set its user and password as http://user:password@host:port"
        advice = f"correct {server.proxy.place}, or name {server.host} in NO_PROXY"
        return "proxy", text, f"{advice} if it can be reached without the proxy"
    if trouble.step == "dns":
        text = f"{server.host} has no address: {trouble}"
        advice = "check the host in the base URL, and this machine's network and name server"
        return "network", text, advice
    if trouble.step == "connect":
        text = f"{here} cannot be reached: {trouble}"
        advice = "check the port in the base URL, the network and the firewall"
        return "network", text, f"{advice}; if only a proxy leads out, set HTTPS_PROXY"
    if trouble.step == "authorities":
        return "tls", str(trouble), "correct the variable, or remove it"
    if trouble.step == "tls":
        text = f"{here} does not speak TLS as wayfare does: {trouble}"
        return "tls", text, "check the scheme and the port in the base URL"
    if isinstance(trouble.cause, ssl.SSLCertVerificationError):
        return ("tls", *_certificate(trouble.cause, server))
    text = f"{here} gives no answer: {trouble}"
    return "network", text, "check that the base URL is that of an API, and try again later"


def _certificate(error: ssl.SSLCertVerificationError, server: way.Server) -> tuple[str, str]:
    """What is wrong with the certificate, and what to do."""
    code, name = error.verify_code, f"the certificate of {server.host}"
    here = f"here it is {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
    if code == _EXPIRED:
        text = f"{name} has expired; {here}"
        return text, "correct this machine's clock if it is wrong, else tell the operator"
    if code == _NOT_YET:
        return f"{name} is not valid yet; {here}", "correct this machine's clock"
    if code in _UNKNOWN_AUTHORITY:
        text = f"{name} is of an unknown authority; known are {way.authorities()[0]}"
        advice = "install the package ca-certificates; if a firewall or the server has an authority"
        return text, f"{advice} of its own, set SSL_CERT_FILE to its PEM file"
    if code in _OTHER_NAME:
        text = f"the certificate is not that of {server.host}: {error.verify_message}"
        return text, "write the base URL with the name that the certificate has"
    return f"{name} is refused: {error.verify_message}", "tell the operator of the server"


def _clock(answer: way.Answer) -> Finding:
    try:
        there = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (TypeError, ValueError, OverflowError):
        return note("clock", "the server tells no time, so the clock is not compared")
    # The header has whole seconds, and is written between the two times.
    before, after = there - answer.came, there + 1 - answer.sent
    difference = 0.0 if before <= 0 <= after else min(before, after, key=abs)
    if abs(difference) < CLOCK_ODD:
        return ok("clock", "the clock agrees with that of the server", difference=difference)
    side = "behind" if difference > 0 else "ahead of"
    text = f"the clock is {_length(abs(difference))} {side} that of the server"
    advice = "let NTP set it (timedatectl set-ntp true): budgets and certificates depend on it"
    level = fault if abs(difference) >= CLOCK_WRONG else warning
    return level("clock", text, advice, difference=round(difference), now=round(time.time()))


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = round(seconds / 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
