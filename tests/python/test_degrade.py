"""Near the end of a budget a policy steps down to cheaper models, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Endpoint, Model, Reply, Sandbox, prices

DEAR = Model("m/dear", "Dear", (Endpoint("Alpha", prices("0.00001", "0.00001")),))
USUAL = Model("m/usual", "Usual", (Endpoint("Alpha", prices("0.000005", "0.000005")),))
CHEAP = Model("m/cheap", "Cheap", (Endpoint("Alpha", prices("0.000001", "0.000001")),))
DEGRADE: Any = {"degrade": {"at": 50, "models": ["m/usual", "m/cheap"]}}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=(DEAR, USUAL, CHEAP)) as running:
        yield running


def client_of(sandbox: Sandbox, folder: Path) -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=str(folder / "ledger.db"),
        route={"model": "m/dear", "policy": DEGRADE},
    )


def call(client: wayfare.Client, **more: Any) -> wayfare.Reply:
    return client.chat("Hello", max_tokens=10, charge_to={"agent": "a"}, **more)


def spend(client: wayfare.Client, share: int) -> None:
    """Makes a budget of which one call has spent `share` percent."""
    cost = call(client).cost
    assert cost is not None
    client.budget("team", limit=cost * 100 / share, window="lifetime", mode="soft", agent="a")


def test_a_call_steps_down_from_the_stated_share_on(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client, client_of(sandbox, tmp_path) as other:
        spend(client, 49)
        reply = call(client)  # less is spent than half
        assert reply.model == "m/dear" and reply.warnings == []
        for one in (client, other):  # every process of the ledger sees the same budget
            reply = call(one)
            assert reply.model == "m/cheap"
            assert [told.model for told in reply.selection.ranked] == ["m/cheap", "m/usual"]
            assert len(reply.attempts) == 1
            (warning,) = [told for told in reply.warnings if "cheapest" in told]
            assert warning.startswith("the budget team of $")
            assert warning.endswith("so that the call took the cheapest model")
        client.override("team", amount="1", until="2999-01-01")
        assert call(client).model == "m/dear"
        assert client.chat("Hello", charge_to={"agent": "b"}).model == "m/dear"
    assert [one.json["model"] for one in sandbox.requests if one.method == "POST"] == [
        "m/dear",
        "m/dear",
        "m/cheap",
        "m/cheap",
        "m/dear",
        "m/dear",
    ]


def test_what_open_calls_hold_counts(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        client.budget("team", limit="0.01", window="lifetime", agent="a")
        sandbox.reply(Reply("late", wait=60))
        with client.stream("Hello", max_tokens=500, charge_to={"agent": "a"}):
            while not client.budgets()[0].reserved:
                pass
            assert call(client).model == "m/cheap"


def test_a_hard_budget_lets_the_cheaper_model_pass(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        spend(client, 10)
        client.budget("team", mode="hard")
        with pytest.raises(wayfare.errors.BudgetExceeded):
            call(client, route={"model": "m/dear", "policy": {"degrade": 100}})
        step: Any = {"degrade": {"at": 10, "models": ["m/usual", "m/cheap"]}}
        assert call(client, route={"model": "m/dear", "policy": step}).model == "m/cheap"


def test_without_models_of_its_own_the_step_is_to_the_cheapest_of_the_same(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    route: Any = {"models": ["m/dear", "m/usual"], "policy": {"degrade": 50}}
    with client_of(sandbox, tmp_path) as client:
        spend(client, 60)
        assert call(client, route=route).model == "m/usual"
        only: Any = {"model": "m/dear", "policy": {"degrade": {"at": 50, "models": ["m/gone"]}}}
        reply = call(client, route={**only, "policy": {**only["policy"], "deny": ["m/gone"]}})
        assert reply.model == "m/dear"
        assert any("no other can serve" in told for told in reply.warnings)


def test_a_model_that_the_body_names_stays(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        spend(client, 60)
        reply = call(client, model="m/dear")
        assert reply.model == "m/dear"
        assert any("kept its model: the body names it" in told for told in reply.warnings)


def test_a_fallback_steps_down_no_further(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reply(503, model="m/cheap", times=None)
    with client_of(sandbox, tmp_path) as client:
        spend(client, 60)
        reply = call(client)
        assert [one.model for one in reply.attempts] == ["m/cheap", "m/usual"]
        assert sum("cheapest" in told for told in reply.warnings) == 1
