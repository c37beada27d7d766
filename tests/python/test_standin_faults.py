"""The faults of the stand-in, tested by plain HTTP."""

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
from standin_client import KEY, ask, connect, eventually, fetch, text_of
from wayfare.standin import Standin

# ---- faults


BILLED_STATUSES = {504, 520, 522, 524}


@pytest.mark.parametrize(
    "code",
    [400, 401, 402, 403, 404, 408, 409, 412, 413, 422, 429, 500, 502, 503, 504, 520, 522, 524, 529],
)
def test_status(standin: Standin, code: int) -> None:
    got = ask(standin, model=f"standin/status-{code}", stream=True)
    assert got.status == got.json["error"]["code"] == code and got.json["error"]["message"]
    assert got.headers["content-type"] == "application/json" and "x-generation-id" in got.headers
    assert got.headers.get("retry-after") == ("1" if code in (429, 503) else None)
    assert len(standin.bill) == (1 if code in BILLED_STATUSES else 0)


def test_whole_answers_that_are_errors(standin: Standin) -> None:
    html = ask(standin, model="standin/html-502")
    assert html.status == 502 and html.headers["content-type"] == "text/html"
    inside = ask(standin, model="standin/error-in-200")
    assert (
        inside.status == 200
        and set(inside.json) == {"error"}
        and inside.json["error"]["code"] == 502
    )
    assert (
        set(ask(standin, model="standin/error-first-event").json) == {"error"}
        and standin.bill == []
    )
    with pytest.raises(ValueError):
        _ = ask(standin, model="standin/garbage").json
    assert [line["outcome"] for line in standin.bill] == ["garbage"]


def test_error_as_first_event(standin: Standin) -> None:
    error, done = ask(standin, model="standin/error-first-event", stream=True).events
    assert (
        error["error"]["code"] == 502
        and error["choices"][0]["finish_reason"] == "error"
        and done == "[DONE]"
    )
    assert standin.bill == []


def test_error_midstream(standin: Standin) -> None:
    events = ask(standin, model="standin/error-midstream", stream=True).events
    assert (
        text_of(events).startswith("You said")
        and events[-2]["error"]["code"] == 502
        and events[-1] == "[DONE]"
    )
    choice = ask(standin, model="standin/error-midstream").json["choices"][0]
    assert (
        choice["finish_reason"] == "error"
        and choice["error"]["code"] == 502
        and choice["message"]["content"].startswith("You")
    )
    assert [line["outcome"] for line in standin.bill] == ["error", "error"]


def test_streams_that_end_early(standin: Standin) -> None:
    done = ask(standin, model="standin/no-done", stream=True)
    assert b"[DONE]" not in done.raw and "usage" in done.events[-1]
    finish = ask(standin, model="standin/no-finish", stream=True)
    assert b"[DONE]" not in finish.raw and all(
        event["choices"][0]["finish_reason"] is None for event in finish.events
    )
    assert [line["outcome"] for line in standin.bill] == ["completed", "no-finish"]


@pytest.mark.parametrize("stream", [False, True])
def test_cut(standin: Standin, stream: bool) -> None:
    connection = connect(standin)
    try:
        body = {
            "model": "standin/cut",
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
    assert [line["outcome"] for line in standin.bill] == ["cut"]


@pytest.mark.parametrize(
    "fault, error",
    [
        ("silent", socket.timeout),
        ("stall", socket.timeout),
        ("hangup", http.client.RemoteDisconnected),
    ],
)
def test_no_end(standin: Standin, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(standin, model=f"standin/{fault}", stream=True, timeout=0.2)
    line = standin.bill[0]
    assert line["outcome"] == fault and line["completion_tokens"] > 0
    assert (
        fetch(standin, "GET", f"/generation?id={line['generation_id']}").json["data"]["cancelled"]
        is False
    )


def test_usage_shapes(standin: Standin) -> None:
    usage = ask(standin, model="standin/no-cost", stream=True).events[-2]["usage"]
    assert "cost" not in usage and usage["prompt_tokens"] > 0
    assert b'"usage"' not in ask(standin, model="standin/no-usage", stream=True).raw
    assert b'"usage"' not in ask(standin, model="standin/no-usage").raw
    empty = ask(standin, model="standin/usage-empty-choices", stream=True).events[-2]
    assert empty["choices"] == [] and empty["usage"]["cost"] > 0
    null = ask(standin, model="standin/usage-null-finish", stream=True).events[-2]
    assert null["choices"][0]["finish_reason"] is None and null["usage"]["cost"] > 0
    assert len(standin.bill) == 5 and all(Decimal(line["cost"]) > 0 for line in standin.bill)


def test_framing(standin: Standin) -> None:
    crlf = ask(standin, model="standin/crlf", stream=True)
    assert crlf.raw.count(b"\n") == crlf.raw.count(b"\r\n") and crlf.raw.endswith(
        b"data: [DONE]\r\n\r\n"
    )
    alive = ask(standin, model="standin/keepalive-data", stream=True).raw
    assert alive.count(b"\n\ndata: :\n\n: OPENROUTER PROCESSING\n\n") > 5 and alive.endswith(
        b"data: [DONE]\n\n"
    )


def test_size_and_pace(standin: Standin) -> None:
    long = ask(standin, model="standin/long-50", stream=True).events[:-1]
    assert text_of(long) == " word" * 50 and long[-1]["usage"]["completion_tokens"] == 50
    big = ask(standin, model="standin/big-300", stream=True).events[:-1]
    assert len(big) == 3 and len(text_of(big)) == 300 * 1024
    began = time.monotonic()
    ask(standin, model="standin/slow-20", stream=True, max_tokens=5)
    assert time.monotonic() - began > 0.09


def test_a_client_that_disconnects_is_billed(standin: Standin) -> None:
    connection = connect(standin)
    body = {
        "model": "standin/slow-50",
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
        fetch(standin, "GET", f"/generation?id={response.headers['x-generation-id']}").status == 404
    )
    response.close()
    connection.close()
    assert eventually(lambda: standin.bill[0]["outcome"] == "cancelled")
    assert Decimal(standin.bill[0]["cost"]) > 0
    data = fetch(standin, "GET", f"/generation?id={standin.bill[0]['generation_id']}").json["data"]
    assert data["cancelled"] is True and data["provider_responses"][0]["status"] == 499


def test_every_fault_is_listed(standin: Standin) -> None:
    listed = {fault["model"]: fault for fault in fetch(standin, "GET", "/_faults").json["faults"]}
    assert {"standin/cut", "standin/slow-<n>", "standin/status-429"} <= set(listed)
    assert all(fault["tells"] and "\n" not in fault["tells"] for fault in listed.values())


def test_program() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "wayfare.standin"], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    with program.stdout:
        line = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v1", line)
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(line).netloc, timeout=5)
        connection.request("GET", "/api/v1/_requests")
        assert connection.getresponse().read() == b'{"count":0}'
        connection.close()
        program.terminate()
        assert program.wait(5) == 0
