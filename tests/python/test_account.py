"""What the server tells about a key and its models, and the well-known models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]
DATA = {
    "label": "sk-or-v1-abc...xyz",
    "limit": 10,
    "limit_remaining": 9.75,
    "limit_reset": "daily",
    "usage": 0.25,
    "is_free_tier": False,
    "expires_at": "2027-01-01T00:00:00Z",
}


def answers(connection: Any, by_path: dict[str, tuple[int, bytes]], seen: list[Any]) -> None:
    while True:
        line = connection.file.readline().decode()
        if not line:
            return
        headers = {}
        while (header := connection.file.readline().strip()) != b"":
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        path = line.split()[1]
        seen.append((path, headers.get("authorization")))
        status, body = by_path.get(path, (404, b"{}"))
        connection.reply(body, status)


@pytest.fixture
def server(raw_server: Any) -> Callable[..., tuple[str, list[Any]]]:
    def start(**paths: tuple[int, Any]) -> tuple[str, list[Any]]:
        seen: list[Any] = []
        by_path = {
            "/api/v1/" + path.replace("__", "/"): (status, json.dumps(body).encode())
            for path, (status, body) in paths.items()
        }
        return raw_server(lambda one: answers(one, by_path, seen)).base_url, seen

    return start


def test_a_key_tells_its_limits_and_the_account_its_credits(
    server: Any, open_client: Opens, wire: Any
) -> None:
    base_url, seen = server(
        key=(200, {"data": DATA}),
        credits=(200, {"data": {"total_credits": 100, "total_usage": 12.5}}),
    )
    info = open_client(base_url).key_info()
    assert (info.limit, info.limit_remaining, info.limit_reset) == (10, Decimal("9.75"), "daily")
    assert (info.usage, info.is_free_tier, info.is_management_key) == (Decimal("0.25"), False, None)
    assert info.expires_at and info.expires_at.year == 2027
    assert (info.credits_bought, info.credits_used) == (100, Decimal("12.5"))
    assert seen == [(f"/api/v1/{path}", f"Bearer {wire.key}") for path in ("key", "credits")]


def test_credits_that_the_key_may_not_see_are_unknown(server: Any, open_client: Opens) -> None:
    refusal = {"error": {"code": 403, "message": "Only management keys can perform this operation"}}
    base_url, _ = server(key=(200, {"data": DATA}), credits=(403, refusal))
    info = open_client(base_url).key_info()
    assert info.credits_bought is None and info.credits_used is None
    assert info.usage == Decimal("0.25")


def test_a_wrong_key_is_told_with_its_place(server: Any, open_client: Opens) -> None:
    base_url, _ = server(key=(401, {"error": {"code": 401, "message": "User not found."}}))
    with pytest.raises(wayfare.errors.Unauthorized, match="the option api_key"):
        open_client(base_url).key_info()


def test_other_answers_and_no_answer_are_errors(server: Any, open_client: Opens) -> None:
    base_url, _ = server(key=(200, ["no key"]))
    with pytest.raises(wayfare.errors.Malformed, match="no description of a key"):
        open_client(base_url).key_info()
    with pytest.raises(wayfare.errors.Connect):
        open_client("http://127.0.0.1:1/api/v1").key_info()
    with pytest.raises(wayfare.errors.Unsupported):
        open_client(base_url, dialect="openai").key_info()
    with pytest.raises(wayfare.errors.Invalid):
        open_client(base_url).key_info("other")


def test_a_named_key_is_asked_about(server: Any, open_client: Opens, wire: Any) -> None:
    base_url, seen = server(key=(200, {"data": DATA}))
    other = wire.key[:-4] + "0000"
    open_client(base_url, keys={"batch": other}).key_info("batch")
    assert seen[0] == ("/api/v1/key", f"Bearer {other}")


def test_the_models_of_a_key_are_asked_for_each_time(
    server: Any, open_client: Opens, wire: Any
) -> None:
    base_url, seen = server(
        models__user=(200, {"data": [{"id": "a/mine"}]}),
        models=(200, {"data": [{"id": "a/mine"}, {"id": "b/other"}]}),
    )
    client = open_client(base_url)
    for _ in range(2):
        found = client.models(of_key=True)
        assert [model.id for model in found] == ["a/mine"]
        assert found.catalogue.source == "fetched"
    assert seen == [("/api/v1/models/user", f"Bearer {wire.key}")] * 2
    assert [model.id for model in client.models()] == ["a/mine", "b/other"]
    with pytest.raises(wayfare.errors.Invalid, match="without of_key"):
        client.models(key="x")


def test_errors_of_the_models_of_a_key(server: Any, open_client: Opens) -> None:
    base_url, _ = server(models__user=(403, {"error": {"code": 403, "message": "no"}}))
    with pytest.raises(wayfare.errors.Forbidden):
        open_client(base_url).models(of_key=True)
    base_url, _ = server(models__user=(200, {"data": []}))
    with pytest.raises(wayfare.errors.Malformed):
        open_client(base_url).models(of_key=True)


def test_the_well_known_models_have_prices_and_successors(server: Any, open_client: Opens) -> None:
    listed = [
        {
            "id": "openai/gpt-4o-mini",
            "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
        },
        {"id": "openai/gpt-4.1", "pricing": {"prompt": "0.000002", "completion": "0.000008"}},
        {"id": "anthropic/claude-3.5-haiku"},
    ]
    base_url, _ = server(models=(200, {"data": listed}))
    models = open_client(base_url).default_models()
    assert [one.id for one in models] == [
        "openai/gpt-4o-mini",
        "openai/gpt-4",
        "openai/gpt-3.5-turbo",
        "anthropic/claude-3-haiku",
        "anthropic/claude-3-sonnet",
    ]
    assert (models[0].gone, str(models[0].prompt)) == (False, "0.00000015")
    assert (models[1].gone, models[1].instead) == (True, "openai/gpt-4.1")
    assert (models[3].gone, models[3].instead) == (True, "anthropic/claude-3.5-haiku")


def test_the_stand_in_knows_all_of_it(tmp_path: Path) -> None:
    with Sandbox() as sandbox:

        async def main() -> None:
            async with wayfare.AsyncClient(
                base_url=sandbox.base_url,
                api_key="sk-or-v1-sandbox",
                dialect="openrouter",
                ledger=tmp_path / "ledger.db",
            ) as client:
                assert (await client.key_info()).credits_bought == 100
                assert len(await client.models(of_key=True)) == len(await client.models())
                assert len(await client.default_models()) == 5

        asyncio.run(main())
