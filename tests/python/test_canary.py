"""A canary key, prompt and answer go through every fault. The key must appear only in requests, and
the texts never in the ledger.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Sandbox
from wayfare.sandbox.faults import FAULTS

KEY = "sk-or-v1-" + hashlib.sha256(b"canary").hexdigest()
KEY_TRACES = [
    KEY,
    KEY[-16:],
    KEY[9:25],
    base64.b64encode(KEY.encode()).decode()[:-2],
    base64.b64encode(KEY[9:].encode()).decode()[:-2],
]
PROMPT = "canary-prompt-4b1d8e"
ANSWER = "canary-answer-77c0fa"
BODY = [
    {"role": "system", "content": f"{PROMPT} of the system"},
    {"role": "user", "content": f"Say {ANSWER} {PROMPT} please"},
]


def texts_of(error: wayfare.Error) -> Iterator[str]:
    """Yields all texts of an error, of its copies and of its reply."""
    for one in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        yield from (
            str(one),
            repr(one),
            repr(one.args),
            repr(vars(one)),
            one.message,
            str(one.advice),
        )
        yield "".join(traceback.TracebackException.from_exception(one).format())
        yield pickle.dumps(one).decode("latin-1")
        if one.reply is not None:
            yield from (
                repr(one.reply),
                str(one.reply.raw),
                repr(one.reply.message),
                str(one.reply.text),
                str(one.reply.reasoning),
            )


def check(error: wayfare.Error) -> None:
    for text in texts_of(error):
        assert not [trace for trace in KEY_TRACES if trace in text], text


def files_of(ledger: Path) -> dict[str, bytes]:
    """Reads the files of the ledger, like another program. This closes descriptors of the files,
    which the ledger must survive.
    """
    return {
        path.name: path.read_bytes()
        for path in ledger.parent.iterdir()
        if path.name.startswith(ledger.name)
    }


def check_ledger(ledger: Path) -> None:
    files = files_of(ledger)
    assert {ledger.name, ledger.name + ".lock"} <= set(files)
    for name, data in files.items():
        assert not [trace for trace in [*KEY_TRACES, PROMPT, ANSWER] if trace.encode() in data], (
            name
        )
    assert any(hashlib.sha256(KEY.encode()).hexdigest().encode() in data for data in files.values())


@pytest.fixture
def opened(open_client: Callable[..., wayfare.Client]) -> Callable[..., wayfare.Client]:
    return lambda base_url, **options: open_client(
        base_url, api_key=KEY, first_byte_timeout=0.3, idle_timeout=0.3, deadline=3, **options
    )


@pytest.mark.slow
def test_every_fault_of_the_sandbox(
    opened: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    failed = 0
    with Sandbox() as sandbox:
        client = opened(sandbox.base_url)
        for name, fault in FAULTS.items():
            model = f"sandbox/{name}" + ("-2" if fault.number is not None else "")
            for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply):
                try:
                    assert KEY not in repr(call(BODY, model=model))
                except wayfare.Error as error:
                    failed += 1
                    check(error)
                    assert PROMPT not in str(error) and ANSWER not in str(error)
                    assert str(error).count("\n") == 0
        assert failed > len(FAULTS) * 0.8
        shown = repr(
            [
                client,
                *client.entries(),
                client.usage(by=["day", "app", "agent", "model", "provider", "key"]),
            ]
        )
        assert not [trace for trace in [*KEY_TRACES, PROMPT, ANSWER] if trace in shown]
        time.sleep(0.2)
        check_ledger(tmp_path / "ledger.db")
        client.close()
    check_ledger(tmp_path / "ledger.db")
    assert capfd.readouterr() == ("", "")


def echo(connection: Any, answer: Callable[[Any, dict[str, str], bytes], None]) -> None:
    while request := connection.read():
        answer(connection, *request)


def echo_json(status: int, where: str) -> Callable[[Any, dict[str, str], bytes], None]:
    def answer(connection: Any, headers: dict[str, str], body: bytes) -> None:
        said = f"cannot use {headers['authorization']} or {headers['authorization'][7:]}"
        error: dict[str, Any] = {"code": status, "message": "Provider returned error"}
        if where == "message":
            error["message"] = said
        else:
            error["metadata"] = {where: said, "flagged_input": body.decode()}
        connection.reply(
            json.dumps({"error": error}).encode(),
            status,
            X_Echo=headers["authorization"],
            X_Generation_Id="gen-1",
        )

    return answer


def echo_plain(connection: Any, headers: dict[str, str], body: bytes) -> None:
    connection.reply(
        b"<html>" + headers["authorization"].encode() + body,
        500,
        "text/html",
        WWW_Authenticate=headers["authorization"],
    )


def echo_cut(connection: Any, headers: dict[str, str], body: bytes) -> None:
    """Repeats the key at the place where the quotation is cut."""
    connection.reply(
        json.dumps(
            {"error": {"code": 401, "message": "x" * 250 + headers["authorization"]}}
        ).encode(),
        401,
    )


def echo_answer(connection: Any, headers: dict[str, str], body: bytes) -> None:
    """Repeats the key inside an answer that ends with an error."""
    connection.head(200, "text/event-stream", Transfer_Encoding="chunked")
    delta = {
        "role": "assistant",
        "content": headers["authorization"],
        "reasoning": headers["authorization"],
    }
    error = {"code": 502, "message": headers["authorization"]}
    for event in ({"choices": [{"index": 0, "delta": delta}]}, {"choices": [], "error": error}):
        connection.chunk(b"data: " + json.dumps({"id": "gen-1", **event}).encode() + b"\n\n")
    connection.chunk(b"")


def echo_protocol(connection: Any, headers: dict[str, str], body: bytes) -> None:
    connection.sock.sendall(headers["authorization"].encode() + b"\r\n\r\n")
    raise OSError


def echo_redirect(connection: Any, headers: dict[str, str], body: bytes) -> None:
    connection.reply(b"", 302, Location="http://127.0.0.1:9/" + headers["authorization"][7:])


ECHOES: dict[str, Callable[[Any, dict[str, str], bytes], None]] = {
    **{
        f"{status} {where}": echo_json(status, where)
        for status in (200, 400, 401, 403, 502)
        for where in ("message", "raw", "provider_name")
    },
    "plain": echo_plain,
    "cut": echo_cut,
    "answer": echo_answer,
    "protocol": echo_protocol,
    "redirect": echo_redirect,
}


@pytest.mark.parametrize("what", ECHOES)
def test_a_server_that_repeats_the_key(
    raw_server: Any, opened: Any, tmp_path: Path, what: str
) -> None:
    client = opened(raw_server(lambda connection: echo(connection, ECHOES[what])).base_url)
    for call in (client.chat, lambda *a: client.stream(*a).reply):
        with pytest.raises(wayfare.Error) as caught:
            call(BODY)
        check(caught.value)
    client.close()
    check_ledger(tmp_path / "ledger.db")


@pytest.mark.parametrize(
    "key", [KEY + "\n", f'"{KEY}"', f" {KEY}", f"Bearer {KEY}", KEY + "\r\nX: y", KEY + "é"]
)
def test_a_key_that_is_refused_is_not_shown(open_client: Any, key: str) -> None:
    with pytest.raises(wayfare.Error) as caught:
        open_client("http://127.0.0.1:9/api/v1", api_key=key).chat(BODY)
    assert caught.value.code == "key_malformed"
    check(caught.value)


def test_what_is_refused_before_it_is_sent_does_not_show_the_prompt(open_client: Any) -> None:
    client = open_client("http://127.0.0.1:9/api/v1", api_key=KEY)
    bodies: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": PROMPT, "x": object()}]},
        {"body_json": '{"messages":[{"content":"' + PROMPT},
        {"body_json": '{"messages":"' + PROMPT + '"} x'},
        {"body_json": '{"stream":true,"messages":"' + PROMPT + '"}'},
        {"messages": PROMPT, "temperature": float("nan")},
        {"messages": PROMPT, "charge_to": {"agent": "x" * 500}},
        {"messages": PROMPT, "headers": {"Authorization": KEY}},
        {"messages": PROMPT, "headers": {"X": KEY + "\n"}},
        {"messages": PROMPT + "\ud800"},
    ]
    for body in bodies:
        with pytest.raises(wayfare.Error) as caught:
            client.chat(**body)
        check(caught.value)
        assert PROMPT not in str(caught.value), body


def processes() -> dict[str, bytes]:
    """Returns the arguments of every process."""
    found = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                found[process.name] = (process / "cmdline").read_bytes()
    return found


@pytest.mark.slow
def test_the_command_line(answering: str, tmp_path: Path) -> None:
    """`wayfare ask` in success, in failure, and while it runs. The key is only in its
    environment, where the user put it.
    """
    environment = {
        **os.environ,
        "OPENROUTER_API_KEY": KEY,
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
    }
    command = [sys.executable, "-m", "wayfare", "ask", "--model", "m", "--base-url"]
    with Sandbox() as sandbox:
        for base_url, code in (
            (sandbox.base_url, 3),
            ("http://127.0.0.1:9/api/v1", 6),
            (answering, 1),
            ("nonsense", 2),
        ):
            process = subprocess.Popen(
                [*command, base_url, PROMPT],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            seen = ""
            assert process.stdout
            while base_url == answering and "Hel" not in seen:
                seen += process.stdout.read(1)
            if process.poll() is None:
                assert not [
                    who
                    for who, words in processes().items()
                    for trace in KEY_TRACES
                    if trace.encode() in words
                ]
            if base_url == answering:
                process.terminate()
            out, complaint = process.communicate(timeout=30)
            assert not [trace for trace in KEY_TRACES if trace in out + complaint]
            assert PROMPT not in complaint and "Traceback" not in complaint
            assert process.returncode == (-15 if base_url == answering else code), complaint
        command[5] = "openai/gpt-4o-mini"
        done = subprocess.run(
            [*command, sandbox.base_url, PROMPT],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0 and not [
            trace for trace in KEY_TRACES if trace in done.stdout + done.stderr
        ]
    check_ledger(tmp_path / "ledger.db")
