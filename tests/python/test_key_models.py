"""A policy over all models leaves out those that the key may not call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wayfare
from model_lists import LIST, Lists
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]
MINE = ("openai/gpt-4o", "openai/gpt-4")
CHEAPEST: wayfare.types.Route = {"policy": "cheapest"}


def lists_of(sandbox: Sandbox) -> int:
    """How often the models of a key were asked for."""
    return sum(one.path.endswith("/models/user") for one in sandbox.requests)


@pytest.fixture
def limited() -> Any:
    with Sandbox(key_models=MINE) as sandbox:
        yield sandbox


def test_a_policy_takes_a_model_that_the_key_may_call(
    limited: Sandbox, open_client: Opens, cache: Path
) -> None:
    client = open_client(limited.base_url)
    selection = client.select("Hi", route=CHEAPEST)
    assert [one.model for one in selection.ranked] == ["openai/gpt-4o", "openai/gpt-4"]
    reasons = {one.model: one.reason for one in selection.out}
    assert reasons["openai/gpt-4o-mini"] == "the key may not call it"
    for _ in range(2):
        assert client.chat("Hi", route=CHEAPEST).attempts[0].model == "openai/gpt-4o"
    assert lists_of(limited) == 1
    again = open_client(limited.base_url)  # as another process: by the file
    assert again.chat("Hi", route=CHEAPEST).model == "openai/gpt-4o"
    assert lists_of(limited) == 1
    for file in cache.rglob("*"):  # the key stands in no file and in no name
        assert limited.api_key not in file.name
        assert file.is_dir() or limited.api_key.encode() not in file.read_bytes()


def test_each_key_has_its_own_list(limited: Sandbox, open_client: Opens) -> None:
    client = open_client(limited.base_url, keys={"other": limited.api_key + "-2"})
    for _ in range(2):
        client.select("Hi", route=CHEAPEST)
        assert lists_of(limited) == 1
    for _ in range(2):
        client.select("Hi", route={"policy": "cheapest", "key": "other"})
        assert lists_of(limited) == 2


def test_models_that_a_route_names_need_no_list(limited: Sandbox, open_client: Opens) -> None:
    client = open_client(limited.base_url)
    route: wayfare.types.Route = {"policy": "cheapest", "models": ["openai/gpt-4o-mini", *MINE]}
    assert client.select("Hi", route=route).ranked[0].model == "openai/gpt-4o-mini"
    client.chat("Hi", model="openai/gpt-4o")
    assert lists_of(limited) == 0


def test_a_list_that_cannot_be_had_narrows_nothing(server_without: str, open_client: Opens) -> None:
    client = open_client(server_without)
    assert client.chat("Hi", route=CHEAPEST).attempts[0].model == "b/cheap"


@pytest.fixture
def server_without(raw_server: Any, wire: Any) -> Any:
    """A server with a models list that answers 403 for those of a key."""
    return Lists(raw_server, wire, LIST, 403).base_url


def test_another_server_is_not_asked(open_client: Opens) -> None:
    with Sandbox(key_models=MINE) as sandbox:
        client = open_client(sandbox.base_url, dialect="openai")
        client.select("Hi", route=CHEAPEST)
        assert lists_of(sandbox) == 0
