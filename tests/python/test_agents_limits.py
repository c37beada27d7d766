"""What an agent cannot be made of: each limit and each refusal names its part."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import TOOL, options
from wayfare import errors
from wayfare.sandbox import Sandbox

KIB = 1024


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    with wayfare.Client(**options(tmp_path / "ledger.db")) as opened:
        yield opened


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[wayfare.Client]:
    """Another client of the same ledger, whose calls are answered."""
    with Sandbox() as sandbox:
        given = options(tmp_path / "ledger.db", base_url=sandbox.base_url)
        with wayfare.Client(**given) as opened:
            yield opened


NAMES = [
    ("", "1 to 128 bytes"),
    ("x" * 129, "1 to 128 bytes"),
    ("ä" * 64 + "x", "1 to 128 bytes"),
    ("a\nb", "control character"),
    ("a\x00b", "control character"),
    ("\x1f", "control character"),
    ("\x7f", "control character"),
    ("a\x85b", "control character"),
    ("*", "cannot have the name \\*"),
    ("\ud800", "name"),
    (7, "name"),
    (None, "name"),
]


@pytest.mark.parametrize(("name", "told"), NAMES)
def test_a_name_that_cannot_be_used_is_refused(client: Any, name: Any, told: str) -> None:
    for operation in (
        lambda: client.create_agent(name),
        lambda: client.edit_agent(name, 1, notes="x"),
        lambda: client.agent(name),
        lambda: list(client.agent_history(name)),
        lambda: client.archive_agent(name),
        lambda: client.restore_agent(name),
        lambda: client.import_agents([{"name": name}]),
    ):
        with pytest.raises(errors.Invalid, match=told):
            operation()
    assert list(client.agents()) == []


@pytest.mark.parametrize("name", ["x" * 128, "ä" * 64, "agent:*", "a b/c'\"\\%", "\u2028", "**"])
def test_any_other_name_can_be_used_also_with_a_budget_and_in_calls(
    client: Any, caller: wayfare.Client, name: str
) -> None:
    client.create_agent(name, budget={"limit": 1, "window": "day"}, max_tokens=9)
    client.edit_agent(name, 1, budget={"limit": 2, "window": "day"})
    (budget,) = client.budgets()
    assert (budget.name, budget.limit, budget.agent) == (f"agent:{name}", 2, name)
    reply = caller.chat("Hello", agent=name)
    assert caller.explain(reply.entry or "").agent.name == name
    assert caller.budgets()[0].spent == reply.cost


def text_of(size: int) -> str:
    """A JSON object of so many bytes."""
    return '{"user":"' + "x" * (size - len('{"user":""}')) + '"}'


def list_of(size: int) -> str:
    return '[{"type":"' + "x" * (size - len('[{"type":""}]')) + '"}]'


# What is just within a limit, and what is just above it.
SIZES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "system": (
        {"system": "x" * (256 * KIB)},
        {"system": "x" * (256 * KIB + 1)},
        "system of an agent has more than 256 KiB",
    ),
    "system that JSON makes longer": (
        {"system": "\x01" * (256 * KIB)},
        {"system": "\x01" * (256 * KIB) + "x"},
        "system of an agent has more than 256 KiB",
    ),
    "system in bytes": (
        {"system": "ä" * (128 * KIB)},
        {"system": "ä" * (128 * KIB) + "x"},
        "system of an agent has more than 256 KiB",
    ),
    "tools": (
        {"tools": list_of(256 * KIB)},
        {"tools": list_of(256 * KIB + 1)},
        "tools of an agent has more than 256 KiB",
    ),
    "parameters": (
        {"parameters": text_of(64 * KIB)},
        {"parameters": text_of(64 * KIB + 1)},
        "parameters of an agent has more than 64 KiB",
    ),
    "notes": (
        {"notes": "ä" * (2 * KIB)},
        {"notes": "ä" * (2 * KIB) + "x"},
        "notes of an agent has more than 4 KiB",
    ),
    "tags": (
        {"tags": [str(at) for at in range(16)]},
        {"tags": [str(at) for at in range(17)]},
        "tags of an agent has more than 16 tags",
    ),
    "a tag": (
        {"tags": ["x" * 128]},
        {"tags": ["x" * 129]},
        "a tag of an agent is longer than 128 bytes",
    ),
    "system_file": (
        {"system_file": "/" + "x" * 4095},
        {"system_file": "/" + "x" * 4096},
        "system_file of an agent is not an absolute path",
    ),
    "max_tokens": (
        {"max_tokens": 2_147_483_647},
        {"max_tokens": 2_147_483_648},
        "max_tokens is not 1 to 2147483647",
    ),
    "model": ({"model": "x" * 128}, {"model": "x" * 129}, "model is longer than 128 bytes"),
    "route.models": (
        {"route": {"models": [str(at) for at in range(32)]}},
        {"route": {"models": [str(at) for at in range(33)]}},
        "route.models has more than 32 models",
    ),
}


@pytest.mark.parametrize("part", SIZES)
def test_each_part_has_a_limit(client: Any, part: str) -> None:
    within, above, told = SIZES[part]
    with pytest.raises(errors.Invalid, match=told):
        client.create_agent("support", **above)
    made = client.create_agent("support", **within)
    with pytest.raises(errors.Invalid, match=told):
        client.edit_agent("support", 1, **above)
    (name,) = within
    value = within[name]
    if isinstance(value, str) and name in ("tools", "parameters"):
        value = json.loads(value)
    if name != "route":
        assert getattr(client.agent("support"), name) == value
    assert client.agent("support") == made and made.fault is None


HIGH = [
    ("model", "give it as model"),
    ("models", "give them as route.models"),
    ("preset", "give the models and parameters of the preset"),
    ("messages", "give the system prompt as system"),
    ("prompt", "give the system prompt as system"),
    ("tools", "give them as tools"),
    ("max_tokens", "give it as max_tokens"),
    ("max_completion_tokens", "give it as max_tokens"),
    ("stream", "each call says whether it streams"),
    ("stream_options", "each call says whether it streams"),
]


@pytest.mark.parametrize(("member", "place"), HIGH)
def test_a_member_with_a_place_of_its_own_is_refused_with_that_place(
    client: Any, member: str, place: str
) -> None:
    client.create_agent("there")
    for value in (1, "x", [], None):
        for operation in (
            lambda value=value: client.create_agent("support", parameters={member: value}),
            lambda value=value: client.edit_agent("there", 1, parameters={"n": 1, member: value}),
        ):
            with pytest.raises(errors.Invalid, match=f"has {member};") as caught:
                operation()
            assert place in str(caught.value)
    assert [one.version for one in client.agents()] == [1]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"parameters": []}, ""),  # empty: left out
    ({"parameters": [1]}, "parameters of an agent is not a JSON object"),
    ({"parameters": "7"}, "parameters of an agent is not a JSON object"),
    ({"parameters": "null"}, "parameters of an agent is not a JSON object"),
    ({"parameters": '{"a":1'}, "parameters of an agent is not a JSON object"),
    ({"parameters": '{"a":1} x'}, "parameters of an agent is not a JSON object"),
    ({"parameters": '{"a":1,"a":2}'}, 'an object in parameters has "a" twice'),
    ({"parameters": '{"a":{"b":{"c":1,"d":2,"c":1}}}'}, 'an object in parameters has "c" twice'),
    ({"parameters": {"provider": {"max_price": {"prompt": 1}}}}, "provider of an agent has max_pr"),
    ({"parameters": {"provider": {"max_price": None}}}, "provider of an agent has max_price"),
    ({"parameters": {"provider": {"max_price": 1}}}, "give it as route.policy.max_price"),
    ({"parameters": {"provider": "openai"}}, "parameters.provider of an agent is not an object"),
    ({"parameters": {"provider": ["openai"]}}, "parameters.provider of an agent is not an object"),
    ({"parameters": {"x": float("nan")}}, "parameters|JSON|finite|nan"),
    ({"tools": {"type": "x"}}, "tools of an agent is not a JSON list"),
    ({"tools": "weather"}, "tools of an agent is not a JSON list"),
    ({"tools": '[{"type":"x","type":"y"}]'}, 'an object in tools has "type" twice'),
    ({"tags": [""]}, "tags of an agent has an empty tag"),
    ({"tags": ["a", "b", "a"]}, 'tags of an agent has "a" twice'),
    ({"tags": ["a\x00b"]}, "a tag of an agent is not UTF-8 text"),
    ({"tags": "a"}, "tags"),
    ({"notes": "\ud800"}, "notes"),
    ({"system": "\ud800"}, "system"),
    ({"system": 7}, "system"),
    ({"system": "Be kind.", "system_file": "/x"}, "both system and system_file"),
    ({"system_file": "x/y"}, "system_file of an agent is not an absolute path"),
    ({"system_file": "~/x"}, "system_file of an agent is not an absolute path"),
    ({"system_file": "/x\x00y"}, "system_file of an agent is not an absolute path"),
    ({"charge_to": {"agent": "support"}}, "charge_to of an agent has agent; leave it out"),
    ({"charge_to": {"agent": "other"}}, "charge_to of an agent has agent; leave it out"),
    ({"charge_to": {"app": None}}, "charge_to.app is given without a value"),
    ({"charge_to": {"app": "x" * 129}}, "charge_to.app is longer than 128 bytes"),
    ({"charge_to": {"tags": [""]}}, "charge_to.tags has an empty tag"),
    ({"max_tokens": -1}, "max_tokens is not 1 to 2147483647"),
    ({"max_tokens": "7"}, "max_tokens"),
    ({"model": "a/b", "route": {"models": ["c/d"]}}, "name them once"),
    ({"route": {"retries": 11}}, "route.retries is not 0 to 10"),
    ({"route": {"deadline": 0}}, "route.deadline is not above zero"),
    ({"route": {"budget_wait": 1}}, "budget_wait is given without on_budget wait"),
    ({"route": {"max_cost": 0}}, "route.max_cost is not above zero"),
    ({"route": {"modle": "x"}}, '"route.modle" is not known'),
    ({"budget": {"limit": 5}}, "the budget of an agent needs a limit and a window"),
    ({"budget": {"window": "day"}}, "the budget of an agent needs a limit and a window"),
    ({"budget": {"assume": "0.1"}}, "the budget of an agent needs a limit and a window"),
    ({"budget": {"limit": -1, "window": "day"}}, "limit"),
    ({"budget": {"limit": 9_000_001, "window": "day"}}, "limit"),
    ({"budget": {"limit": 1.5, "window": "day"}}, "limit"),
    ({"budget": {"limit": 1, "window": "year"}}, "window"),
    ({"budget": {"limit": 1, "window": "day", "assume": -1}}, "assume"),
    ({"budget": {"limit": 1, "window": "day", "thresholds": [0]}}, "threshold"),
    ({"budget": {"limit": 1, "window": "day", "mode": "soft"}}, '"budget.mode" is not known'),
    ({"colour": "red"}, '"colour" is not known'),
    ({"version": "x"}, "version"),
]


@pytest.mark.parametrize(("profile", "told"), REFUSED, ids=str)
def test_a_profile_that_cannot_be_used_is_refused_by_name(
    client: Any, profile: Any, told: str
) -> None:
    client.create_agent("there", notes="kept")
    if not told:
        assert client.create_agent("support", **profile).parameters is None
        return
    with pytest.raises(errors.Invalid, match=told):
        client.create_agent("support", **profile)
    if "version" not in profile:
        with pytest.raises(errors.Invalid, match=told):
            client.edit_agent("there", 1, **profile)
    with pytest.raises(errors.NoAgent):
        client.agent("support")
    assert client.agent("there").version == 1 and client.budgets() == []


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("part", ["parameters", "tools"])
def test_texts_of_any_depth_that_is_taken_can_be_used(caller: wayfare.Client, part: str) -> None:
    taken = []
    for levels in (1, 120, *range(124, 132), 200, 5000):
        text = json.dumps(nested(levels)) if levels < 900 else "[" * levels + "]" * levels
        value: Any = text if part == "tools" else '{"x":' + text + "}"
        try:
            made = caller.create_agent(f"a{levels}", **{part: value})
        except errors.Invalid as error:
            assert part in error.message, levels
            continue
        taken.append(levels)
        again = caller.agent(made.name)
        assert again.fault is None, levels
        assert getattr(again, part) == json.loads(value)
        caller.select("Hello", agent=made.name)
        if part == "parameters":
            assert "x" in caller.chat("Hello", agent=made.name).added
    assert taken[-1] >= 120 and taken == sorted(taken) and 131 not in taken


def test_the_budget_of_an_agent_is_changed_by_the_agent_alone(client: Any) -> None:
    client.create_agent("support", budget={"limit": 5, "window": "day"})
    (budget,) = client.budgets()
    assert (budget.name, budget.mode, budget.agent) == ("agent:support", "hard", "support")
    for change in ({"limit": 9}, {"mode": "soft"}, {"delete": True}, {"thresholds": [5]}):
        with pytest.raises(errors.Invalid, match='is the budget of the agent "support"') as caught:
            client.budget("agent:support", **change)
        assert "edit_agent" in str(caught.value)
    client.archive_agent("support")
    with pytest.raises(errors.Invalid, match="is the budget of the agent"):
        client.budget("agent:support", delete=True)
    assert client.budgets() == [budget]
    assert client.override("agent:support", 2, "2999-01-01").left == 7  # which changes no budget
    client.edit_agent("support", 2, budget={})
    assert client.budgets() == []
    client.budget("agent:support", limit=1, window="day")  # as every name that is free
    client.budget("agent:nobody", limit=1, window="day")
    client.budget("agent:support", delete=True)
    assert [one.name for one in client.budgets()] == ["agent:nobody"]


def test_a_budget_of_that_name_that_was_made_by_hand_stays(client: Any) -> None:
    client.budget("agent:support", limit=1, window="month", user="ann")
    before = client.budgets()
    its = {"limit": 5, "window": "day"}
    with pytest.raises(errors.Conflict, match='a budget "agent:support" already') as caught:
        client.create_agent("support", budget=its)
    assert "delete it" in str(caught.value)
    with pytest.raises(errors.NoAgent):
        client.agent("support")  # nothing was made
    client.create_agent("support")
    with pytest.raises(errors.Conflict, match="made by hand"):
        client.edit_agent("support", 1, budget=its, notes="x")
    with pytest.raises(errors.Conflict, match="made by hand"):
        client.import_agents([{"name": "support", "budget": its}], on_conflict="replace")
    assert client.agent("support").version == 1 and client.agent("support").notes is None
    assert client.budgets() == before
    client.budget("agent:support", delete=True)
    assert client.edit_agent("support", 1, budget=its).version == 2
    assert [one.window for one in client.budgets()] == ["day"]


def test_a_ledger_has_at_most_100000_agents(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with wayfare.Client(**options(ledger)) as client:
        client.create_agent("first")
    connection = sqlite3.connect(ledger)
    with connection:
        connection.execute(
            "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 99999) "
            "INSERT INTO agent(name, version, archived, made_us, models, tags) "
            "SELECT 'n' || x, 1, 0, 0, '[]', '[]' FROM n"
        )
    connection.close()
    with wayfare.Client(**options(ledger)) as client:
        with pytest.raises(errors.Invalid, match="there are 100000 agents"):
            client.import_agents([{"name": "one"}, {"name": "two"}])
        client.create_agent("last", tools=[TOOL])
        with pytest.raises(errors.Invalid, match="there are 100000 agents; use those"):
            client.create_agent("more")
        assert client.edit_agent("last", 1, notes="x").version == 2
        with pytest.raises(errors.NoAgent):
            client.agent("one")
