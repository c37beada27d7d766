"""Where the sandbox sends a request, what it keeps of prompts, and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox_client import Got, ask, fetch
from wayfare.sandbox import Endpoint, Model, Sandbox, prices

LLAMA = "meta-llama/llama-3.3-70b-instruct"
CHEAP_FIRST = ["DeepInfra", "Novita", "Groq", "Together"]


def served(got: Got) -> str:
    assert got.status == 200, got.raw
    return str(got.json["provider"])


@pytest.mark.parametrize(
    "provider, chosen",
    [
        ({}, "DeepInfra"),
        ({"order": ["together", "groq"]}, "Together"),
        ({"order": ["no-such", "groq"]}, "Groq"),
        ({"only": ["groq", "together"]}, "Groq"),
        ({"ignore": ["deepinfra", "novita"]}, "Groq"),
        ({"sort": "price"}, "DeepInfra"),
        ({"sort": "latency"}, "Groq"),
        ({"sort": {"by": "throughput"}}, "Groq"),
        ({"max_price": {"prompt": "0.13", "completion": 1}}, "DeepInfra"),
        ({"quantizations": ["bf16"]}, "Novita"),
        ({"preferred_max_latency": 0.2}, "Groq"),
        ({"preferred_min_throughput": {"p50": 80}}, "Groq"),
        ({"require_parameters": True, "order": ["novita"]}, "DeepInfra"),
    ],
)
def test_preferences_are_obeyed(sandbox: Sandbox, provider: Any, chosen: str) -> None:
    more: Any = {"seed": 1} if provider.get("require_parameters") else {}
    assert served(ask(sandbox, model=LLAMA, provider=provider, **more)) == chosen
    assert sandbox.bill[0]["provider"] == chosen


@pytest.mark.parametrize("variant, chosen", [("nitro", "Groq"), ("floor", "DeepInfra")])
def test_variants_sort(sandbox: Sandbox, variant: str, chosen: str) -> None:
    got = ask(sandbox, model=f"{LLAMA}:{variant}")
    assert served(got) == chosen and got.json["model"] == LLAMA


@pytest.mark.parametrize(
    "provider, step",
    [
        ({"only": ["openai"]}, "Filter by Allowed Providers"),
        ({"ignore": ["deepinfra", "novita", "groq", "together"]}, "Filter by Ignored Providers"),
        ({"max_price": {"prompt": 0.01}}, "Filter by Max Price"),
        ({"max_price": {"completion": "0.1", "request": 0}}, "Filter by Max Price"),
        ({"quantizations": ["int4"]}, "Filter by Quantization"),
        ({"order": ["openai"], "allow_fallbacks": False}, "Filter by Provider Order"),
    ],
)
def test_nothing_is_left(sandbox: Sandbox, provider: Any, step: str) -> None:
    got = ask(sandbox, model=LLAMA, provider=provider)
    told = got.json["error"]["metadata"]
    assert got.status == 404 and told["failed_routing_step"] == step
    assert told["routing_funnel"][0] == {"step": "Initial Endpoints", "endpoint_count": 4}
    assert sandbox.bill == []


def test_policies_exclude(sandbox: Sandbox) -> None:
    free = f"{LLAMA}:free"
    for policy in ({"data_collection": "deny"}, {"zdr": True}):
        assert ask(sandbox, model=free, provider=policy).status == 404
        assert ask(sandbox, model=free).status == 200
    assert served(ask(sandbox, model="deepseek/deepseek-r1", provider={"zdr": True})) == "Fireworks"


def test_the_price_of_the_provider_that_served_is_charged(sandbox: Sandbox) -> None:
    usage = ask(sandbox, model=LLAMA, provider={"only": ["groq"]}).json["usage"]
    cost = usage["prompt_tokens"] * Decimal("0.00000059") + usage["completion_tokens"] * Decimal(
        "0.00000079"
    )
    assert usage["cost"] == cost == sandbox.total


def test_a_price_of_each_request_is_limited_too() -> None:
    endpoint = Endpoint("X", prices("0", "0", request="0.02"))
    with Sandbox(models=[Model("a/b", "B", (endpoint,))]) as sandbox:
        assert ask(sandbox, provider={"max_price": {"request": "0.02"}}).status == 200
        assert ask(sandbox, provider={"max_price": {"request": 0.01}}).status == 404
        assert sandbox.total == Decimal("0.02")


def test_an_error_of_one_provider_leads_to_the_next(sandbox: Sandbox) -> None:
    sandbox.fault("status-502", provider="deepinfra")
    sandbox.fault("status-429", provider="Novita")
    got = ask(sandbox, model=LLAMA)
    assert served(got) == "Groq"
    lookup = fetch(sandbox, "GET", f"/generation?id={got.json['id']}").json["data"]
    tried = [(one["provider_name"], one["status"]) for one in lookup["provider_responses"]]
    assert tried == [("DeepInfra", 502), ("Novita", 429), ("Groq", 200)]
    alone = ask(sandbox, model=LLAMA, provider={"allow_fallbacks": False})
    assert alone.status == 502


def test_the_last_error_is_told_with_those_before(sandbox: Sandbox) -> None:
    sandbox.fault("status-502", model=LLAMA)
    got = ask(sandbox, model=LLAMA)
    assert got.status == 502
    tried = [one["provider"] for one in got.json["error"]["metadata"]["previous_errors"]]
    assert tried == CHEAP_FIRST[:-1] and sandbox.bill == []


def test_models_are_tried_in_order(sandbox: Sandbox) -> None:
    sandbox.fault("status-503", model="openai/gpt-4o")
    got = ask(sandbox, models=["openai/gpt-4o", "sandbox/status-529", "mistralai/mistral-small"])
    assert got.json["model"] == "mistralai/mistral-small"
    assert [line["model"] for line in sandbox.bill] == ["mistralai/mistral-small"]


def test_metadata_tells_the_attempts(sandbox: Sandbox) -> None:
    sandbox.fault("status-502", provider="deepinfra")
    headers = {"X-OpenRouter-Metadata": "Enabled"}
    for stream in (False, True):
        got = ask(sandbox, model=LLAMA, stream=stream, headers=headers)
        told = (got.events[-2] if stream else got.json)["openrouter_metadata"]
        assert told["requested"] == LLAMA and told["attempt"] == 2
        assert [one["status"] for one in told["attempts"]] == [502, 200]
    assert b"openrouter_metadata" not in ask(sandbox).raw


def test_a_conversation_stays_with_its_provider(sandbox: Sandbox) -> None:
    def turn(**more: Any) -> str:
        return served(ask(sandbox, model=LLAMA, **more))

    sandbox.fault("status-502", provider="deepinfra", times=1)
    assert turn(session_id="a") == "Novita"
    assert turn(session_id="a") == "Novita" and turn(session_id="b") == "DeepInfra"
    assert turn(session_id="a", provider={"order": ["groq"]}) == "Groq"
    sandbox.advance(601)
    assert turn(session_id="a") == "DeepInfra"


def test_balance_draws_by_the_price() -> None:
    model = Model(
        "a/b", "B", tuple(Endpoint(name, prices(p, p)) for name, p in (("X", "1"), ("Y", "2")))
    )

    def draw(seed: int) -> list[str]:
        with Sandbox(models=[model], balance=True, seed=seed) as sandbox:
            return [served(ask(sandbox, str(at))) for at in range(60)]

    one = draw(1)
    assert one == draw(1) != draw(2)
    assert Counter(one)["X"] > 2 * Counter(one)["Y"] > 0  # 4 to 1 on average


def test_prompt_caches_have_a_lifetime(sandbox: Sandbox) -> None:
    def cached(prompt: str, **more: Any) -> int:
        usage = ask(sandbox, prompt, **more).json["usage"]
        return int(usage["prompt_tokens_details"]["cached_tokens"])

    long = "x" * 8000
    assert cached(long) == 0 and cached(long + "y") == 1920 and cached("z" + long) == 0
    assert cached(long, provider={"only": ["azure"]}) == 0  # each provider has its own
    sandbox.advance(301)
    assert cached(long) == 0
    assert cached("short") == 0 == cached("short")
    claude = "anthropic/claude-3-haiku"
    assert cached(long, model=claude) == 0 == cached(long, model=claude)  # nobody asked to keep it
    keep = {"model": claude, "cache_control": {"type": "ephemeral"}}
    assert cached(long, **keep) == 0 < cached(long, **keep)


def test_own_keys(sandbox: Sandbox) -> None:
    endpoints = (
        Endpoint("DeepInfra", prices("0.1", "0.1")),
        Endpoint("Groq", prices("0.2", "0.2"), own_key=True),
    )
    with Sandbox(models=[Model("a/b", "B", endpoints)]) as own:
        usage = ask(own).json["usage"]
        assert usage["is_byok"] is True and usage["cost"] == 0
        upstream = usage["cost_details"]["upstream_inference_cost"]
        assert upstream == Decimal(own.bill[0]["upstream_cost"]) > 0
        key = fetch(own, "GET", "/key").json["data"]
        assert key["usage"] == 0 and key["byok_usage"] == upstream


# ---- what the account may spend


@pytest.fixture
def poor() -> Iterator[Sandbox]:
    with Sandbox(credits="0.00003") as sandbox:
        yield sandbox


def test_credits_run_out(poor: Sandbox) -> None:
    refused = ask(poor)
    assert refused.status == 402 and "fewer max_tokens" in refused.json["error"]["message"]
    good = [ask(poor, max_tokens=20).status for _ in range(5)]
    assert good[0] == 200 and good[-1] == 402
    credit = fetch(poor, "GET", "/credits").json["data"]
    assert credit == {"total_credits": Decimal("0.00003"), "total_usage": poor.total}
    assert poor.total <= Decimal("0.00003")
    free = ask(poor, model=f"{LLAMA}:free", max_tokens=5)
    assert free.status == 200


def test_the_limit_of_a_key() -> None:
    with Sandbox(key_limit="0") as sandbox:
        refused = ask(sandbox).json["error"]
        assert refused["metadata"]["limit_source"] == "openrouter_key_limit"
        assert fetch(sandbox, "GET", "/key").json["data"]["limit_remaining"] == 0
    with pytest.raises(TypeError, match="key_limit is a float"):
        Sandbox(key_limit=0.1)  # type: ignore[arg-type]


# ---- requests that are refused


@pytest.mark.parametrize(
    "more, words",
    [
        ({"temperature": 3}, "temperature: Invalid input: expected a number from 0 to 2"),
        ({"max_tokens": 0}, "max_tokens: Invalid input"),
        ({"max_tokens": True}, "max_tokens: Invalid input"),
        ({"stop": ["a"] * 5}, "stop: Invalid input"),
        ({"metadata": {"a": 1}}, "metadata: Invalid input"),
        ({"provider": {"oder": []}}, "provider: Unrecognized key(s) in object: oder"),
        ({"provider": {"order": "openai"}}, "provider.order: Invalid input"),
        ({"provider": {"max_price": {"prompt": "x"}}}, "provider.max_price.prompt"),
        ({"provider": {"max_price": {"prompt": "NaN"}}}, "provider.max_price.prompt"),
        ({"provider": {"max_price": {"word": 1}}}, "provider.max_price.word"),
        ({"tools": [{"type": "function"}]}, "tools.0.function.name: Required"),
        ({"tools": [{"type": "openrouter:web_search"}]}, "does not run the server tool"),
        ({"plugins": [{"id": "web"}]}, "does not play `plugins`"),
        ({"model": "a@preset/b"}, "does not play presets"),
        ({"model": "openai/gpt-5-mini", "reasoning": {"enabled": False}}, "mandatory"),
        ({"reasoning": {"effort": "low"}, "reasoning_effort": "high"}, "contradicts"),
        ({"model": "openai/gpt-4", "max_tokens": 9000}, "maximum context length is 8191"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
    ],
)
def test_refused(sandbox: Sandbox, more: Any, words: str) -> None:
    got = ask(sandbox, **more)
    assert got.status == 400 and words in got.json["error"]["message"], got.raw
    assert sandbox.bill == []


# ---- lists


def test_lists(sandbox: Sandbox) -> None:
    def ids(query: str) -> list[str]:
        return [model["id"] for model in fetch(sandbox, "GET", f"/models?{query}").json["data"]]

    every = ids("")
    for default in (
        "openai/gpt-4o-mini",
        "openai/gpt-4",
        "openai/gpt-3.5-turbo",
        "anthropic/claude-3-haiku",
        "anthropic/claude-3-sonnet",
    ):
        assert default in every
    assert ids("q=claude") == [one for one in every if "claude" in one]
    assert ids("supported_parameters=reasoning") == ["deepseek/deepseek-r1", "openai/gpt-5-mini"]
    assert ids("max_output_price=0.3&sort=pricing-high-to-low")[0] == "mistralai/mistral-small"
    assert ids("offset=1&limit=2") == every[1:3]
    page = fetch(sandbox, "GET", "/models?offset=1&limit=2").json
    assert page["total_count"] == len(every) and "offset=3" in page["links"]["next"]
    assert fetch(sandbox, "GET", "/models?limit=x").json["error"]["name"] == "ZodError"
    assert fetch(sandbox, "GET", "/models?colour=red").status == 400
    assert fetch(sandbox, "GET", "/models/count").json["data"]["count"] == len(every)
    assert fetch(sandbox, "GET", "/model/openai/gpt-4o").json["data"]["id"] == "openai/gpt-4o"
    assert fetch(sandbox, "GET", "/model/no/such").status == 404


def test_endpoints(sandbox: Sandbox) -> None:
    for path in (f"/models/{LLAMA}/endpoints", f"/models/{LLAMA}%3Afree/endpoints"):
        data = fetch(sandbox, "GET", path).json["data"]
        assert data["id"].startswith(LLAMA) and data["endpoints"]
    data = fetch(sandbox, "GET", f"/models/{LLAMA}/endpoints").json["data"]
    assert [one["provider_name"] for one in data["endpoints"]] == CHEAP_FIRST
    for one in data["endpoints"]:
        assert (
            served(ask(sandbox, model=LLAMA, provider={"only": [one["tag"]]}))
            == (one["provider_name"])
        )
        assert one["latency_last_30m"]["p50"] > 0 and one["status"] == 0
    zdr = fetch(sandbox, "GET", "/endpoints/zdr").json["data"]
    assert zdr and "DeepSeek" not in {one["provider_name"] for one in zdr}
    slugs = {one["slug"] for one in fetch(sandbox, "GET", "/providers").json["data"]}
    assert {one["tag"] for one in data["endpoints"]} <= slugs


def test_models_of_a_key() -> None:
    with Sandbox(key_models=["openai/gpt-4o"]) as sandbox:
        mine = fetch(sandbox, "GET", "/models/user").json["data"]
        assert [one["id"] for one in mine] == ["openai/gpt-4o"]
        assert fetch(sandbox, "GET", "/models/user", key="").status == 401
        assert ask(sandbox, model="openai/gpt-4o").status == 200
        refused = ask(sandbox, model=LLAMA)
        assert refused.status == 404 and "guardrail" in refused.json["error"]["message"]
