"""TLS against a real server with an authority of its own: verified always, and a failure is told before anything is sent."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import wayfare


def test_a_call_over_tls(tls_server: Any, open_client: Any, wire: Any, certificates: Any) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    pem, authority = certificates("127.0.0.1")
    client = open_client(tls_server(pem, serve), ca_file=str(authority))
    assert [client.chat("Hello").text for _ in range(3)] == ["pong"] * 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("what", ["unknown authority", "wrong host", "expired", "old protocol"])
def test_what_cannot_be_verified_gets_nothing(tls_server: Any, open_client: Any, certificates: Any, what: str) -> None:
    def serve(connection: Any) -> None:
        assert connection.read() is None  # a server may think the handshake good before the client has judged the name

    pem, authority = certificates("example.org" if what == "wrong host" else "127.0.0.1", -1 if what == "expired" else 2)
    limits = {"maximum_version": ssl.TLSVersion.TLSv1_1, "minimum_version": ssl.TLSVersion.TLSv1} if what == "old protocol" else {}
    options = {} if what == "unknown authority" else {"ca_file": str(authority)}
    client = open_client(tls_server(pem, serve, **limits), **options)
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    assert caught.value.code == "tls" and "ca_file" in str(caught.value)
    assert [(e.state, e.error) for e in client.entries()] == [("void", "tls")]
