"""Why the model of an attempt was selected, kept in the ledger where the route asks for it."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare.sandbox import Reply, Sandbox

MODEL = "openai/gpt-4o-mini"


def client_of(sandbox: Sandbox, ledger: Path, **options: Any) -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=str(ledger),
        **options,
    )


def rows(ledger: Path) -> int:
    with sqlite3.connect(ledger) as database:
        return int(database.execute("SELECT count(*) FROM decision").fetchone()[0])


def test_explain_tells_the_decision(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with Sandbox() as sandbox, client_of(sandbox, ledger) as client:
        reply = client.chat(
            "A secret prompt",
            max_tokens=40,
            temperature=0,
            charge_to={"user": "ann-the-user"},
            route={"policy": {"sort": "cheapest", "deny": ["*mini*"]}, "keep_decision": True},
        )
        decision: Any = client.explain(reply.entry or "").decision
        assert decision["v"] == 1 and decision["sort"] == "cheapest"
        assert decision["candidates"][0]["model"] == reply.attempts[0].model
        assert len(decision["candidates"]) <= 10 and decision["ranked"] >= 1
        assert decision["left_out"]["denied"] >= 1
        assert decision["catalogue"]["source"] == "fetched" and decision["catalogue"]["fetched"]
        assert decision["needs"]["completion_tokens"] == 40
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"secret prompt" not in whole
    with sqlite3.connect(ledger) as database:
        text = database.execute("SELECT json FROM decision").fetchone()[0]
    assert len(text) <= 4096 and "ann-the-user" not in text


def test_without_the_option_nothing_is_written(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with Sandbox() as sandbox, client_of(sandbox, ledger) as client:
        routes: Any = ({}, {"policy": "cheapest"}, {"keep_decision": False})
        for route in routes:
            reply = client.chat("Hi", max_tokens=5, route=route)
            assert client.explain(reply.entry or "").decision is None
    assert rows(ledger) == 0


def test_each_attempt_keeps_the_decision_of_its_call(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with Sandbox() as sandbox, client_of(sandbox, ledger, route={"keep_decision": True}) as client:
        sandbox.reply(503, "Now.")
        reply = client.chat("Hi", route={"models": [MODEL, "openai/gpt-4o"]})
        assert len(reply.attempts) == 2
        decisions = [client.explain(one.entry).decision for one in reply.attempts]
        assert decisions[0] == decisions[1] is not None
    assert rows(ledger) == 2


def test_prune_drops_decisions_with_their_entries(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with Sandbox() as sandbox, client_of(sandbox, ledger, route={"keep_decision": True}) as client:
        for _ in range(3):
            reply = client.chat("Hi", model=MODEL)
        assert rows(ledger) == 3
        client.prune(datetime.datetime.now(datetime.timezone.utc))
        assert rows(ledger) == 1  # the newest entry stays
        assert client.explain(reply.entry or "").decision is not None
        assert client.verify().ok


def test_the_command_explain_tells_it(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with Sandbox() as sandbox, client_of(sandbox, ledger, route={"keep_decision": True}) as client:
        sandbox.reply(Reply("Hm.", served_model="anthropic/claude-3-haiku"))
        with client.stream("Hi", max_tokens=5, route={"policy": "cheapest"}) as stream:
            entry = stream.reply.entry or ""
    done = cli.run("explain", entry, "--ledger", str(ledger))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "served       another model than the request named" in lines
    assert any(line.startswith("first piece  0.") for line in lines)
    (at,) = (at for at, line in enumerate(lines) if line.startswith("why the model was selected"))
    assert "(cheapest, " in lines[at] and ": expected to cost " in lines[at + 1]
    assert any(line.startswith("  left out: ") and " free" in line for line in lines)


@pytest.mark.parametrize("value", ["yes", 1])
def test_a_value_that_is_no_truth_is_refused(tmp_path: Path, value: object) -> None:
    route: Any = {"keep_decision": value}
    refused = pytest.raises((wayfare.errors.Invalid, TypeError), match="keep_decision")
    with Sandbox() as sandbox, client_of(sandbox, tmp_path / "l.db") as client, refused:
        client.chat("Hi", route=route)
