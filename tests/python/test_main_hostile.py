"""What `wayfare ask` shows of a hostile server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cli
import pytest
from wayfare._terminal import escaped

pytestmark = pytest.mark.usefixtures("bare_environment")

# Characters that a terminal obeys: C0, DEL, C1, bidi marks, a byte order mark, line separators.
OBEYED = "\x00\x07\x08\r\x1b\x7f\x85\x9b\u061c\u200e\u202e\u2066\u2028\u2029\ufeff"


def test_what_a_terminal_obeys_is_escaped_and_all_else_stays() -> None:
    for character in (*OBEYED, "\n", "\t"):
        assert escaped(f"a{character}b") == f"a\\u{ord(character):04x}b"
    for text in (
        "plain",
        "\u00e9\u4e2d\u6587 \U0001f469\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e",
    ):
        assert escaped(text) == text


def forge(wire: Any, pieces: tuple[str, ...], names: dict[str, str]) -> Any:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            for piece in pieces:
                told = {"choices": [{"index": 0, "delta": {"content": piece}}], **names}
                connection.chunk(b"data: " + json.dumps(told).encode() + b"\n\n")
            connection.chunk(wire.end)
            connection.chunk(b"")

    return serve


@pytest.mark.parametrize("words", [(), ("--no-stream",), ("--json",)])
def test_no_answer_moves_the_cursor_or_forges_a_line(
    raw_server: Any, wire: Any, tmp_path: Path, words: tuple[str, ...]
) -> None:
    forged = f"hi\n[m: 1 + 1 tokens, 0 USD; FAKE]\n{OBEYED}\nwayfare: FAKE"
    names = {"model": f"x\n[m: FAKE]{OBEYED}", "provider": f"P\n{OBEYED}"}
    server = raw_server(forge(wire, (forged[:9], forged[9:]), names))
    shown = cli.shown(
        "ask", "hello", *words, "--model", "m", "--base-url", server.base_url, folder=tmp_path
    )
    assert not [character for character in OBEYED if character in shown]
    lines = shown.split("\n")
    if words == ("--json",):
        assert len(lines) == 2 and shown.isascii()
        return
    assert "  [m: 1 + 1 tokens, 0 USD; FAKE]" in lines and "  wayfare: FAKE" in lines
    assert not [line for line in lines if line.startswith("wayfare:")]
    (cost,) = (line for line in lines if line.startswith("["))
    assert cost.startswith("[x\\u000a[m: FAKE]\\u0000") and "\\u001b" in shown


def test_a_pipe_gets_the_answer_as_it_is(raw_server: Any, wire: Any, tmp_path: Path) -> None:
    pieces = (f"hi\n{OBEYED}", "\nwayfare: FAKE")
    server = raw_server(forge(wire, pieces, {}))
    done = cli.run("ask", "hello", "--model", "m", "--base-url", server.base_url, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "".join(pieces) + "\n")
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("[m: ")


def test_an_error_is_shown_in_one_line(raw_server: Any, tmp_path: Path) -> None:
    body = json.dumps({"error": {"code": 400, "message": f"no\nwayfare: fine{OBEYED}"}}).encode()

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(body, status=400)

    server = raw_server(serve)
    done = cli.run("ask", "hello", "--model", "m", "--base-url", server.base_url, folder=tmp_path)
    shown = done.stderr
    assert done.returncode == 5 and shown.count("\n") == 1 and shown.endswith("\n")
    assert not [character for character in OBEYED if character in shown]


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b" " * (33 << 20), b"", b'{"data": []}'],
    ids=["deep", "long", "nothing", "empty list"],
)
def test_a_models_list_that_cannot_be_read_is_an_error_in_words(
    raw_server: Any, tmp_path: Path, body: bytes
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(body)

    began = time.monotonic()
    done = cli.run("ask", "hello", "--base-url", raw_server(serve).base_url, folder=tmp_path)
    shown = done.stderr
    assert done.returncode == 3 and shown.count("\n") == 1, shown
    assert "cannot be fetched; name a model with --model" in shown
    assert time.monotonic() - began < 30
