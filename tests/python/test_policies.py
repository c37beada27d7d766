"""The policies over models and their providers, against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import wayfare
import wayfare.types
from wayfare.cli import _policy
from wayfare.sandbox import Endpoint, Model, Reply, Sandbox, prices

USUAL = prices("0.000002", "0.000004")


def endpoint(name: str, **more: Any) -> Endpoint:
    return Endpoint(name, more.pop("prices", USUAL), **more)


MODELS = (
    Model(
        "m/slow",
        "M: Slow",
        (endpoint("Alpha", latency=2000, prices=prices("0.000001", "0.000001")),),
    ),
    Model(
        "m/quick",
        "M: Quick",
        (
            endpoint("Alpha", latency=900),
            endpoint("Beta", latency=300, prices=prices("0.000009", "0.000009")),
        ),
    ),
    Model("m/middle", "M: Middle", (endpoint("Beta", latency=700, quantization="fp8"),)),
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS) as running:
        yield running


def client_of(sandbox: Sandbox, folder: Path, **options: Any) -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=str(folder / "ledger.db"),
        **options,
    )


def asked(sandbox: Sandbox, path: str) -> int:
    return sum(one.path.endswith(path) for one in sandbox.requests)


def last_body(sandbox: Sandbox) -> dict[str, Any]:
    return [one.json for one in sandbox.requests if one.method == "POST"][-1]


def ranked(selection: wayfare.Selection) -> list[str]:
    return [one.model for one in selection.ranked]


def test_the_providers_of_a_model_are_listed_and_shared(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        found = client.endpoints("m/quick")
        assert [(one.provider, one.tag) for one in found.endpoints] == [
            ("Alpha", "alpha"),
            ("Beta", "beta"),
        ]
        first = found.endpoints[1]
        assert first.first_token_ms == 300 and first.throughput and first.status == 0
        assert str(first.prices.prompt) == "0.000009" and found.catalogue.source == "fetched"
        assert client.endpoints("m/quick") == found
    with client_of(sandbox, tmp_path) as other:
        again = other.endpoints("m/quick")
        assert again.endpoints == found.endpoints and again.catalogue.source == "kept"
        assert asked(sandbox, "/models/m/quick/endpoints") == 1
        with pytest.raises(wayfare.errors.NotFound):
            other.endpoints("m/unheard-of")
        for wrong in ("", "x" * 129, "../key", "m/../../key", "./m", ".."):
            with pytest.raises(wayfare.errors.Invalid):
                other.endpoints(wrong)


def test_the_fastest_policy_takes_the_fastest_provider(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        reply = client.chat("Hello", route={"policy": "fastest"})
        assert reply.model == "m/quick" and reply.provider == "Beta"
        assert last_body(sandbox)["provider"] == {"sort": "latency"}
        assert reply.added == ["model", "provider.sort"]
        told = {one.model: one.first_token_ms for one in reply.selection.ranked}
        assert told == {"m/quick": 300, "m/middle": 700, "m/slow": 2000}
        assert reply.selection.ranked[0].reason == "300 ms to the first token"
        # A provider that is too expensive makes no model fast.
        capped: Any = {"sort": "fastest", "max_price": {"completion": 5}}
        reply = client.chat("Hello", route={"policy": capped})
        assert reply.model == "m/middle"
        assert last_body(sandbox)["provider"]["sort"] == "latency"
        # The caller's own choice of a provider stays.
        client.chat("Hello", route={"policy": "fastest"}, provider={"order": ["alpha"]})
        assert last_body(sandbox)["provider"] == {"order": ["alpha"]}
        client.chat("Hello", route={"policy": {"sort": "fastest", "speed": "throughput"}})
        assert last_body(sandbox)["provider"] == {"sort": "throughput"}


def test_the_rules_of_a_body_ask_for_providers_only_where_there_is_a_choice(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    own: Any = {"only": ["alpha"]}
    routes: Any = ({}, {"max_cost": "1"}, {"policy": {"deny": ["x/*"]}})
    with client_of(sandbox, tmp_path) as client:
        for route in routes:
            client.chat("Hello", model="m/slow", provider=own, route=route)
        client.chat("Hello", provider=own, route={"models": ["m/slow", "m/quick"], "retries": 0})
        assert asked(sandbox, "/endpoints") == 0
        client.chat("Hello", provider=own, route={"policy": "cheapest"})
        assert asked(sandbox, "/endpoints") == 3


def test_other_policies_ask_for_no_provider(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        client.chat("Hello", model="m/slow")
        assert client.chat("Hello", route={"policy": "cheapest"}).model == "m/slow"
        client.chat("Hello", route={"policy": {"sort": "best", "scores": SCORES}})
    assert asked(sandbox, "/endpoints") == 0


SCORES: Any = [{"model": "m/quick", "score": 50.5}, {"model": "m/s*", "score": 70}]


def test_the_best_policy_takes_scores_of_the_caller(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox, tmp_path) as client:
        best = client.select("Hello", route={"policy": {"sort": "best", "scores": SCORES}})
        assert ranked(best) == ["m/slow", "m/quick", "m/middle"]
        assert [one.quality for one in best.ranked] == [70, 50.5, None]
        least: Any = {"sort": "cheapest", "scores": SCORES, "min_quality": 50.5}
        assert ranked(client.select("Hello", route={"policy": least})) == ["m/slow", "m/quick"]
        reply = client.chat("Hello", route={"policy": {"sort": "best", "scores": SCORES}})
        assert reply.model == "m/slow"


def test_rules_for_providers_are_sent_and_leave_out_models(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with client_of(sandbox, tmp_path) as client:

        def call(**rules: Any) -> wayfare.Reply:
            policy: Any = {"sort": "cheapest", "providers": rules}
            return client.chat("Hello", route={"policy": policy})

        reply = call(only=["beta"])
        assert (reply.model, reply.provider) == ("m/middle", "Beta")
        assert last_body(sandbox)["provider"] == {"only": ["beta"]}
        assert reply.added == ["model", "provider.only"]
        assert {one.model: one.reason for one in reply.selection.out} == {
            "m/slow": "no provider of it passes the rules of the request, or has room for it"
        }
        reply = call(only=["b*"], quantizations=["fp8"])
        assert last_body(sandbox)["provider"] == {"only": ["beta"], "quantizations": ["fp8"]}
        reply = call(ignore=["b*"], data_collection="allow")
        assert last_body(sandbox)["provider"] == {"data_collection": "allow"}  # it has no b*
        assert (reply.model, reply.provider) == ("m/slow", "Alpha")
        rules: Any = {"ignore": ["b*", "gamma"]}
        reply = client.chat("Hello", model="m/quick", route={"policy": {"providers": rules}})
        assert last_body(sandbox)["provider"] == {"ignore": ["beta", "gamma"]}
        assert reply.provider == "Alpha"
        with pytest.raises(wayfare.errors.NoModel, match="no provider of it passes"):
            call(only=["gamma"])
        own: Any = {"only": ["alpha"]}
        with pytest.raises(wayfare.errors.Invalid, match=r"the body's provider has only"):
            client.chat("Hello", provider=own, route={"policy": {"providers": {"only": ["beta"]}}})
        # What the body says itself leaves out models, too.
        chosen = client.select("Hello", provider=own, route={"policy": "cheapest"})
        assert ranked(chosen) == ["m/slow", "m/quick"]


def test_zero_data_retention_is_judged_by_its_list(tmp_path: Path) -> None:
    models = (
        Model("m/keeps", "K", (endpoint("Alpha", keeps=True),)),
        Model("m/not", "N", (endpoint("Beta", keeps=False),)),
    )
    with Sandbox(models=models) as sandbox, client_of(sandbox, tmp_path) as client:
        rules: Any = {"sort": "cheapest", "providers": {"zdr": True}}
        reply = client.chat("Hello", route={"policy": rules})
        assert reply.model == "m/not" and last_body(sandbox)["provider"] == {"zdr": True}
        assert [one.model for one in reply.selection.out] == ["m/keeps"]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"sort": "cheapest", "speed": "throughput"}, "speed is given without the sort fastest"),
        ({"scores": [{"model": "m/slow"}]}, "score is missing"),
        ({"scores": [{"model": "", "score": 1}]}, "empty model"),
        ({"min_quality": float("nan")}, "finite"),
        ({"min_quality": "high"}, "min_quality is not a number"),
        ({"providers": {"only": [""]}}, "empty slug"),
        ({"providers": {"only": ["p"] * 33}}, "more than 32"),
        ({"providers": {"zdr": "yes"}}, "zdr"),
        ({"providers": {"regions": ["eu"]}}, "regions"),
        ({"degrade": 0}, "degrade.at is not 1 to 100"),
        ({"degrade": {"models": ["m/slow"]}}, r"without route\.policy\.degrade\.at"),
        ({"quality": "charm"}, "use intelligence, coding or agentic"),
    ],
)
def test_a_policy_that_cannot_be_honoured_is_refused(
    sandbox: Sandbox, tmp_path: Path, policy: Any, told: str
) -> None:
    with client_of(sandbox, tmp_path) as client:
        with pytest.raises(wayfare.errors.Invalid) as refused:
            client.chat("Hello", route={"policy": policy})
        assert told.replace("\\", "") in f"{refused.value} {refused.value.advice}"
    assert sandbox.requests == []


def test_another_server_has_no_providers(sandbox: Sandbox, tmp_path: Path) -> None:
    options: Any = {"base_url": sandbox.base_url, "dialect": "openai", "ledger": ":memory:"}
    rules: Any = {"providers": {"only": ["alpha"]}}
    with wayfare.Client(api_key=sandbox.api_key, **options) as client:
        with pytest.raises(wayfare.errors.Unsupported, match="needs OpenRouter"):
            client.chat("Hello", route={"policy": rules})
        with pytest.raises(wayfare.errors.Unsupported):
            client.endpoints("m/slow")


def test_fixed_takes_one_model_and_no_other(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reply(503, model="m/slow", times=None)
    route: Any = {"models": ["m/slow", "m/quick"], "policy": "fixed", "retries": 0}
    with client_of(sandbox, tmp_path) as client:
        with pytest.raises(wayfare.Error) as failed:
            client.chat("Hello", route=route)
        assert failed.value.status == 503
        assert [one.json["model"] for one in sandbox.requests if one.method == "POST"] == ["m/slow"]
        with pytest.raises(wayfare.errors.Invalid, match="fixed"):
            client.chat("Hello", models=["m/slow", "m/quick"], route={"policy": "fixed"})


def test_an_agent_carries_a_policy(sandbox: Sandbox, tmp_path: Path) -> None:
    policy: Any = {
        "sort": "best",
        "scores": SCORES,
        "min_quality": 1,
        "providers": {"only": ["alpha"], "zdr": False},
    }
    with client_of(sandbox, tmp_path) as client:
        client.create_agent("support", route={"policy": policy})
        reply = client.chat("Hello", agent="support")
        assert reply.model == "m/slow"
        assert last_body(sandbox)["provider"] == {"only": ["alpha"], "zdr": False}
        exported = json.loads(json.dumps(client.export_agents()))
        kept = exported[0]["route"]["policy"]
        assert kept["scores"] == SCORES and kept["min_quality"] == 1
        assert kept["providers"]["only"] == ["alpha"] and kept["providers"]["zdr"] is False
        # A call that names its model goes before the agent's choice, and keeps its rules.
        reply = client.chat("Hello", agent="support", model="m/quick")
        assert (reply.model, reply.provider) == ("m/quick", "Alpha")


def test_the_command_line_has_the_values_of_the_library() -> None:
    assert get_args(wayfare.types.Sort) == _policy.SORTS
    assert get_args(wayfare.types.Speed) == _policy.SPEEDS
    assert get_args(wayfare.types.Quality) == _policy.QUALITIES


def test_the_fastest_model_is_the_one_that_the_ledger_has_seen_to_be(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Also for a server that tells no speeds, and after a restart."""
    options: Any = {"dialect": "openai", "ledger": str(tmp_path / "ledger.db"), "retries": 0}
    named: Any = {"models": ["m/slow", "m/quick"], "policy": "fastest"}
    with wayfare.Client(base_url=sandbox.base_url, api_key=sandbox.api_key, **options) as client:
        assert client.performance() == []
        for _ in range(10):
            sandbox.reply(Reply(["one ", "two"], wait=0.05), model="m/slow")
            for model in ("m/slow", "m/quick"):
                with client.stream("Hello", model=model) as stream:
                    list(stream)
        rows = {row.model: row for row in client.performance()}
        assert rows["m/slow"].answers == rows["m/quick"].answers == 10
        slow, quick = rows["m/slow"].first_token_ms, rows["m/quick"].first_token_ms
        assert slow is not None and quick is not None and slow >= 50 > quick
        assert rows["m/slow"].failed == 0 and client.performance(model="m/none") == []
    with wayfare.Client(base_url=sandbox.base_url, api_key=sandbox.api_key, **options) as client:
        selection = client.select("Hello", route=named)
        assert ranked(selection) == ["m/quick", "m/slow"]
        assert selection.ranked[0].first_token_ms == quick
        assert client.chat("Hello", route=named).model == "m/quick"
        assert "provider" not in last_body(sandbox)
        sandbox.reply(503, model="m/slow")
        with pytest.raises(wayfare.Error):
            client.chat("Hello", model="m/slow")
        assert {row.model: row.failed for row in client.performance()}["m/slow"] == 1
        with pytest.raises(wayfare.errors.Invalid):
            client.performance(hours=0)
