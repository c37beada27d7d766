"""The faults of the sandbox, tested by plain HTTP."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from decimal import Decimal

import pytest
from sandbox_client import KEY, ask, connect, eventually, fetch, text_of
from wayfare.sandbox import Sandbox

# ---- faults


BILLED_STATUSES = {504, 520, 522, 524}


@pytest.mark.parametrize(
    "code",
    [400, 401, 402, 403, 404, 408, 409, 412, 413, 422, 429, 500, 502, 503, 504, 520, 522, 524, 529],
)
def test_status(sandbox: Sandbox, code: int) -> None:
    got = ask(sandbox, model=f"sandbox/status-{code}", stream=True)
    assert got.status == got.json["error"]["code"] == code and got.json["error"]["message"]
    assert got.headers["content-type"] == "application/json" and "x-generation-id" in got.headers
    assert got.headers.get("retry-after") == ("1" if code in (429, 503) else None)
    assert len(sandbox.bill) == (1 if code in BILLED_STATUSES else 0)


def test_whole_answers_that_are_errors(sandbox: Sandbox) -> None:
    html = ask(sandbox, model="sandbox/html-502")
    assert html.status == 502 and html.headers["content-type"] == "text/html"
    inside = ask(sandbox, model="sandbox/error-in-200")
    assert (
        inside.status == 200
        and set(inside.json) == {"error"}
        and inside.json["error"]["code"] == 502
    )
    assert (
        set(ask(sandbox, model="sandbox/error-first-event").json) == {"error"}
        and sandbox.bill == []
    )
    with pytest.raises(ValueError):
        _ = ask(sandbox, model="sandbox/garbage").json
    assert [line["outcome"] for line in sandbox.bill] == ["garbage"]


def test_error_as_first_event(sandbox: Sandbox) -> None:
    error, done = ask(sandbox, model="sandbox/error-first-event", stream=True).events
    assert (
        error["error"]["code"] == 502
        and error["choices"][0]["finish_reason"] == "error"
        and done == "[DONE]"
    )
    assert sandbox.bill == []


def test_error_midstream(sandbox: Sandbox) -> None:
    events = ask(sandbox, model="sandbox/error-midstream", stream=True).events
    assert (
        text_of(events).startswith("You said")
        and events[-2]["error"]["code"] == 502
        and events[-1] == "[DONE]"
    )
    choice = ask(sandbox, model="sandbox/error-midstream").json["choices"][0]
    assert (
        choice["finish_reason"] == "error"
        and choice["error"]["code"] == 502
        and choice["message"]["content"].startswith("You")
    )
    assert [line["outcome"] for line in sandbox.bill] == ["error", "error"]


def test_streams_that_end_early(sandbox: Sandbox) -> None:
    done = ask(sandbox, model="sandbox/no-done", stream=True)
    assert b"[DONE]" not in done.raw and "usage" in done.events[-1]
    finish = ask(sandbox, model="sandbox/no-finish", stream=True)
    assert b"[DONE]" not in finish.raw and all(
        event["choices"][0]["finish_reason"] is None for event in finish.events
    )
    half = ask(sandbox, model="sandbox/half", stream=True)
    assert half.status == 200 and b"[DONE]" not in half.raw
    assert text_of(half.events) and text_of(finish.events).startswith(text_of(half.events))
    assert len(half.events) < len(finish.events)
    assert [line["outcome"] for line in sandbox.bill] == ["completed", "no-finish", "cut"]


@pytest.mark.parametrize("stream", [False, True])
def test_cut(sandbox: Sandbox, stream: bool) -> None:
    connection = connect(sandbox)
    try:
        body = {
            "model": "sandbox/cut",
            "stream": stream,
            "messages": [{"role": "user", "content": "x"}],
        }
        connection.request(
            "POST", "/api/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {KEY}"}
        )
        response = connection.getresponse()
        assert response.status == 200 and len(response.read(200)) == 200
        with pytest.raises(ConnectionResetError):
            response.read()
    finally:
        connection.close()
    assert [line["outcome"] for line in sandbox.bill] == ["cut"]


@pytest.mark.parametrize(
    "fault, error",
    [
        ("silent", socket.timeout),
        ("stall", socket.timeout),
        ("hangup", http.client.RemoteDisconnected),
    ],
)
def test_no_end(sandbox: Sandbox, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(sandbox, model=f"sandbox/{fault}", stream=True, timeout=0.2)
    line = sandbox.bill[0]
    assert line["outcome"] == fault and line["completion_tokens"] > 0
    assert (
        fetch(sandbox, "GET", f"/generation?id={line['generation_id']}").json["data"]["cancelled"]
        is False
    )


def test_usage_shapes(sandbox: Sandbox) -> None:
    usage = ask(sandbox, model="sandbox/no-cost", stream=True).events[-2]["usage"]
    assert "cost" not in usage and usage["prompt_tokens"] > 0
    assert b'"usage"' not in ask(sandbox, model="sandbox/no-usage", stream=True).raw
    assert b'"usage"' not in ask(sandbox, model="sandbox/no-usage").raw
    empty = ask(sandbox, model="sandbox/usage-empty-choices", stream=True).events[-2]
    assert empty["choices"] == [] and empty["usage"]["cost"] > 0
    null = ask(sandbox, model="sandbox/usage-null-finish", stream=True).events[-2]
    assert null["choices"][0]["finish_reason"] is None and null["usage"]["cost"] > 0
    assert len(sandbox.bill) == 5 and all(Decimal(line["cost"]) > 0 for line in sandbox.bill)


def test_framing(sandbox: Sandbox) -> None:
    crlf = ask(sandbox, model="sandbox/crlf", stream=True)
    assert crlf.raw.count(b"\n") == crlf.raw.count(b"\r\n") and crlf.raw.endswith(
        b"data: [DONE]\r\n\r\n"
    )
    alive = ask(sandbox, model="sandbox/keepalive-data", stream=True).raw
    assert alive.count(b"\n\ndata: :\n\n: OPENROUTER PROCESSING\n\n") > 5 and alive.endswith(
        b"data: [DONE]\n\n"
    )


def test_size_and_pace(sandbox: Sandbox) -> None:
    long = ask(sandbox, model="sandbox/long-50", stream=True).events[:-1]
    assert text_of(long) == " word" * 50 and long[-1]["usage"]["completion_tokens"] == 50
    big = ask(sandbox, model="sandbox/big-300", stream=True).events[:-1]
    assert len(big) == 3 and len(text_of(big)) == 300 * 1024
    began = time.monotonic()
    ask(sandbox, model="sandbox/slow-20", stream=True, max_tokens=5)
    assert time.monotonic() - began > 0.09


def test_the_head_comes_before_a_body_that_waits(sandbox: Sandbox) -> None:
    connection = connect(sandbox, timeout=2)
    body = {"model": "sandbox/slow-60000", "messages": [{"role": "user", "content": "x"}]}
    connection.request(
        "POST", "/api/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {KEY}"}
    )
    response = connection.getresponse()
    assert response.status == 200 and response.headers["x-generation-id"].startswith("gen-")
    response.close()
    connection.close()


def test_a_client_that_disconnects_is_billed(sandbox: Sandbox) -> None:
    connection = connect(sandbox)
    body = {
        "model": "sandbox/slow-50",
        "stream": True,
        "messages": [{"role": "user", "content": "x"}],
    }
    connection.request(
        "POST", "/api/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {KEY}"}
    )
    response = connection.getresponse()
    response.read(100)
    # The call still runs.
    assert (
        fetch(sandbox, "GET", f"/generation?id={response.headers['x-generation-id']}").status == 404
    )
    response.close()
    connection.close()
    assert eventually(lambda: sandbox.bill[0]["outcome"] == "cancelled")
    assert Decimal(sandbox.bill[0]["cost"]) > 0
    data = fetch(sandbox, "GET", f"/generation?id={sandbox.bill[0]['generation_id']}").json["data"]
    assert data["cancelled"] is True and data["provider_responses"][0]["status"] == 499


def test_every_fault_is_listed(sandbox: Sandbox) -> None:
    faults = fetch(sandbox, "GET", "/_sandbox/faults").json["faults"]
    listed = {fault["name"]: fault for fault in faults}
    assert {"cut", "slow-<n>", "status-429"} <= set(listed) and faults == sandbox.faults()
    assert all(fault["tells"] and "\n" not in fault["tells"] for fault in listed.values())


def test_program() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "wayfare.sandbox"], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    with program.stdout:
        line = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v1", line)
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(line).netloc, timeout=5)
        connection.request("GET", "/api/v1/_sandbox/count")
        assert connection.getresponse().read() == b'{"count":0}'
        connection.close()
        program.terminate()
        assert program.wait(5) == 0
