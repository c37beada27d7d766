"""A block and a hard budget of a model hold for its name in every spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import wayfare
from model_lists import Lists

Opens = Callable[..., wayfare.Client]
SPELLINGS = ["a/dear", "A/Dear", "A/DEAR", " a/dear", "a/dear ", "\ta/Dear", "A/DEAR:FLOOR"]


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_block_and_a_budget_are_not_passed_by_another_spelling(
    raw_server: Any, wire: Any, open_client: Opens, name: str
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.block(model="a/dear")
    with pytest.raises(wayfare.errors.Blocked):
        client.chat("hi", model=name, max_tokens=5)
    client.unblock(model="a/dear")
    client.budget("dear", limit="0", window="day", model="a/dear")
    with pytest.raises(wayfare.Error) as refused:
        client.chat("hi", model=name, max_tokens=5)
    assert refused.value.code in ("budget_exceeded", "no_bound")
    assert server.bodies == []
    client.budget("dear", delete=True)
    client.budget("each", limit=1, window="day", model="*", assume="0.1")
    client.chat("hi", model=name, max_tokens=5)
    [budget] = client.budgets()
    assert budget.value == "a/dear"


def test_other_names_are_other_models(raw_server: Any, wire: Any, open_client: Opens) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.block(model="a/dear")
    for name in ("b/cheap", "a/dea", "a/dear-2", "a dear"):
        client.chat("hi", model=name, max_tokens=5)
    assert [body["model"] for body in server.bodies] == ["b/cheap", "a/dea", "a/dear-2", "a dear"]
