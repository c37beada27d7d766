"""verify, backup, prune, and sums by user, tag and run."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]


def some_calls(client: wayfare.Client) -> None:
    for user, run, tags in (
        ("ann", "r1", ["red"]),
        ("ann", "r2", ["red", "blue"]),
        ("bob", "r2", []),
    ):
        client.chat(
            "Hello",
            model="x/y",
            charge_to={"app": "shop", "agent": "a", "user": user, "run": run, "tags": tags},
        )
    client.chat("Hello", model="x/y")


def test_sums_by_user_tag_and_run(answering: str, open_client: Opens) -> None:
    client = open_client(answering)
    some_calls(client)
    cost = Decimal("0.001")
    assert {row.user: row.cost for row in client.usage(by=["user"])} == {
        "": cost,
        "ann": 2 * cost,
        "bob": cost,
    }
    assert {row.tag: row.calls for row in client.usage(by=["tag"])} == {"blue": 1, "red": 2}
    assert {(row.run, row.user): row.calls for row in client.usage(by=["run", "user"])} == {
        ("", ""): 1,
        ("r1", "ann"): 1,
        ("r2", "ann"): 1,
        ("r2", "bob"): 1,
    }
    (row, *_) = client.usage(by=["app"])
    assert row.user is None and row.tag is None and row.run is None


def test_verify_backup_and_prune(answering: str, open_client: Opens, tmp_path: Path) -> None:
    client = open_client(answering)
    some_calls(client)
    found = client.verify()
    assert (found.ok, found.entries, found.pending, found.problems) == (True, 4, 0, [])
    client.backup(tmp_path / "copy.db")
    client.backup(str(tmp_path / "copy.db"))
    client.backup(os.fsencode(tmp_path) + b"/\xff.db")  # file names need not be text
    assert os.path.exists(os.fsencode(tmp_path) + b"/\xff.db")
    for path, message in (
        (3, "path is not a path: it is of type int"),
        ("a\0b", "the path of the backup has a NUL in it"),
        (None, "path is missing"),
    ):
        with pytest.raises(wayfare.errors.Invalid, match=message):
            client.backup(path)  # type: ignore[arg-type]
    with pytest.raises(wayfare.Error, match="it is the ledger itself"):
        client.backup(tmp_path / "ledger.db")
    with open_client(answering, ledger=str(tmp_path / "copy.db")) as copy:
        assert [entry.entry for entry in copy.entries()] == [
            entry.entry for entry in client.entries()
        ]
    with pytest.raises(wayfare.Error, match="before of prune is in the future"):
        client.prune(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1))
    with pytest.raises(wayfare.Error, match="before is missing"):
        client.prune(None)  # type: ignore[arg-type]
    assert client.prune("2026-01-01") == client.prune(datetime.date(2026, 1, 1))
    gone = client.prune(datetime.datetime.now(datetime.timezone.utc))
    # the newest entry stays, so that ids and ledger time continue
    assert (gone.entries, gone.windows) == (3, 0)
    assert (
        len(list(client.entries())) == 1
        and sum(row.calls for row in client.usage(by=["agent"])) == 4
    )
    assert client.verify().ok


def test_awaited(answering: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with wayfare.AsyncClient(
            api_key="sk-or-v1-x",
            dialect="openrouter",
            base_url=answering,
            ledger=str(tmp_path / "l.db"),
        ) as client:
            await client.chat("Hello", model="x/y")
            assert (await client.verify()).entries == 1
            await client.backup(tmp_path / "copy.db")
            assert (await client.prune("2026-01-01")).entries == 0

    asyncio.run(run())
    assert (tmp_path / "copy.db").exists()
