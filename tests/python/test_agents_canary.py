"""The texts of agents are in their private files and in requests, and nowhere else."""

from __future__ import annotations

import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import options
from wayfare import errors
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]

CANARIES = ["canary-system-51c0", "canary-tools-7be2", "canary-parameters-90fa"]
SYSTEM, TOOLS, PARAMETERS = CANARIES
PROFILE: dict[str, Any] = {
    "system": f"{SYSTEM} be kind",
    "tools": [{"type": "function", "function": {"name": TOOLS, "parameters": {}}}],
    "parameters": {"user": PARAMETERS, "temperature": 0.5},
}


def has_canary(text: str | bytes) -> bool:
    return any(
        (one if isinstance(text, str) else one.encode()) in text  # type: ignore[operator]
        for one in CANARIES
    )


def files(folder: Path) -> Iterator[Path]:
    return (one for one in folder.rglob("*") if one.is_file())


def check_files(folder: Path, ledger: str = "ledger.db") -> None:
    """The texts are in the files of agents alone, and others cannot read them."""
    inside = {f"{ledger}{end}" for end in ("", "-wal", "-shm", ".lock")}
    names = {one.name for one in files(folder)}
    assert ledger in names
    for one in files(folder):
        if one.parent.suffix == ".agents":
            assert has_canary(one.read_bytes()) and one.stat().st_mode & 0o777 == 0o600
            assert one.parent.stat().st_mode & 0o777 == 0o700
        else:
            assert one.name in inside and not has_canary(one.read_bytes()), one.name


def texts_of(error: wayfare.Error) -> Iterator[str]:
    yield from (str(error), repr(error), repr(error.args), repr(vars(error)), repr(error.reply))
    yield "".join(traceback.TracebackException.from_exception(error).format())
    yield pickle.dumps(error).decode("latin-1")


@pytest.fixture
def client(sandbox: Sandbox, open_client: Opens) -> wayfare.Client:
    return open_client(sandbox.base_url)


def test_the_ledger_has_no_text_of_an_agent(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    client.create_agent("support", **PROFILE)
    client.edit_agent(
        "support", 1, system=f"{SYSTEM} be short", budget={"limit": 1, "window": "day"}
    )
    client.edit_agent("support", 2, max_tokens=9)
    client.chat("Hi", agent="support")
    with client.stream("Hi", agent="support") as stream:
        list(stream)
    client.archive_agent("support")
    client.restore_agent("support")
    client.import_agents(
        [{"name": "imported", "system": SYSTEM, "tools": [{"type": TOOLS}]}], on_conflict="skip"
    )
    client.usage(by=["agent", "agent_version"])
    check_files(tmp_path)
    assert len(list((tmp_path / "ledger.db.agents").iterdir())) == 3
    sent = [one.body for one in sandbox.requests if one.method == "POST"]
    assert sent and all(one.encode() in body for one in CANARIES for body in sent)
    client.backup(tmp_path / "copies.db")
    client.close()
    for one in files(tmp_path):
        assert has_canary(one.read_bytes()) == (one.parent.suffix == ".agents"), one
    assert len(list((tmp_path / "copies.db.agents").iterdir())) == 3


def test_what_is_told_of_calls_has_no_text_of_an_agent(
    client: wayfare.Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wayfare")
    shown: list[Any] = [client, client.with_options(model="a/b")]
    with client.watch() as notices:
        client.create_agent("support", **PROFILE, budget={"limit": 1, "window": "day"})
        client.edit_agent("support", 1, notes="x")
        sandbox.reply(503, "Good.")
        models = ["openai/gpt-4o", "openai/gpt-4"]
        shown.append(client.chat("Hi", agent="support", route={"models": models}, max_tokens=9))
        shown.append(client.select("Hi", agent="support"))
        shown += [*client.entries(), client.budgets(), client.crossings()]
        shown.append(client.usage(by=["agent", "agent_version"]))
        for notice in notices:
            shown.append(notice)
            if notice.type == "ended" and notice.state == "settled":
                break
    for one in shown:
        assert not has_canary(repr(one)), repr(one)
    records = [record.getMessage() for record in caplog.records]
    assert records and not [one for one in records if has_canary(one)]


FAILING: dict[str, Callable[[wayfare.Client], Any]] = {
    "a conflict": lambda client: client.edit_agent("support", 9, system=f"{SYSTEM} x"),
    "a taken name": lambda client: client.create_agent("support", **PROFILE),
    "a taken import": lambda client: client.import_agents([{"name": "support", **PROFILE}, {}]),
    "an import": lambda client: client.import_agents([{"name": "support", "system": SYSTEM}]),
    "an unknown agent": lambda client: client.edit_agent("nobody", 1, **PROFILE),
    "no list": lambda client: client.create_agent("x", tools='{"a":"' + TOOLS + '"}'),
    "no object": lambda client: client.create_agent("x", parameters=f'["{PARAMETERS}"]'),
    "no JSON": lambda client: client.create_agent("x", parameters='{"a":"' + PARAMETERS),
    "a value": lambda client: client.create_agent(
        "x", parameters={"provider": PARAMETERS, "user": PARAMETERS}
    ),
    "an object of Python": lambda client: client.create_agent(
        "x", parameters={"a": PARAMETERS, "b": object()}
    ),
    "both": lambda client: client.create_agent("x", system=SYSTEM, system_file="/x"),
    "too long": lambda client: client.create_agent("x", system=SYSTEM * 20_000),
    "not UTF-8": lambda client: client.create_agent("x", system=SYSTEM + "\ud800"),
    "a tag": lambda client: client.create_agent("x", tags=[""], **PROFILE),
    "a call with a bad body": lambda client: client.chat(body_json="{}", agent="support"),
    "a budget": lambda client: client.chat("Hi", agent="poor"),
    "a call to another agent": lambda client: client.chat(
        "Hi", agent="support", charge_to={"agent": "x"}
    ),
}


@pytest.mark.parametrize("kind", FAILING)
def test_an_error_has_no_text_of_an_agent(
    client: wayfare.Client, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG, "wayfare")
    client.create_agent("support", **PROFILE)
    its: Any = {"limit": "0.000000001", "window": "day"}
    client.create_agent("poor", max_tokens=9, budget=its, **PROFILE)
    with pytest.raises(wayfare.Error) as caught:
        FAILING[kind](client)
    assert not [text for text in texts_of(caught.value) if has_canary(text)]
    assert not [one for one in caplog.records if has_canary(one.getMessage())]


def test_an_error_of_the_server_that_repeats_the_request_has_no_text_of_an_agent(
    raw_server: Any, open_client: Opens, tmp_path: Path
) -> None:
    """As those of the caller's messages are taken out, too."""
    repeats = [lambda body: body, lambda _: f"cannot use {SYSTEM} be kind"]

    def serve(connection: Any) -> None:
        while request := connection.read():
            said = repeats[0](request[1].decode())
            error = {"code": 400, "message": said[:250], "metadata": {"raw": said}}
            connection.reply(json.dumps({"error": error}).encode(), 400)

    client = open_client(raw_server(serve).base_url)
    client.create_agent("support", model="a/b", **PROFILE)
    while repeats:
        for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply):
            with pytest.raises(wayfare.Error) as caught:
                call("Hi", agent="support")
            assert SYSTEM not in str(caught.value) and SYSTEM not in caught.value.message
        del repeats[0]
    client.close()
    check_files(tmp_path)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_files_are_private_under_every_mask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with wayfare.Client(**options(tmp_path / "ledger.db")) as client:
            client.create_agent("support", **PROFILE)
            assert client.agent("support").fault is None
            client.backup(tmp_path / "copy.db")
    finally:
        os.umask(before)
    for name in ("ledger.db", "copy.db"):
        folder = tmp_path / f"{name}.agents"
        (file,) = folder.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_group_that_may_use_the_ledger_may_use_the_texts(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with wayfare.Client(**options(ledger)) as client:
        client.create_agent("private", system="Private.")
        (private,) = (tmp_path / "ledger.db.agents").iterdir()
        assert private.stat().st_mode & 0o777 == 0o600
    private.unlink()
    private.parent.rmdir()
    ledger.chmod(0o660)
    with wayfare.Client(**options(ledger)) as client:
        client.create_agent("shared", system="Shared.")
    (shared,) = private.parent.iterdir()
    assert shared.stat().st_mode & 0o777 == 0o660
    assert shared.parent.stat().st_mode & 0o777 == 0o770


def test_nothing_is_written_for_an_agent_without_texts(tmp_path: Path) -> None:
    with wayfare.Client(**options(tmp_path / "ledger.db")) as client:
        client.create_agent("support", model="a/b", notes="x", system_file="/x", tools=[])
        client.edit_agent("support", 1, notes="y", system="", parameters={})
        with pytest.raises(errors.Invalid):
            client.create_agent("x", system="x", tags=[""])
        with pytest.raises(errors.Invalid):
            client.edit_agent("support", 2, system="x")  # beside its system_file
        client.import_agents(client.export_agents())
        client.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("*.agents"))
    assert not [one for one in files(tmp_path) if one.name.endswith(".new")]


def test_equal_texts_are_stored_once_and_each_file_stays(tmp_path: Path) -> None:
    with wayfare.Client(**options(tmp_path / "ledger.db")) as client:
        for name in ("a", "b", "c"):
            client.create_agent(name, **PROFILE)
        (file,) = (tmp_path / "ledger.db.agents").iterdir()
        kept = file.stat()
        client.edit_agent("a", 1, system="Other.")
        client.edit_agent("a", 2, system=PROFILE["system"])
        client.create_agent("d", **PROFILE)
        now = file.stat()
        assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
        assert len(list(file.parent.iterdir())) == 2


def test_the_texts_stay_beside_the_ledger_wherever_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    (folders[1] / "link.db").symlink_to(folders[0] / "ledger.db")
    with wayfare.Client(**options("ledger.db")) as client:
        monkeypatch.chdir(folders[1])
        client.create_agent("support", **PROFILE)
        with wayfare.Client(**options(folders[1] / "link.db")) as other:
            assert other.agent("support") == client.agent("support")
            other.create_agent("second", system="Second.")
        assert client.agent("second").system == "Second."
    assert len(list((folders[0] / "ledger.db.agents").iterdir())) == 2
    assert os.listdir(folders[1]) == ["link.db"]
