"""What past calls would have cost: with other models, by other prices, and in the command."""

from __future__ import annotations

import asyncio
import datetime
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from model_lists import model
from wayfare.sandbox import Endpoint, Model, Reply, Sandbox
from wayfare.sandbox.catalogue import PromptCache

CACHED = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
}
MODELS = [
    Model("a/one", "One", (Endpoint("Anthropic", CACHED, cache=PromptCache(least=1)),)),
    # prices that are no whole picodollars
    Model("b/two", "Two", (Endpoint("OpenAI", {"prompt": "2.08333e-8", "completion": "1.7e-13"}),)),
    Model("c/three", "Three", (Endpoint("Mistral", {"prompt": "0.000001", "completion": "0"}),)),
]


def sandbox_of() -> Sandbox:
    return Sandbox(models=MODELS)


def client_of(sandbox: Sandbox, ledger: Path | str = ":memory:") -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=str(ledger),
    )


def fill(sandbox: Sandbox, client: wayfare.Client, calls: int, seed: int = 1) -> None:
    """Makes calls with drawn tokens, some of them cached."""
    chance = random.Random(seed)
    for _ in range(calls):
        prompt, one = chance.randrange(1, 5000), chance.choice(MODELS).id
        sandbox.reply(
            Reply(
                "Hm.",
                prompt_tokens=prompt,
                completion_tokens=chance.randrange(3000),
                cached_tokens=chance.choice([0, prompt // 2, prompt]) if one == "a/one" else None,
            )
        )
        client.chat(
            "Hi " * chance.randrange(1, 50),
            model=one,
            charge_to={"agent": chance.choice(["x", "y"]), "user": chance.choice(["u", "v"])},
        )


def test_the_same_models_at_the_same_prices_cost_the_same_to_the_picodollar() -> None:
    with sandbox_of() as sandbox, client_of(sandbox) as client:
        fill(sandbox, client, 60)
        told = client.replay()
        used = {(row.model, row.agent): row for row in client.usage(by=["model", "agent"])}
        assert len(told.rows) == len(used) == 6
        for row in told.rows:
            same = used[row.model, row.agent]
            assert row.calls == row.priced == same.calls
            assert row.cost == row.priced_cost == row.replayed_cost == same.cost
            assert row.exact and row.replayed_model == row.model
        assert told.total.replayed_cost == sum(entry.cost or 0 for entry in client.entries())
        assert told.total.exact and told.total.calls == 60
        assert told.catalogue is not None and told.catalogue.source == "fetched"


def test_it_equals_what_the_library_computed_for_a_server_that_tells_no_cost(
    tmp_path: Path,
) -> None:
    with sandbox_of() as sandbox:
        sandbox.fault("no-cost", times=None)
        with wayfare.Client(
            base_url=sandbox.base_url,
            api_key=sandbox.api_key,
            dialect="openai",
            ledger=":memory:",
        ) as client:
            for text in ("Hi", "Hello there", "And again"):
                reply = client.chat(text, model="a/one", route={"max_cost": "1"})
                assert reply.cost_source == "computed"
            told = client.replay()
            assert told.total.replayed_cost == told.total.cost > 0 and told.total.exact


def test_another_model_is_an_estimate() -> None:
    with sandbox_of() as sandbox, client_of(sandbox) as client:
        sandbox.reply(Reply("Hm.", prompt_tokens=1000, completion_tokens=100, cached_tokens=400))
        client.chat("Hi", model="a/one")
        told = client.replay(model="c/three", by="model")
        (row,) = told.rows
        assert (row.model, row.replayed_model, row.agent) == ("a/one", "c/three", None)
        assert row.replayed_cost == Decimal("0.001") and not row.exact  # no price of a cache
        assert row.cost == Decimal("0.00342")
        mapped = client.replay(models={"a/one": "c/three"}, by=["user"])
        assert mapped.total.replayed_cost == Decimal("0.001")
        cheapest = client.replay(policy={"sort": "cheapest", "deny": ["b/*"]})
        assert cheapest.total.replayed_model == "a/one"  # c/three has no price of its answers
        assert client.replay(policy="cheapest").total.replayed_model == "b/two"


def test_the_prices_of_a_file_need_no_network(tmp_path: Path) -> None:
    ledger, prices = tmp_path / "l.db", tmp_path / "prices.json"
    with sandbox_of() as sandbox, client_of(sandbox, ledger) as client:
        sandbox.reply(Reply("Hm.", prompt_tokens=1000, completion_tokens=100))
        client.chat("Hi", model="c/three")
    prices.write_text(json.dumps({"data": [model("c/three", "0.000002", "0.00001")]}))
    with wayfare.Client(base_url="http://127.0.0.1:9", ledger=str(ledger)) as client:
        told = client.replay(models_list=prices)
        assert told.total.replayed_cost == Decimal("0.003") and told.total.exact
        assert told.catalogue is None
        assert client.replay(models_list=str(prices).encode()).total == told.total


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no file"),
        ("", "is not JSON"),
        ("{}", 'no "data"'),
        ('{"data": []}', "is empty"),
    ],
)
def test_a_file_that_is_no_models_list_is_refused(
    tmp_path: Path, text: str | None, words: str
) -> None:
    path = tmp_path / "prices.json"
    if text is not None:
        path.write_text(text)
    with wayfare.Client(base_url="http://127.0.0.1:9", ledger=":memory:") as client:
        with pytest.raises(wayfare.errors.Invalid, match=words):
            client.replay(models_list=path)
        if text is None:
            with pytest.raises(wayfare.errors.Invalid, match="there is no file"):
                client.replay(models_list=tmp_path)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"model": "a/one", "policy": "cheapest"}, "more than one"),
        ({"policy": "ordered"}, "sort cheapest"),
        ({"policy": {"sort": "cheapest", "allow": [""]}}, "empty pattern"),
        ({"by": "tag"}, "tag"),
        ({"by": ["model", "model"]}, "twice"),
        ({"by": "colour"}, "by"),
        ({"model": "a/on"}, "the nearest is a/one"),
        ({"models": {"a/one": "x/y"}}, "x/y"),
        ({"app": ""}, "app"),
        ({"of_model": None}, "of_model"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_honoured_is_refused(query: dict[str, Any], words: str) -> None:
    refused = pytest.raises(wayfare.errors.Invalid, match=words)
    with sandbox_of() as sandbox, client_of(sandbox) as client, refused:
        client.replay(**query)


def test_a_period_and_filters() -> None:
    with sandbox_of() as sandbox, client_of(sandbox) as client:
        fill(sandbox, client, 12)
        now = datetime.datetime.now(datetime.timezone.utc)
        assert client.replay(now + datetime.timedelta(days=1)).total.calls == 0
        assert client.replay(until="2020-01-01").rows == []
        hour = datetime.timedelta(hours=1)
        assert client.replay(now - hour, now + hour).total.calls == 12
        of_x = client.replay(agent="x")
        assert 0 < of_x.total.calls < 12 and {row.agent for row in of_x.rows} == {"x"}
        assert {row.model for row in client.replay(of_model="a/one").rows} == {"a/one"}
        by_day = client.replay(by=["day", "user"]).rows
        assert sum(row.calls for row in by_day) == 12 and all(row.day for row in by_day)


def test_own_keys_and_unknown_tokens_are_counted_and_not_priced(tmp_path: Path) -> None:
    own = Model("o/own", "Own", (Endpoint("OpenAI", CACHED, own_key=True),))
    with Sandbox(models=[*MODELS, own]) as sandbox, client_of(sandbox) as client:
        client.chat("Hi", model="o/own")
        sandbox.reply("Hm.")
        client.chat("Hi", model="a/one")
        row = client.replay(by=[]).rows[0]
        assert (row.calls, row.priced, row.byok) == (2, 1, 1)


def test_with_asyncio() -> None:
    async def main(sandbox: Sandbox) -> None:
        async with wayfare.AsyncClient(
            base_url=sandbox.base_url,
            api_key=sandbox.api_key,
            dialect="openrouter",
            ledger=":memory:",
        ) as client:
            await client.chat("Hi", model="a/one")
            told = await client.replay(model="c/three")
            assert told.total.calls == 1 and told.total.replayed_model == "c/three"

    with sandbox_of() as sandbox:
        asyncio.run(main(sandbox))


def test_a_ledger_that_is_not_there_has_no_calls(tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"data": [model("c/three", "0.000002", "0.00001")]}))
    ledger = tmp_path / "none.db"
    with wayfare.Client(base_url="http://127.0.0.1:9", ledger=str(ledger)) as client:
        assert client.replay(models_list=prices).rows == []
    assert not ledger.exists()


def test_the_command(tmp_path: Path) -> None:
    with sandbox_of() as sandbox:
        ledger = str(tmp_path / "l.db")
        variables: Any = {
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "WAYFARE_DIALECT": "openrouter",
            "WAYFARE_LEDGER": ledger,
            "XDG_CACHE_HOME": str(tmp_path),
        }
        with client_of(sandbox, ledger) as client:
            answer = Reply("Hm.", prompt_tokens=1000, completion_tokens=100, cached_tokens=0)
            sandbox.reply(answer)
            client.chat("Hi", model="a/one", charge_to={"agent": "support"})
        done = cli.run("replay", "--model", "c/three", "--since", "7d", **variables)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0].split() == [
            "model", "agent", "priced", "as", "calls", "priced", "cost", "USD", "replayed", "USD",
        ]  # fmt: skip
        assert lines[1].split() == [
            "a/one", "support", "c/three", "1", "1", "0.0045", "0.001", "estimate",
        ]  # fmt: skip
        assert lines[-1] == "1 of 1 call priced: 0.0045 USD, replayed 0.001 USD (estimate)"
        code, told = cli.told("replay", "--map", "a/one=c/three", "--by", "model", **variables)
        assert code == 0 and told["rows"][0]["replayed_cost"] == "0.001"
        code, told = cli.told("replay", "--cheapest", "--deny", "b/*", **variables)
        assert code == 0 and told["total"]["replayed_model"] == "a/one"
        for words in (
            "--by tag", "--map a/one", "--map a=b --map a=c", "--deny b/*", "--model x --cheapest",
        ):  # fmt: skip
            assert cli.run("replay", *words.split(), **variables).returncode == 2
