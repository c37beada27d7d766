"""Figures of a server that cannot be right: not known, and kept as text, in every place that tells
of the attempt.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare.sandbox import Raw, Sandbox

Opens = Callable[..., wayfare.Client]
MARK_OLD = "SET marked_us = marked_us - 25 * 3600000000"


class Told:
    """A server whose answers have this usage, and whose lookups have these figures."""

    def __init__(self, raw_server: Any, wire: Any) -> None:
        self.usage = ""
        self.status = 200
        self.generation = ""
        self.key = wire.key
        self.base_url = str(raw_server(self.serve).base_url)

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                told = '"id":"gen-1","model":"m","provider_name":"P",' + self.generation
                connection.reply(('{"data":{' + told + "}}").encode())
                continue
            usage = '"usage":{' + self.usage + "}}"
            if self.status != 200:
                body = '{"error":{"code":400,"message":"no"},' + usage
                connection.reply(body.encode(), self.status, X_Generation_Id="gen-1")
                continue
            stream = bool(json.loads(request[1]).get("stream"))
            part = "delta" if stream else "message"
            message = f'"{part}":{{"role":"assistant","content":"Hi"}}'
            choice = '{"index":0,"finish_reason":"stop",' + message + "}"
            body = '{"id":"gen-1","model":"m","choices":[' + choice + "]," + usage
            if stream:
                body = f"data: {body}\n\ndata: [DONE]\n\n"
            connection.reply(body.encode(), kind="text/event-stream" if stream else "text/json")


@pytest.fixture
def server(raw_server: Any, wire: Any) -> Told:
    return Told(raw_server, wire)


FIGURES = [
    ('"prompt_tokens":3,"cost":1e30', {"cost": "1e30"}),
    ('"prompt_tokens":3,"cost":-0.5', {"cost": "-0.5"}),
    ('"prompt_tokens":3,"cost":"a lot"', {"cost": "a lot"}),
    ('"prompt_tokens":1000000000000000000,"completion_tokens":"six","cost":-1',
     {"cost": "-1", "prompt_tokens": "1000000000000000000", "completion_tokens": "six"}),
]  # fmt: skip


@pytest.mark.parametrize(("usage", "kept"), FIGURES)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_right_is_in_the_reply_and_in_the_ledger(
    server: Told, open_client: Opens, usage: str, kept: dict[str, str], stream: bool
) -> None:
    server.usage = usage
    client = open_client(server.base_url)
    if stream:
        with client.stream("Hi", model="a/b") as pieces:
            list(pieces)
            reply = pieces.reply
    else:
        reply = client.chat("Hi", model="a/b")
    assert reply.refused_figures == kept
    assert list(reply.refused_figures or ()) == list(kept)  # the cost comes first
    assert reply.cost is None
    (entry,) = client.entries()
    assert (entry.refused_figures, entry.cost) == (kept, None)
    (unknown,) = client.unknown()
    assert unknown.refused_figures == kept
    with sqlite3.connect(client.ledger_path) as file:
        view = "v1_entries" if entry.state == "settled" else "v1_pending"
        [(text,)] = file.execute(f"SELECT refused_figures FROM {view}")
    assert json.loads(text) == kept
    assert client.verify().ok


def test_an_answer_that_is_right_keeps_nothing(server: Told, open_client: Opens) -> None:
    server.usage = '"prompt_tokens":3,"completion_tokens":4,"cost":0.25'
    client = open_client(server.base_url)
    assert client.chat("Hi", model="a/b").refused_figures is None
    (entry,) = client.entries()
    assert entry.refused_figures is None
    with sqlite3.connect(client.ledger_path) as file:
        assert file.execute("SELECT count(*) FROM refused").fetchone() == (0,)
        assert file.execute("SELECT refused_figures FROM v1_entries").fetchall() == [(None,)]


def test_a_key_in_a_figure_is_hidden(server: Told, open_client: Opens) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in server.key)
    for spelling in (server.key, escaped):
        server.usage = f'"cost":"{spelling}","prompt_tokens":["{spelling}"]'
        client = open_client(server.base_url)
        reply = client.chat("Hi", model="a/b")
        assert reply.refused_figures is not None
        assert reply.refused_figures["cost"] == "[key]"
        assert reply.refused_figures["prompt_tokens"] in ('["[key]"]', "(442 bytes)")
        assert [*client.entries()][-1].refused_figures == reply.refused_figures
        client.close()
        for path in Path(client.ledger_path).parent.glob("ledger.db*"):
            assert server.key.encode() not in path.read_bytes()


def test_a_refusal_that_tells_an_absurd_cost_may_be_billed(
    server: Told, open_client: Opens
) -> None:
    server.status = 400
    server.usage = '"cost":1e30'
    client = open_client(server.base_url)
    client.budget("b", limit=1, window="lifetime", assume="0.1")
    with pytest.raises(wayfare.Error):
        client.chat("Hi", model="a/b")
    (entry,) = client.entries()
    assert (entry.state, entry.refused_figures) == ("unknown", {"cost": "1e30"})
    assert client.budgets()[0].reserved == Decimal("0.1")


@pytest.mark.parametrize("usage", ['"cost":-1', '"prompt_tokens":3,"cost":-1'])
def test_a_lookup_keeps_what_cannot_be_right_until_it_is_settled(
    server: Told, open_client: Opens, usage: str
) -> None:
    server.usage = usage
    server.generation = '"total_cost":1e30,"native_tokens_prompt":-7'
    client = open_client(server.base_url)
    client.chat("Hi", model="a/b")
    done = client.reconcile()
    assert (done.looked_up, done.settled, done.given_up) == (1, 0, 0)
    all_told = {"total_cost": "1e30", "native_tokens_prompt": "-7", "cost": "-1"}
    (unknown,) = client.unknown()
    assert unknown.refused_figures == all_told and unknown.looked_up

    with sqlite3.connect(client.ledger_path) as file:
        file.execute(f"UPDATE pending {MARK_OLD}")
        file.execute(f"UPDATE cost_pending {MARK_OLD}")
    client.reconcile()  # after a day it is as a cost that the server does not know
    (unknown,) = client.unknown()
    assert not unknown.looked_up
    assert unknown.refused_figures == all_told

    client.settle(unknown.entry, "0.25", "the bill")
    assert list(client.unknown()) == []
    rows = [*client.entries()]
    assert sum(row.cost or 0 for row in rows) == Decimal("0.25")
    assert all(row.refused_figures == all_told for row in rows)
    assert client.verify().ok


def test_a_lookup_with_absurd_counts_settles_the_cost(server: Told, open_client: Opens) -> None:
    server.usage = '"prompt_tokens":3,"cost":-1'
    server.generation = '"total_cost":0.5,"native_tokens_prompt":1e30,"native_tokens_cached":2.0'
    client = open_client(server.base_url)
    client.chat("Hi", model="a/b")
    assert client.reconcile().settled == 1
    entry, correction = client.entries()
    assert (entry.cost, correction.cost, correction.cached_tokens) == (None, Decimal("0.5"), 2)
    assert correction.refused_figures == {"native_tokens_prompt": "1e30", "cost": "-1"}
    assert client.verify().ok


def test_the_commands_tell_the_text(server: Told, open_client: Opens, tmp_path: Path) -> None:
    server.usage = '"prompt_tokens":3,"completion_tokens":"\\u001b[31mred","cost":1e30'
    with open_client(server.base_url) as client:
        client.chat("Hi", model="a/b")
        (entry,) = client.entries()
    variables: Any = {
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    line = f"{entry.entry}: the server told cost 1e30, completion_tokens "
    for command in ("unknown", "entries"):
        told = cli.run(command, **variables).stdout
        assert line in told and "which cannot be right" in told and "\x1b" not in told
        assert told.count(line) == 1
        (row,) = cli.told(command, **variables)[1][command]
        assert row["refused_figures"]["cost"] == "1e30"
    explained = cli.run("explain", entry.entry, **variables).stdout
    assert "cost 1e30" in explained


def test_the_sandbox_may_answer_so(sandbox: Sandbox, tmp_path: Path) -> None:
    answer: Any = {
        "id": "gen-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi"}}],
        "usage": {"prompt_tokens": -2, "completion_tokens": 4, "cost": 0.25},
    }
    sandbox.reply(Raw(json.dumps(answer)))
    with wayfare.Client(
        base_url=sandbox.base_url, api_key=sandbox.api_key, ledger=tmp_path / "l.db"
    ) as client:
        reply = client.chat("Hi", model="a/b")
        assert (reply.cost, reply.usage.prompt_tokens) == (Decimal("0.25"), None)
        assert reply.refused_figures == {"prompt_tokens": "-2"}
