"""The share of cached tokens and what hops cost, from the sandbox's caches."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare.sandbox import Endpoint, Model, PromptCache, Sandbox, prices

Opens = Callable[..., wayfare.Client]
USUAL = prices("0.000002", "0.000004", input_cache_read="0.0000002")
MODELS = (
    Model(
        "m/one",
        "M: One",
        (
            Endpoint("Alpha", USUAL, cache=PromptCache()),
            Endpoint("Beta", USUAL, cache=PromptCache()),
        ),
    ),
)
PROMPT = "All the words of a long prompt that is the same in each turn. " * 200


def turn(client: wayfare.Client, provider: str, run: str = "r", agent: str = "") -> wayfare.Reply:
    charge_to: wayfare.types.ChargeTo = {"run": run}
    if agent:
        charge_to["agent"] = agent
    only = {"only": [provider]}
    return client.chat(PROMPT, model="m/one", provider=only, charge_to=charge_to)


def test_hops_cost_what_they_read_anew(open_client: Opens) -> None:
    with Sandbox(models=MODELS) as sandbox, open_client(sandbox.base_url) as client:
        cold = turn(client, "alpha")
        warm = turn(client, "alpha", agent="a")
        cached = warm.usage.cached_tokens
        assert not cold.usage.cached_tokens and cached is not None and cached > 1024
        hop = turn(client, "beta", agent="b")
        assert not hop.usage.cached_tokens
        back = turn(client, "alpha", agent="a")  # its cache is warm, and Beta told of none
        assert back.usage.cached_tokens == cached
        turn(client, "beta", run="s")
        told = client.caching()
        total = told.total
        prompt = hop.usage.prompt_tokens
        assert prompt is not None
        read = 3 * cached
        assert (total.calls, total.prompt_tokens) == (5, 5 * prompt)
        assert total.cached_tokens == read and total.cached_share == read / (5 * prompt)
        assert (total.hops, total.cold_hops, total.lost_tokens) == (2, 1, cached)
        assert total.hop_cost == cached * Decimal("0.0000018") and total.unpriced == 0
        assert told.catalogue is not None and told.catalogue.source == "fetched"
        (row,) = told.rows
        assert row.model is None and row.hops == 2
        by = {row.agent: row for row in client.caching("agent").rows}
        assert {name: row.cold_hops for name, row in by.items()} == {"": 0, "a": 0, "b": 1}
        assert [row.calls for row in client.caching(["run", "provider"]).rows] == [3, 1, 1]
        assert client.caching(run="s").total.calls == client.caching(agent="b").total.calls == 1
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        assert client.caching(since=later).rows == []
        with pytest.raises(wayfare.errors.Invalid, match="tag"):
            client.caching("tag")


def test_a_ledger_that_is_not_there_has_no_calls(open_client: Opens, tmp_path: Path) -> None:
    with Sandbox(models=MODELS) as sandbox, open_client(sandbox.base_url) as client:
        assert client.caching().rows == []
        assert client.caching().total.cached_share is None


def test_it_works_in_a_loop(open_client: Opens, tmp_path: Path) -> None:
    async def report(base_url: str) -> Any:
        async with wayfare.AsyncClient(
            api_key="sk-or-v1-x",
            base_url=base_url,
            dialect="openrouter",
            ledger=tmp_path / "ledger.db",
        ) as client:
            return await client.caching(by="run")

    with Sandbox(models=MODELS) as sandbox:
        with open_client(sandbox.base_url) as client:
            turn(client, "alpha")
        assert [row.run for row in asyncio.run(report(sandbox.base_url)).rows] == ["r"]


def test_the_command_tells_it(open_client: Opens, tmp_path: Path) -> None:
    with Sandbox(models=MODELS) as sandbox:

        def run(*words: str) -> tuple[int, str]:
            variables = {
                "OPENROUTER_BASE_URL": sandbox.base_url,
                "WAYFARE_DIALECT": "openrouter",
                "OPENROUTER_API_KEY": "sk-or-v1-x",
            }
            done = cli.run("caching", *words, "--ledger", "ledger.db", folder=tmp_path, **variables)
            return done.returncode, done.stdout

        with open_client(sandbox.base_url) as client:
            for provider in ("alpha", "alpha", "beta"):
                turn(client, provider)
        code, shown = run("--by", "provider")
        assert code == 0 and "Alpha" in shown and "Beta" in shown
        assert shown.splitlines()[-1].startswith("3 calls, ")
        assert "of the prompt tokens cached, 1 hop for about 0.00" in shown
        assert run("--by", "tag")[0] == 2
        assert run("--run", "other") == (0, "there are no calls\n")
