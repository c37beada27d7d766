"""Exports, imports and backups of agents, and texts that are missing or changed."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from agent_clients import PROFILE, TOOL, Awaited, options, profile_of
from wayfare import errors
from wayfare.sandbox import Sandbox

Opens = Callable[..., Any]


@pytest.fixture(params=["Client", "AsyncClient"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """opened(name) opens a client of a ledger of its own."""
    clients: list[Any] = []

    def start(name: str) -> Any:
        given = options(tmp_path / f"{name}.db")
        one = wayfare.Client(**given) if request.param == "Client" else Awaited(given)
        clients.append(one)
        return one

    yield start
    for one in clients:
        one.close()


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> Iterator[wayfare.Client]:
    with wayfare.Client(**options(tmp_path / "ledger.db", base_url=sandbox.base_url)) as one:
        yield one


def fill(client: Any) -> None:
    """Makes agents of all kinds."""
    client.create_agent("full", **PROFILE)
    client.create_agent("bare")
    client.create_agent("„Ä“", system="é\u2028\\\"'\x01", tags=[",", '"'], notes="\U0001f600")
    client.create_agent("file", system_file="/etc/prompt.txt", model="a/b")
    client.create_agent("gone", tools=[TOOL, {"type": "x", "y": None}], budget=PROFILE["budget"])
    client.archive_agent("gone")
    schema = {"type": "object", "default": None, "properties": {"a": {"enum": ["x", None]}}}
    client.create_agent("null", parameters={"response_format": {"schema": schema}, "stop": None})
    client.edit_agent("bare", 1, route={"models": ["a/b", "c/d"], "policy": "cheapest"})


def profiles(client: Any) -> list[dict[str, Any]]:
    found = [*client.agents(), *client.agents(archived=True)]
    return [{**profile_of(one), "created": None} for one in found]


WAYS: dict[str, Callable[[Any], Any]] = {
    "as they are": lambda client: client.export_agents(),
    "through JSON": lambda client: json.loads(json.dumps(client.export_agents())),
    "as records": lambda client: [*client.agents(), *client.agents(archived=True)],
    "sparse": lambda client: [
        {name: value for name, value in one.items() if value not in (None, [], {})}
        for one in client.export_agents()
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_agents_go_from_ledger_to_ledger_and_back(opened: Opens, way: str) -> None:
    here, there = opened("here"), opened("there")
    fill(here)
    count = len(here.export_agents())
    told = there.import_agents(WAYS[way](here))
    assert tuple(told) == (count, 0, 0, 0)  # created, replaced, equal, skipped
    assert profiles(there) == profiles(here)
    assert {(one.version, one.change) for one in there.agents()} == {(1, "imported")}
    assert {(one.version, one.archived) for one in there.agents(archived=True)} == {(1, True)}
    assert [(one.name, one.limit) for one in there.budgets()] == [
        (one.name, one.limit) for one in here.budgets()
    ]
    for client, other in ((there, here), (here, there), (here, here)):
        for on_conflict in ("refuse", "skip", "replace"):
            told = client.import_agents(WAYS[way](other), on_conflict=on_conflict)
            assert tuple(told) == (0, 0, count, 0), (client is there, on_conflict)
    assert [one.version for one in here.agents()] == [1 + (one == "bare") for one in names(here)]
    assert here.verify().ok and there.verify().ok


def names(client: Any) -> list[str]:
    return [one.name for one in client.agents()]


@pytest.mark.parametrize(
    "parameters",
    [
        '{"temperature":0.20}',
        ' { "temperature" :\t0.2 }\n',
        '{"seed":1E2,"top_p":1.0}',
        '{"seed":12345678901234567890123}',
        '{"user":"\\u00e9\\/"}',
    ],
)
def test_parameters_that_were_given_as_text_are_equal_to_their_export(
    opened: Opens, parameters: str
) -> None:
    client = opened("here")
    made = client.create_agent("support", parameters=parameters, tools="[ ]")
    assert made.parameters == json.loads(parameters)
    assert client.import_agents(client.export_agents()).equal == 1


def test_what_an_import_does_with_a_name_that_is_taken(opened: Opens) -> None:
    here, there = opened("here"), opened("there")
    fill(here)
    here.create_agent("same", system="Same.")
    there.create_agent("same", system="Same.")
    there.create_agent("full", system="Other.", budget={"limit": 1, "window": "month"})
    there.create_agent("gone", **{**PROFILE, "system": ""})
    before = profiles(there)
    with pytest.raises(errors.Conflict, match='"full" is there with another profile') as caught:
        there.import_agents(here.export_agents())
    assert "nothing was imported" in caught.value.message
    assert "on_conflict" in str(caught.value.advice) and profiles(there) == before
    told = there.import_agents(here.export_agents(), on_conflict="skip")
    assert (told.created, told.replaced, told.equal, told.skipped) == (4, 0, 1, 2)
    assert there.agent("full").system == "Other." and not there.agent("gone").archived
    told = there.import_agents(here.export_agents(), "replace")
    assert (told.created, told.replaced, told.equal, told.skipped) == (0, 2, 5, 0)
    assert profiles(there) == profiles(here)
    for name in ("full", "gone"):
        assert [(one.version, one.change) for one in there.agent_history(name)] == [
            (2, "imported"),
            (1, "created"),
        ]
    assert there.agent("gone").archived and there.agent("gone", 1).model == PROFILE["model"]
    assert [(one.name, one.limit, one.window) for one in there.budgets()] == [
        (one.name, one.limit, one.window) for one in here.budgets()
    ]
    here.restore_agent("gone")
    assert there.import_agents(here.export_agents(), "replace").replaced == 1
    assert not there.agent("gone").archived and there.agent("gone").version == 3


ITS = {"limit": 5, "window": "day"}
BAD: dict[str, tuple[dict[str, Any], type[wayfare.Error], str]] = {
    "its budget was made by hand": (
        {"name": "c", "budget": ITS},
        errors.Conflict,
        'there is a budget "agent:c" already',
    ),
    "its name is taken": ({"name": "taken"}, errors.Conflict, '"taken" is there with another'),
    "its profile": ({"name": "c", "tags": [""]}, errors.Invalid, '"c": tags of an agent has an'),
    "its budget": ({"name": "c", "budget": {"limit": 1}}, errors.Invalid, "a limit and a window"),
    "its name": ({"name": "*"}, errors.Invalid, "cannot have the name"),
    "no name": ({"notes": "x"}, errors.Invalid, "name"),
    "twice": ({"name": "a"}, errors.Invalid, 'agents of import_agents has "a" twice'),
    "twice the same": ({"name": "b", "budget": ITS}, errors.Invalid, 'has "b" twice'),
    "an unknown member": ({"name": "c", "colour": 1}, errors.Invalid, "colour.* is not known"),
    "an unknown part": (
        {"name": "c", "budget": {**ITS, "mode": "soft"}},
        errors.Invalid,
        "budget.mode.* is not known",
    ),
    "a fault": ({"name": "c", "fault": "no file"}, errors.Invalid, '"c" lacks its texts: no file'),
    "no dict": ("c", errors.Invalid, "agents"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("kind", BAD)
def test_all_agents_are_imported_or_none(client: wayfare.Client, kind: str) -> None:
    bad, error, message = BAD[kind]
    client.budget("agent:c", limit=1, window="day", user="ann")
    client.create_agent("taken", notes="kept")
    client.create_agent("kept", max_tokens=9, budget=ITS)  # type: ignore[arg-type]
    costs = [client.chat("Hi", charge_to={"agent": "a"}, max_tokens=9).cost or 0]
    client.chat("Hi", agent="kept")
    before = client.budgets(), client.export_agents(), client.usage(by="agent")
    agents: list[Any] = [
        {"name": "a", "budget": {"limit": "0.000000001", "window": "day"}, "system": "A."},
        {"name": "b", "budget": ITS},
        bad,
        {"name": "d", "budget": ITS, "tools": [TOOL]},
        {"name": "kept"},
    ]
    for on_conflict in ("refuse", "skip", "replace"):
        if kind != "its name is taken" or on_conflict == "refuse":
            with pytest.raises(error, match=message):
                client.import_agents(agents, on_conflict)
    assert (client.budgets(), client.export_agents(), client.usage(by="agent")) == before
    assert client.verify().ok
    with pytest.raises(errors.NoAgent):
        client.chat("Hi", agent="a")
    # The budgets of the refused import hold no call up.
    costs.append(client.chat("Hi", charge_to={"agent": "a"}, max_tokens=9).cost or 0)

    agents = [{**agents[0], "budget": ITS}, agents[1], *agents[3:]]
    told = client.import_agents(agents, "replace")
    assert (told.created, told.replaced) == (3, 1)
    spent = {one.name: one.spent for one in client.budgets()}
    assert spent == {"agent:a": sum(costs), "agent:b": 0, "agent:c": 0, "agent:d": 0}
    costs.append(client.chat("Hi", agent="a", max_tokens=9).cost or 0)
    budgets = {one.name: (one.spent, one.reserved) for one in client.budgets()}
    assert budgets["agent:a"] == (sum(costs), 0)
    assert client.verify().ok


def test_an_import_has_at_most_1000_agents_and_an_export_all(opened: Opens) -> None:
    here, there = opened("here"), opened("there")
    agents = [{"name": f"n{at:04}", "tags": ["x"]} for at in range(1001)]
    with pytest.raises(errors.Invalid, match="more than 1000 agents"):
        here.import_agents(agents)
    assert tuple(here.import_agents([])) == (0, 0, 0, 0)
    with pytest.raises(errors.Invalid, match="on_conflict"):
        here.import_agents([], "overwrite")
    for count in (1000, 1):
        assert here.import_agents(agents[-count:], "skip").created == count or count == 1
        exported = here.export_agents()
        assert [one["name"] for one in exported] == names(here) == sorted(names(here))
    assert here.import_agents(agents[:1]).created == 1
    exported = here.export_agents()
    assert [one["name"] for one in exported] == [one["name"] for one in agents]
    for part in (exported[:600], exported[600:]):
        assert there.import_agents(part).created == len(part)
    assert names(there) == names(here)


def test_a_backup_has_the_texts_of_all_versions(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    client.create_agent("support", system="First.", tools=[TOOL], model="openai/gpt-4o")
    entry = client.chat("Hi", agent="support").entry or ""
    client.edit_agent("support", 1, system="Second.")
    client.create_agent("gone", system="Gone.")
    client.archive_agent("gone")
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    for _ in range(2):  # the second one replaces the first
        client.backup(copy)
    client.edit_agent("support", 2, system="Third.")
    shutil.rmtree(tmp_path / "ledger.db.agents")
    with wayfare.Client(**options(copy, base_url=sandbox.base_url)) as other:
        assert [one.system for one in other.agent_history("support")] == ["Second.", "First."]
        assert other.agent("gone").system == "Gone." and other.agent("gone").fault is None
        told = other.explain(entry).agent
        assert told and (told.version, told.tools) == (1, [TOOL])
        assert other.chat("Hi", agent="support").agent_version == 2
        assert [one.json for one in sandbox.requests if one.method == "POST"][-1]["messages"][
            0
        ] == {"role": "system", "content": "Second."}
        assert other.edit_agent("support", 2, system="Other.").version == 3
        assert other.verify().ok
    assert {path.stat().st_mode & 0o777 for path in (copy, *Path(f"{copy}.agents").iterdir())} == {
        0o600
    }
    assert Path(f"{copy}.agents").stat().st_mode & 0o777 == 0o700


def test_wayfare_restore_brings_the_texts_too(client: wayfare.Client, tmp_path: Path) -> None:
    client.create_agent("support", system="Be kind.")
    client.backup(tmp_path / "copy.db")
    folder = tmp_path / "other"
    folder.mkdir()
    done = cli.run("restore", str(tmp_path / "copy.db"), WAYFARE_LEDGER=str(folder / "ledger.db"))
    assert done.returncode == 0, done.stderr
    client.edit_agent("support", 1, system="Be short.")
    client.backup(tmp_path / "copy.db")
    words = ("restore", str(tmp_path / "copy.db"), "--replace")
    done = cli.run(*words, WAYFARE_LEDGER=str(folder / "ledger.db"))
    assert done.returncode == 0, done.stderr
    (aside,) = folder.glob("ledger.before-*.db")
    for ledger, texts in (
        (folder / "ledger.db", ["Be short.", "Be kind."]),
        (aside, ["Be kind."]),
    ):
        with wayfare.Client(**options(ledger)) as other:
            assert [one.system for one in other.agent_history("support")] == texts
            assert Path(f"{ledger}.agents").stat().st_mode & 0o777 == 0o700


def remove(file: Path) -> None:
    file.unlink()


def change(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"Be kind.", b"Be rude."))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def enlarge(file: Path) -> None:
    file.write_bytes(b"x" * (5 << 20))


def without_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


HARM = [remove, change, cut, empty, enlarge, without_folder]


@pytest.mark.parametrize("harm", HARM)
def test_an_agent_whose_texts_are_lost_says_so_and_can_be_mended(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    profile: Any = {**PROFILE, "route": {}, "system": "Be kind."}
    first = client.create_agent("support", **profile)
    exported = client.export_agents()
    (file,) = (tmp_path / "ledger.db.agents").iterdir()
    client.create_agent("other", system="Other.")
    harm(file)

    agent = client.agent("support")
    assert str(file) in str(agent.fault)
    assert (agent.system, agent.parameters, agent.tools) == (None, None, None)
    assert (agent.model, agent.notes, agent.budget) == (first.model, first.notes, first.budget)
    assert [one.name for one in client.agents()] == ["other", "support"]
    for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply, client.select):
        with pytest.raises(errors.Unsupported, match='"support" cannot be used: ') as caught:
            call("Hi", agent="support")
        assert str(agent.fault) in str(caught.value) and "edit" not in str(caught.value.advice)
    for edit in ({"notes": "x"}, {"system": "Other."}, {}):
        with pytest.raises(errors.Unsupported, match='"support" cannot be edited: ') as caught:
            client.edit_agent("support", 1, **edit)  # type: ignore[arg-type]
        assert "import it again" in str(caught.value.advice)
    with pytest.raises(errors.Invalid, match=r'"(support|other)" lacks its texts'):
        client.import_agents(client.export_agents(), "skip")
    if harm is not without_folder:
        assert client.chat("Hi", agent="other").agent_version == 1
    assert client.verify().ok
    client.backup(tmp_path / "copy.db")
    with wayfare.Client(**options(tmp_path / "copy.db")) as copy:
        assert copy.agent("support").fault and copy.verify().ok
    assert client.archive_agent("support").archived and not client.restore_agent("support").archived

    assert client.import_agents(exported, "replace").equal == 1
    assert profile_of(client.agent("support")) == profile_of(first)
    assert client.chat("Hi", agent="support").agent_version == 3
    assert client.edit_agent("support", 3, notes="x").version == 4
    assert client.create_agent("same", system=profile["system"]).fault is None
    assert client.agent("same").fault is None


def test_a_text_that_cannot_be_stored_is_an_error(client: wayfare.Client, tmp_path: Path) -> None:
    client.create_agent("first", system="Be kind.")
    (file,) = (tmp_path / "ledger.db.agents").iterdir()
    file.unlink()
    file.mkdir()
    for change in (
        lambda: client.create_agent("second", system="Be kind."),
        lambda: client.import_agents([{"name": "second", "system": "Be kind."}]),
    ):
        with pytest.raises(errors.LedgerUnavailable, match="texts of an agent cannot be stored"):
            change()
    assert [one.name for one in client.agents()] == ["first"]


def test_a_text_that_cannot_be_read_just_now_is_not_lost(client: wayfare.Client) -> None:
    client.create_agent("first", system="Be kind.")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))  # no file can be opened
    try:
        with pytest.raises(errors.LedgerUnavailable, match="texts of an agent cannot be stored"):
            client.create_agent("second", system="Be kind.")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert client.agent("first").fault is None
    assert client.chat("Hi", agent="first").agent_version == 1


def test_a_lost_text_of_an_older_version_is_a_fault_of_that_version_alone(
    client: wayfare.Client, tmp_path: Path
) -> None:
    client.create_agent("support", system="First.")
    (file,) = (tmp_path / "ledger.db.agents").iterdir()
    entry = client.chat("Hi", agent="support").entry or ""
    client.edit_agent("support", 1, system="Second.")
    file.unlink()
    second, first = client.agent_history("support")
    assert second.fault is None and first.fault == f"there is no file {file}"
    assert client.explain(entry).agent == first
    assert client.chat("Hi", agent="support").agent_version == 2
    assert client.edit_agent("support", 2, system="First.").system == "First."
    assert client.agent("support", 1).fault is None  # the text is there again
