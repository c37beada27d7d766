"""The sandbox over TLS and HTTP/2, with real clients of both."""

from __future__ import annotations

import io
import json
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pycurl
import pytest
from sandbox_client import KEY, eventually
from wayfare.sandbox import Reply, Sandbox


@pytest.fixture(scope="module")
def secure() -> Iterator[Sandbox]:
    with Sandbox(http2=True) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def clean(secure: Sandbox) -> None:
    secure.reset()


def curl(
    sandbox: Sandbox, body: Any, timeout: float = 10, version: int = pycurl.CURL_HTTP_VERSION_2TLS
) -> tuple[int, int, bytes]:
    """Returns the HTTP version, the status and the body. pycurl.error where it fails."""
    one, got = pycurl.Curl(), io.BytesIO()
    one.setopt(pycurl.URL, f"{sandbox.base_url}/chat/completions")
    one.setopt(pycurl.CAINFO, sandbox.authority)
    one.setopt(pycurl.HTTP_VERSION, version)
    one.setopt(pycurl.HTTPHEADER, [f"Authorization: Bearer {KEY}"])
    one.setopt(pycurl.POSTFIELDS, json.dumps(body))
    one.setopt(pycurl.TIMEOUT_MS, int(timeout * 1000))
    one.setopt(pycurl.WRITEFUNCTION, got.write)
    try:
        one.perform()
        return one.getinfo(pycurl.INFO_HTTP_VERSION), one.getinfo(pycurl.HTTP_CODE), got.getvalue()
    finally:
        one.close()


def asked(prompt: str = "Hello", **more: Any) -> Any:
    return {"messages": [{"role": "user", "content": prompt}], **more}


def test_http2(secure: Sandbox) -> None:
    version, status, raw = curl(secure, asked())
    assert (version, status) == (pycurl.CURL_HTTP_VERSION_2_0, 200)
    assert json.loads(raw)["choices"][0]["message"]["content"].startswith("You said: “Hello”")
    assert curl(secure, asked(stream=True))[2].endswith(b"data: [DONE]\n\n")
    assert curl(secure, asked(model="sandbox/status-429"))[1] == 429


def test_http1_beside_it(secure: Sandbox) -> None:
    version, status, _ = curl(secure, asked(), version=pycurl.CURL_HTTP_VERSION_1_1)
    assert (version, status) == (pycurl.CURL_HTTP_VERSION_1_1, 200)


def test_a_large_body_and_a_large_answer(secure: Sandbox) -> None:
    """Both are larger than the windows of HTTP/2."""
    secure.reply(lambda request: Reply(f"{len(request.text)} " + "x" * 3_000_000))
    free = {"model": "meta-llama/llama-3.3-70b-instruct:free", "prompt": "y" * 200_000}
    _, status, raw = curl(secure, asked(free["prompt"], model=free["model"]))
    assert status == 200
    assert json.loads(raw)["choices"][0]["message"]["content"].startswith("200000 ")


# 92 is an error of the stream, 16 one of the connection. A closed connection is told as one of
# several, by the version of libcurl.
BROKEN = {92, 16, pycurl.E_PARTIAL_FILE, pycurl.E_RECV_ERROR}


@pytest.mark.parametrize(
    "fault, codes",
    [
        ("cut", BROKEN),
        ("closed", BROKEN),
        ("stall", {pycurl.E_OPERATION_TIMEDOUT}),
        ("silent", {pycurl.E_OPERATION_TIMEDOUT}),
    ],
)
def test_faults_over_http2(secure: Sandbox, fault: str, codes: set[int]) -> None:
    with pytest.raises(pycurl.error) as raised:
        curl(secure, asked(model=f"sandbox/{fault}", stream=True), timeout=0.7)
    assert raised.value.args[0] in codes and secure.bill[0]["completion_tokens"] > 0


def test_a_client_that_leaves_is_noticed(secure: Sandbox) -> None:
    with pytest.raises(pycurl.error):
        curl(secure, asked(model="sandbox/slow-50", stream=True), timeout=0.3)
    assert eventually(lambda: secure.bill[0]["outcome"] == "cancelled")


def test_wayfare_over_http2(secure: Sandbox, open_client: Any) -> None:
    client = open_client(secure.base_url, ca_file=secure.authority)
    with client.stream("Hello") as stream:
        assert "".join(event.text or "" for event in stream).startswith("You said")
    assert str(client.chat("Hello").cost) == secure.bill[1]["cost"]
    assert secure.problems() == []


def test_the_certificate_is_verified(secure: Sandbox) -> None:
    request = urllib.request.Request(f"{secure.base_url}/models")
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(request)
    trusted = ssl.create_default_context(cafile=secure.authority)
    with urllib.request.urlopen(request, context=trusted) as got:
        assert got.status == 200
    host = urllib.parse.urlsplit(secure.base_url).hostname
    assert host == "127.0.0.1" and secure.environment["SSL_CERT_FILE"] == secure.authority
