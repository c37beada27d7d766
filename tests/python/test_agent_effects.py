"""When an edit takes effect, what the calls of an agent leave in the ledger, and how they end."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare import errors
from wayfare.sandbox import Endpoint, Error, Model, Sandbox, prices

Opens = Callable[..., wayfare.Client]


@pytest.fixture
def client(sandbox: Sandbox, open_client: Opens) -> wayfare.Client:
    return open_client(sandbox.base_url)


def sent(sandbox: Sandbox) -> Any:
    """The last body that arrived."""
    return [one.json for one in sandbox.requests if one.method == "POST"][-1]


# Profiles that refuse the call before anything is sent, and edits that mend it.
REFUSING: dict[str, tuple[Any, Any, type[wayfare.Error]]] = {
    "max_cost": (
        {"max_tokens": 1000, "route": {"max_cost": "0.00001"}},
        {"route": {"max_cost": "1"}},
        errors.MaxCost,
    ),
    "no key": ({"route": {"key": "team"}}, {"route": {}}, errors.Invalid),
    "a required part": ({}, {"charge_to": {"app": "web"}}, errors.Invalid),
    "no model": (
        {"route": {"policy": {"sort": "cheapest", "max_price": {"prompt": "0", "request": "0"}}}},
        {"route": {}},
        errors.NoModel,
    ),
    "budget": (
        {"max_tokens": 9, "budget": {"limit": "0.0000001", "window": "day"}},
        {"budget": {"limit": 1, "window": "day"}},
        errors.BudgetExceeded,
    ),
}


@pytest.mark.parametrize("who", ["the same client", "another client"])
@pytest.mark.parametrize("kind", REFUSING)
def test_an_edit_takes_effect_at_the_next_call_also_after_a_refusal(
    sandbox: Sandbox, open_client: Opens, kind: str, who: str
) -> None:
    profile, mended, error = REFUSING[kind]
    required: Any = ["app"] if kind == "a required part" else []
    client = open_client(sandbox.base_url, require_charge_to=required)
    editor = client if who == "the same client" else open_client(sandbox.base_url)
    client.create_agent("support", **profile)
    calls: list[Callable[[], Any]] = [
        lambda: client.chat("Hi", agent="support"),
        lambda: client.stream("Hi", agent="support").reply,
    ]
    version = 1
    for call in calls:
        for _ in range(2):
            with pytest.raises(error):
                call()
        version = editor.edit_agent("support", version, **mended).version
        assert call().agent_version == version
        back = {part: profile.get(part, {}) for part in mended}
        version = editor.edit_agent("support", version, **back).version
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("who", ["the same client", "another client"])
def test_a_selection_is_that_of_the_newest_version(
    client: wayfare.Client, sandbox: Sandbox, open_client: Opens, who: str
) -> None:
    editor = client if who == "the same client" else open_client(sandbox.base_url)
    editor.create_agent("support", model="openai/gpt-4o")
    fresh = open_client(sandbox.base_url)  # its first operation is the selection
    for caller in (client, fresh):
        assert caller.select("Hi", agent="support").ranked[0].model == "openai/gpt-4o"
    editor.edit_agent("support", 1, model="openai/gpt-4")
    for caller in (client, fresh):
        assert caller.select("Hi", agent="support").ranked[0].model == "openai/gpt-4"
    editor.archive_agent("support")
    for caller in (client, fresh):
        with pytest.raises(errors.NoAgent, match="is archived"):
            caller.select("Hi", agent="support")


def test_an_archived_agent_takes_no_call_until_it_is_restored(
    client: wayfare.Client, sandbox: Sandbox, open_client: Opens
) -> None:
    editor = open_client(sandbox.base_url)
    client.create_agent("support")
    for version in (1, 3):
        assert client.chat("Hi", agent="support").agent_version == version
        editor.archive_agent("support")
        for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply):
            with pytest.raises(errors.NoAgent, match="is archived; restore it"):
                call("Hi", agent="support")
        client.chat("Hi", charge_to={"agent": "support"})  # which names no agent
        editor.restore_agent("support")
    assert [one.agent_version for one in client.entries()] == [1, None, 3, None]


def test_each_call_has_the_text_that_the_system_file_has_then(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("First „text“.\n")
    client.create_agent("support", system_file=str(file))
    for text in ("First „text“.\n", "Second.", "x" * (256 << 10), "Third."):
        new = tmp_path / "new"
        new.write_text(text)
        new.replace(file)
        reply = client.chat("Hi", agent="support")
        assert reply.added == ["model", "messages[0]"] and reply.agent_version == 1
        assert sent(sandbox)["messages"][0] == {"role": "system", "content": text}
    file.write_text("")
    assert client.chat("Hi", agent="support").added == ["model"]
    file.write_text("Again.")
    assert client.chat("Hi", agent="support").added == ["model", "messages[0]"]
    (version,) = client.agent_history("support")
    assert version.system is None and not (tmp_path / "ledger.db.agents").exists()


@pytest.mark.parametrize("what", ["missing", "a folder", "large", "not UTF-8", "a pipe"])
def test_a_system_file_that_cannot_be_used_refuses_the_call(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "prompt.txt"
    client.create_agent("support", system_file=str(file))
    file.write_text("Good.")
    assert client.chat("Hi", agent="support").text
    file.unlink()
    if what == "a folder":
        file.mkdir()
    elif what == "large":
        file.write_text("x" * ((256 << 10) + 1))
    elif what == "not UTF-8":
        file.write_bytes(b"Caf\xe9")
    elif what == "a pipe":
        os.mkfifo(file)
    for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply, client.select):
        with pytest.raises(errors.Invalid, match='the system_file of the agent "support"') as told:
            call("Hi", agent="support")
        assert "each process of the ledger" in str(told.value.advice)
    file.rmdir() if what == "a folder" else file.unlink(missing_ok=True)
    file.write_text("Good again.")
    client.chat("Hi", agent="support")
    assert sent(sandbox)["messages"][0]["content"] == "Good again."
    assert len(list(client.entries())) == 2


class Leaving(Model):
    """A model with a last day."""

    def listing(self) -> dict[str, Any]:
        return {**super().listing(), "expiration_date": self.id.rpartition("-at-")[2]}


def test_a_model_that_is_gone_or_has_a_last_day_is_a_warning(open_client: Opens) -> None:
    endpoint = (Endpoint("Sandbox", prices("0.000001", "0.000002")),)
    models = [
        Model("a/stays", "Stays", endpoint),
        Model("a/stays-old", "Old", endpoint, listed=False),
        Leaving("a/leaves-at-2999-12-31", "Leaves", endpoint),
        Leaving("a/left-at-2020-01-31", "Left", endpoint),
    ]
    with Sandbox(models=models) as sandbox:
        client = open_client(sandbox.base_url)
        client.models()
        for name, model, warning in (
            ("stays", "a/stays", None),
            ("old", "a/stays-old", "is gone; the most similar is a/stays"),
            ("leaves", "a/leaves-at-2999-12-31", "has its last day on 2999-12-31"),
            ("left", "a/left-at-2020-01-31", "is gone"),
        ):
            client.create_agent(name, model=model)
            with client.stream("Hi", agent=name) as stream:
                told = stream.reply.warnings
            assert told == client.chat("Hi", agent=name).warnings
            begin = f'the model {model} of the agent "{name}" {warning}'
            assert len(told) == (warning is not None), told
            assert all(line.startswith(begin) for line in told), told
            assert client.chat("Hi", agent=name, model="a/stays").warnings == []
        both = [models[1].id, models[2].id]
        client.create_agent("both", route={"models": both})
        told = client.chat("Hi", agent="both").warnings
        assert [line.split()[2] for line in told] == both
        assert client.chat("Hi", model="a/stays-old").warnings == []  # no agent has named it


def test_entries_replies_and_sums_tell_the_version(
    client: wayfare.Client, sandbox: Sandbox
) -> None:
    for name in ("support", "other"):
        client.create_agent(name, system=f"{name} 1")
    profiles = {("support", 1): client.agent("support"), ("other", 1): client.agent("other")}
    calls = []
    for version in (1, 2, 3):
        for name in ("support", "other"):
            reply = client.chat("Hi", agent=name)
            assert reply.agent_version == version == reply.metadata["agent_version"]
            calls.append((name, version, reply.entry))
            if version < 3:
                edited = client.edit_agent(name, version, system=f"{name} {version + 1}")
                profiles[name, version + 1] = edited
    assert "agent_version" in client.chat("Hi").metadata
    client.chat("Hi", charge_to={"agent": "support"})
    sandbox.fault("hangup", times=1)
    with pytest.raises(wayfare.Error) as lost:
        client.chat("Hi", agent="support")
    entry = lost.value.reply.entry if lost.value.reply else None
    entry = entry or next(client.entries(newest=True)).entry
    client.settle(entry, "0.25", "the bill")
    sandbox.fault("no-cost", times=1)
    late = client.chat("Hi", agent="other")  # whose cost is looked up
    assert late.cost is None and client.reconcile().settled == 1
    told = client.explain(late.entry or "")
    assert [one.agent_version for one in told.entries] == [3, 3] and told.entries[1].correction
    sandbox.reply(Error(400, "No."))
    with pytest.raises(errors.BadRequest):
        client.chat("Hi", agent="other")
    client.archive_agent("other")

    for name, version, uid in calls:
        told = client.explain(uid or "")
        assert told.agent == profiles[name, version]
        assert [one.agent_version for one in told.entries] == [version]
    told = client.explain(entry)
    assert told.agent == profiles["support", 3] and {one.agent_version for one in told.entries} == {
        3
    }
    assert sum(one.cost or 0 for one in told.entries) == Decimal("0.25")

    rows = client.usage(by=["agent", "agent_version"])
    assert {(row.agent, row.agent_version) for row in rows} >= {
        ("support", "1"),
        ("support", "2"),
        ("support", "3"),
        ("support", ""),
        ("other", "3"),
        ("", ""),
    }
    counts = [
        name for name in rows[0]._fields if isinstance(getattr(rows[0], name), (int, Decimal))
    ]
    assert {"calls", "unknown", "prompt_tokens", "cost", "held"} <= set(counts)
    for by, key in (("agent", "agent"), ("agent_version", "agent_version"), ("day", None)):
        for row in client.usage(by=by):  # type: ignore[arg-type]
            parts = [one for one in rows if not key or getattr(one, key) == getattr(row, key)]
            for name in counts:
                assert getattr(row, name) == sum(getattr(one, name) for one in parts), (by, name)
    assert client.verify().ok and client.mend().ok
    assert client.usage(by=["agent", "agent_version"]) == rows


def test_the_hard_budget_of_an_agent_holds_and_changes_with_its_version(
    client: wayfare.Client, sandbox: Sandbox, open_client: Opens
) -> None:
    small: Any
    large: Any
    small, large = ({"limit": limit, "window": "day"} for limit in ("0.0000001", "1"))
    other = open_client(sandbox.base_url)
    client.create_agent("support", max_tokens=9, budget=small)

    def refused(one: wayfare.Client, **named: Any) -> None:
        with pytest.raises(errors.BudgetExceeded) as caught:
            one.chat("Hi", **named)
        assert caught.value.budget == "agent:support"
        with pytest.raises(errors.BudgetExceeded):
            _ = one.stream("Hi", **named).reply

    for one in (client, other):
        refused(one, agent="support")
        refused(one, charge_to={"agent": "support"}, max_tokens=9)
    with pytest.raises(errors.Conflict):
        other.edit_agent("support", 2, budget=large)  # which then changes no budget either
    refused(client, agent="support")
    other.edit_agent("support", 1, budget=large, notes="more")
    replies = [one.chat("Hi", agent="support") for one in (client, other)]
    replies.append(client.chat("Hi", charge_to={"agent": "support"}, max_tokens=9))
    spent = sum(reply.cost or 0 for reply in replies)
    assert [(one.limit, one.spent) for one in client.budgets()] == [(1, spent)]
    client.edit_agent("support", 2, budget=small)
    assert [one.spent for one in client.budgets()] == [spent]
    client.archive_agent("support")
    for one in (client, other):
        refused(one, charge_to={"agent": "support"}, max_tokens=9)
    client.edit_agent("support", 4, budget={})
    other.chat("Hi", charge_to={"agent": "support"})
    assert client.budgets() == [] and client.verify().ok
    assert len([one for one in sandbox.requests if one.method == "POST"]) == 4


LARGE: dict[str, Any] = {
    "system": {"system": "x y z " * 20_000},
    "system_file": {"system_file": "prompt.txt"},
    "tools": {
        "tools": [{"type": "function", "function": {"name": "a", "description": "w " * 9000}}]
    },
}


@pytest.mark.parametrize("part", LARGE)
def test_a_budget_holds_what_the_texts_of_the_profile_may_cost(
    client: wayfare.Client, tmp_path: Path, part: str
) -> None:
    profile = LARGE[part]
    if part == "system_file":
        (tmp_path / "prompt.txt").write_text("x y z " * 20_000)
        profile = {part: str(tmp_path / "prompt.txt")}
    budget: Any = {"limit": 5, "window": "day"}
    client.create_agent("support", model="openai/gpt-4o", max_tokens=5, budget=budget)
    bare = client.select("Hi", agent="support").ranked[0]
    client.edit_agent("support", 1, **profile)
    bound = client.select("Hi", agent="support").ranked[0].bound
    cost = client.chat("Hi", agent="support").cost
    assert bound and cost and bare.bound and bound > cost > bare.bound
    assert [(one.spent, one.excess) for one in client.budgets()] == [(cost, 0)]
    small: Any = {"limit": (cost + bound) / 2, "window": "day"}
    client.edit_agent("support", 2, budget=small)
    with pytest.raises(errors.BudgetExceeded) as caught:
        client.chat("Hi", agent="support")
    assert caught.value.needed and caught.value.needed > cost


def test_an_edit_while_a_call_tries_again_is_a_conflict(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client, editor = (open_client(sandbox.base_url, retries=2) for _ in range(2))
    client.create_agent("support", route={"models": ["openai/gpt-4o", "openai/gpt-4"]})

    def edit(_: Any) -> Any:
        version = editor.agent("support").version
        editor.edit_agent("support", version, notes=f"edit {version}")
        return Error(502, "Bad gateway.")

    for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply):
        sandbox.reply(edit)
        before = editor.agent("support").version
        with pytest.raises(errors.Conflict, match="changed while the call tried again") as caught:
            call("Hi", agent="support")
        assert caught.value.retryable and "again" in str(caught.value.advice)
        newest = next(client.entries(newest=True))
        assert (newest.agent_version, newest.error) == (before, "provider_failed")
        assert call("Hi", agent="support").agent_version == before + 1
    assert [one.agent_version for one in client.entries()] == [1, 2, 2, 3]
    sandbox.check()
