"""Every operation on agents, by a Client and by an AsyncClient."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import PROFILE, Awaited, options, profile_of
from wayfare import errors
from wayfare.sandbox import Sandbox


@pytest.fixture(params=["Client", "AsyncClient"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    given = options(tmp_path / "ledger.db")
    made = wayfare.Client(**given) if request.param == "Client" else Awaited(given)
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[wayfare.Client]:
    """Another client of the same ledger."""
    with wayfare.Client(**options(tmp_path / "ledger.db")) as opened:
        yield opened


def versions(client: Any, name: str) -> list[int]:
    return [one.version for one in client.agent_history(name)]


def test_an_agent_has_every_part_that_it_was_created_with(client: Any, other: Any) -> None:
    made = client.create_agent("support", **PROFILE)
    assert (made.name, made.version, made.archived, made.change, made.fault) == (
        "support",
        1,
        False,
        "created",
        None,
    )
    assert made.created == made.changed
    assert abs(made.created - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(
        minutes=1
    )
    for part in ("model", "max_tokens", "parameters", "tools", "system", "tags", "notes"):
        assert getattr(made, part) == PROFILE[part], part
    assert made.system_file is None
    route = made.route
    assert (route.retries, route.deadline, route.max_cost) == (0, 2.5, Decimal("0.01"))
    assert (route.key, route.on_budget, route.budget_wait) == ("team", "wait", 1.5)
    assert tuple(route.policy.max_price) == (1, Decimal("2.5"), 0, Decimal("0.01"))
    assert tuple(made.charge_to) == ("web", None, "ann", "r1", ["red", "blue"])
    assert tuple(made.budget) == (5, "day", Decimal("0.5"), [50, 100])
    assert client.agent("support") == made == client.agent("support", version=1)
    assert other.agent("support") == made
    assert list(client.agents()) == list(client.agent_history("support")) == [made]


def test_an_agent_needs_no_part(client: Any) -> None:
    made = client.create_agent("bare")
    for part in ("model", "max_tokens", "parameters", "tools", "system", "budget", "notes"):
        assert getattr(made, part) is None, part
    assert made.tags == [] and made.route.policy.sort == "ordered"
    assert client.budgets() == []
    empty = {"model": "", "parameters": {}, "tools": [], "system": "", "budget": {}, "tags": []}
    made = client.create_agent("empty", route={}, charge_to={}, notes="", **empty)
    assert profile_of(made) == {
        **profile_of(client.agent("bare")),
        "name": "empty",
        "created": made.created,
    }


# Each part, another value, how that reads, and the value that takes it away.
CHANGES: dict[str, tuple[Any, Any, Any]] = {
    "model": ("a/b", lambda one: one == "a/b", ""),
    "max_tokens": (7, lambda one: one == 7, 0),
    "route": (
        {"models": ["a/b", "c/d"], "policy": "cheapest"},
        lambda one: (
            (one.models, one.policy.sort, one.retries) == (["a/b", "c/d"], "cheapest", None)
        ),
        {},
    ),
    "charge_to": ({"user": "bob"}, lambda one: (one.app, one.user) == (None, "bob"), {}),
    "parameters": ({"top_p": 1}, lambda one: one == {"top_p": 1}, {}),
    "tools": ([{"type": "x"}], lambda one: one == [{"type": "x"}], []),
    "system": ("Be short.", lambda one: one == "Be short.", ""),
    "budget": (
        {"limit": 9, "window": "month"},
        lambda one: tuple(one) == (9, "month", None, []),
        {},
    ),
    "tags": (["third"], lambda one: one == ["third"], []),
    "notes": ("Other.", lambda one: one == "Other.", ""),
}


@pytest.mark.parametrize("part", CHANGES)
def test_an_edit_changes_one_part_and_can_take_it_away(client: Any, other: Any, part: str) -> None:
    value, is_right, empty = CHANGES[part]
    profile = {**PROFILE, "model": ""} if part == "route" else PROFILE
    first = client.create_agent("support", **profile)
    second = client.edit_agent("support", 1, **{part: value})
    assert (second.version, second.change, second.created) == (2, "edited", first.created)
    assert second.changed >= first.changed and is_right(getattr(second, part))
    before, after = profile_of(first), profile_of(second)
    assert {name for name in before if before[name] != after[name]} == {part}
    assert other.agent("support") == second

    same = client.edit_agent("support", 2, **{part: value})
    assert same == second == client.edit_agent("support", 2, **{part: None})
    assert same == client.edit_agent("support", 2)
    assert versions(client, "support") == [2, 1]

    third = client.edit_agent("support", 2, **{part: empty})
    assert third.version == 3 and getattr(third, part) == getattr(client.create_agent("b"), part)
    assert client.edit_agent("support", 3, **{part: empty}) == third  # there is nothing to take
    kept = {name: one for name, one in profile_of(third).items() if name != part}
    assert kept == {name: one for name, one in before.items() if name != part}
    assert [other.agent("support", at) for at in (1, 2, 3)] == [first, second, third]


def test_a_system_prompt_gives_way_to_a_file_in_one_edit(client: Any) -> None:
    client.create_agent("support", system="Be kind.")
    with pytest.raises(errors.Invalid, match="both system and system_file"):
        client.edit_agent("support", 1, system_file="/x")
    second = client.edit_agent("support", 1, system="", system_file="/x")
    assert (second.system, second.system_file) == (None, "/x")
    assert client.edit_agent("support", 2, system_file="/x").version == 2
    assert client.edit_agent("support", 2, system_file="").system_file is None


def test_an_edit_may_change_all_parts_at_once(client: Any) -> None:
    client.create_agent("support", **PROFILE)
    changes = {part: value for part, (value, _, _) in CHANGES.items() if part != "model"}
    changed = client.edit_agent("support", 1, model="", **changes)
    assert changed.version == 2
    assert all(is_right(getattr(changed, part)) for part, (_, is_right, _) in CHANGES.items()
               if part != "model")  # fmt: skip
    nothing = client.edit_agent(
        "support", 2, **{part: empty for part, (_, _, empty) in CHANGES.items()}
    )
    bare = client.create_agent("bare")
    assert profile_of(nothing) == {
        **profile_of(bare),
        "name": "support",
        "created": nothing.created,
    }
    assert client.budgets() == []


def test_an_edit_of_an_older_version_is_a_conflict(client: Any, other: Any) -> None:
    client.create_agent("support", notes="first")
    other.edit_agent("support", 1, notes="second")
    for edit in ({"notes": "mine"}, {"notes": "first"}, {}):
        with pytest.raises(errors.Conflict) as caught:
            client.edit_agent("support", 1, **edit)
        assert 'the agent "support" is at version 2, not 1' in caught.value.message
        assert caught.value.advice and not caught.value.retryable
    for change in (client.edit_agent, client.archive_agent, client.restore_agent):
        with pytest.raises(errors.Conflict, match="at version 2, not 3"):
            change("support", 3)  # which is not there yet
    assert client.agent("support").notes == "second"
    assert client.edit_agent("support", 2, notes="mine").version == 3


def test_a_version_that_cannot_be_is_refused(client: Any) -> None:
    client.create_agent("support")
    for version in (0, -1, True, "1", 1.0):
        for operation in (
            client.agent,
            client.archive_agent,
            lambda name, version: client.edit_agent(name, version, notes="x"),
        ):
            with pytest.raises(
                errors.Invalid, match=r"version (of an agent is below 1|is not a whole)"
            ):
                operation("support", version)
    with pytest.raises(errors.Invalid, match="version is missing"):
        client.edit_agent("support", None)
    assert versions(client, "support") == [1]


def test_of_edits_at_once_exactly_one_wins(client: Any, tmp_path: Path) -> None:
    client.create_agent("support")
    clients = [wayfare.Client(**options(tmp_path / "ledger.db")) for _ in range(4)]
    told: list[Any] = []

    def edit(one: wayfare.Client, notes: str) -> None:
        start.wait(30)
        try:
            told.append(one.edit_agent("support", version, notes=notes).notes)
        except errors.Conflict as error:
            told.append(error)

    for version in range(1, 6):
        start, told = threading.Barrier(len(clients)), []
        threads = [
            threading.Thread(target=edit, args=(one, f"{version} {at}"))
            for at, one in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        (won,) = (one for one in told if isinstance(one, str))
        assert len(told) == 4
        assert client.agent("support").notes == won
        assert versions(client, "support")[0] == version + 1
    for one in clients:
        one.close()


def test_a_name_that_is_taken_is_a_conflict(client: Any) -> None:
    client.create_agent("support")
    with pytest.raises(errors.Conflict, match='there is an agent "support" already'):
        client.create_agent("support", notes="other")
    client.archive_agent("support")
    with pytest.raises(errors.Conflict, match="which is archived") as caught:
        client.create_agent("support")
    assert "restore" in str(caught.value)
    assert versions(client, "support") == [2, 1]
    client.create_agent("Support")  # another name


def test_an_archived_agent_keeps_its_name_its_profile_and_its_history(client: Any) -> None:
    first = client.create_agent("support", **PROFILE)
    second = client.archive_agent("support", version=1)
    assert (second.version, second.archived, second.change) == (2, True, "archived")
    assert {**profile_of(second), "archived": False} == profile_of(first)
    assert list(client.agents()) == [] and list(client.agents(archived=True)) == [second]
    assert client.agent("support") == second and len(client.budgets()) == 1
    third = client.edit_agent("support", 2, notes="kept")
    assert (third.archived, third.change, third.notes) == (True, "edited", "kept")
    with pytest.raises(errors.Conflict, match="is archived"):
        client.archive_agent("support")
    fourth = client.restore_agent("support", version=3)
    assert (fourth.version, fourth.archived, fourth.change) == (4, False, "restored")
    assert fourth.notes == "kept" and list(client.agents()) == [fourth]
    with pytest.raises(errors.Conflict, match="is not archived"):
        client.restore_agent("support")
    for change in (client.archive_agent, client.restore_agent):
        with pytest.raises(errors.Conflict, match="is at version 4, not 1"):
            change("support", 1)
    told = [(one.version, one.change) for one in client.agent_history("support")]
    assert told == [(4, "restored"), (3, "edited"), (2, "archived"), (1, "created")]


OF_ONE: list[Callable[[Any, str], Any]] = [
    lambda client, name: client.agent(name),
    lambda client, name: client.agent(name, 1),
    lambda client, name: list(client.agent_history(name)),
    lambda client, name: client.edit_agent(name, 1, notes="x"),
    lambda client, name: client.archive_agent(name),
    lambda client, name: client.restore_agent(name),
    lambda client, name: client.chat("Hello", agent=name),
    lambda client, name: client.select("Hello", agent=name),
]


def test_an_agent_that_is_not_there_is_refused_with_the_nearest_name(client: Any) -> None:
    for name in ("support", "suspect", "billing", "old"):
        client.create_agent(name)
    client.archive_agent("old")
    for operation in OF_ONE:
        for name, nearest in (("suport", "support"), ("bilings", "billing")):
            with pytest.raises(errors.NoAgent) as caught:
                operation(client, name)
            assert f'there is no agent "{name}"' in caught.value.message
            assert f'the nearest name is "{nearest}"' in str(caught.value)
        with pytest.raises(errors.NoAgent, match="agents\\(\\) tells which there are"):
            operation(client, "old-")  # none is alike but one that is archived
        with pytest.raises(errors.NoAgent, match="agents\\(\\) tells"):
            operation(client, "x" * 128)
    for call in OF_ONE[-2:]:
        with pytest.raises(errors.NoAgent, match='"old" is archived; restore it'):
            call(client, "old")
    with pytest.raises(errors.NoAgent, match="has no version 3; its newest version is 2"):
        client.agent("old", version=3)
    assert [*client.agents(), *client.agents(archived=True)][-1].version == 2  # nothing was made


FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Bill", "bill's", "plain", "Ünter"]),
    ({"text": "BILL"}, ["Bill", "bill's"]),
    ({"text": "'"}, ["bill's"]),
    ({"text": "%"}, []),
    ({"text": "_"}, []),
    ({"text": "ü"}, []),  # only the case of ASCII letters does not count
    ({"text": "ÜN"}, ["Ünter"]),
    ({"model": "a/one"}, ["Bill"]),
    ({"model": "a/two"}, ["bill's"]),
    ({"model": "a/three"}, ["bill's"]),
    ({"model": "a/four"}, ["plain"]),
    ({"model": "a/t"}, []),
    ({"model": ","}, []),
    ({"tag": "x"}, ["Bill", "bill's"]),
    ({"tag": 'y"z'}, ["Bill"]),
    ({"tag": "y"}, []),
    ({"tag": "X"}, []),
    ({"tag": ","}, []),
    ({"tag": "\\"}, ["plain"]),
    ({"tag": "x", "model": "a/two"}, ["bill's"]),
    ({"tag": "x", "model": "a/two", "text": "B", "archived": False}, ["bill's"]),
    ({"tag": "x", "model": "a/two", "archived": True}, []),
    ({"archived": True}, ["gone"]),
    ({"archived": True, "tag": "x", "model": "a/one", "text": "gone"}, ["gone"]),
    ({"archived": None, "tag": "x"}, ["Bill", "bill's"]),
]


def test_agents_are_listed_by_every_filter_and_in_pages(client: Any) -> None:
    client.create_agent("bill's", route={"models": ["a/two", "a/three"]}, tags=["x"])
    client.create_agent("Bill", model="a/one", tags=["x", 'y"z'])
    client.create_agent("gone", model="a/one", tags=["x"])
    client.create_agent("plain", route={"model": "a/four"}, tags=["\\"])
    client.create_agent("Ünter")
    client.archive_agent("gone")
    wrong = []
    for filters, names in FOUND:
        for limit in (1, 2, 3, 4, 100, 1000):
            found = [one.name for one in client.agents(limit=limit, **filters)]
            if found != names:
                wrong.append((filters, limit, found))
    assert not wrong
    client.edit_agent("Bill", 1, model="a/new", tags=["new"])  # the newest version counts
    assert [one.name for one in client.agents(model="a/one")] == []
    assert [one.version for one in client.agents(tag="new", model="a/new")] == [2]


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"limit": 0}, "limit of agents is not between 1 and 1000"),
        ({"limit": 1001}, "limit of agents is not between 1 and 1000"),
        ({"text": ""}, "text is given without a value"),
        ({"model": None}, "model is given without a value"),
        ({"tag": None}, "tag is given without a value"),
        ({"archived": "yes"}, "archived"),
        ({"name": "x"}, '"name" is not known'),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_by_name(
    client: Any, filters: Any, told: str
) -> None:
    with pytest.raises(errors.Invalid, match=told):
        list(client.agents(**filters))


def test_a_long_history_comes_in_pages(client: Any) -> None:
    client.create_agent("support", notes="1")
    for version in range(1, 200):
        client.edit_agent("support", version, notes=str(version + 1))
    for newest in (200, 201):
        told = [(one.version, one.notes) for one in client.agent_history("support")]
        assert told == [(version, str(version)) for version in range(newest, 0, -1)]
        client.edit_agent("support", newest, notes=str(newest + 1))


def test_an_entry_is_explained_with_the_profile_as_it_was(client: Any, tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        given = {**options(tmp_path / "ledger.db"), "base_url": sandbox.base_url}
        caller: Any = (
            wayfare.Client(**given) if isinstance(client, wayfare.Client) else Awaited(given)
        )
        first = caller.create_agent("support", system="Be kind.", parameters={"temperature": 0.5})
        entry = caller.chat("Hello", agent="support").entry
        alone = caller.chat("Hello", charge_to={"agent": "support"}).entry
        caller.edit_agent("support", 1, system="Be short.", parameters={})
        caller.archive_agent("support")
        caller.close()
    told = client.explain(entry)
    assert told.agent == first
    assert [(one.entry, one.agent, one.agent_version) for one in told.entries] == [
        (entry, "support", 1)
    ]
    told = client.explain(alone)
    assert told.agent is None and told.entries[0].agent_version is None
    with pytest.raises(errors.Invalid, match=r"there is no entry .*entries\(\) tells"):
        client.explain("0" * 26)
    for text in ("", "support", "é" * 26):
        with pytest.raises(errors.Invalid, match="not the id of an entry"):
            client.explain(text)
