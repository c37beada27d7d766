"""The metrics of calls: tokens, durations, and money that is known or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import wayfare

if TYPE_CHECKING:
    from seen import Seen
    from wayfare.sandbox import Sandbox

Traced = Callable[..., wayfare.Client]
Fault = Callable[[str], str]
MODEL = "openai/gpt-4o-mini"
COST = "wayfare.cost.picodollars"


def picodollars(cost: Decimal | None) -> int:
    return int((cost or Decimal(0)) * 10**12)


def test_what_calls_measure(traced: Traced, seen: Seen) -> None:
    client = traced()
    plain = client.chat("hi", model=MODEL, charge_to={"agent": "a"})
    with client.stream("hi", model=MODEL, charge_to={"agent": "b"}) as stream:
        list(stream)
    told = (plain.usage.prompt_tokens or 0) + (stream.reply.usage.prompt_tokens or 0)
    answered = (plain.usage.completion_tokens or 0) + (stream.reply.usage.completion_tokens or 0)
    for kind, count in (("input", told), ("output", answered)):
        of_calls = f"gen_ai.client.inference.operation.{kind}_tokens"
        assert seen.values(of_calls, "gen_ai.request.model") == {MODEL: count}
        sums = f"gen_ai.client.inference.usage.{kind}_tokens"
        assert sum(seen.values(sums, "gen_ai.token.modality").values()) == count
    old = seen.values("gen_ai.client.token.usage", "gen_ai.token.type", "gen_ai.system")
    assert old == {("input", "openai"): told, ("output", "openai"): answered}
    lasted = {
        span.attributes["wayfare.agent"]: (span.end_time - span.start_time) / 1e9
        for span in seen.calls
    }
    for name in ("gen_ai.client.inference.duration", "gen_ai.client.operation.duration"):
        assert seen.values(name, "wayfare.agent") == lasted
    first = (stream.reply.timings.first_delta_us or 0) / 1e6
    for name in ("inference", "operation"):
        metric = f"gen_ai.client.{name}.time_to_first_chunk"
        assert seen.values(metric, "wayfare.agent") == {"b": first}
    [point] = seen.points("gen_ai.client.inference.time_to_first_chunk")
    assert point.explicit_bounds[:3] == (0.01, 0.02, 0.04)


def test_only_the_current_names_if_that_is_asked_for(
    traced: Traced, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http, gen_ai_latest_experimental")
    with traced().stream("hi") as stream:
        list(stream)
    assert seen.names() == {
        "gen_ai.client.inference.duration",
        "gen_ai.client.inference.time_to_first_chunk",
        "gen_ai.client.inference.operation.input_tokens",
        "gen_ai.client.inference.operation.output_tokens",
        "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.output_tokens",
        COST,
        "wayfare.cost.usd",
    }
    assert "gen_ai.system" not in seen.call.attributes
    assert "gen_ai.usage.cache_creation.input_tokens" not in seen.call.attributes


def test_money_is_exact_and_by_label(traced: Traced, sandbox: Sandbox, seen: Seen) -> None:
    client = traced({"charge_to": {"app": "shop"}}, labels=("agent", "app"))
    for agent in ("a", "b", "a"):
        client.chat("hi", charge_to={"agent": agent, "user": "ann"})
    billed = sum(picodollars(Decimal(line["cost"])) for line in sandbox.bill)
    by_agent = seen.values(COST, "wayfare.agent", "wayfare.app", "wayfare.user")
    assert set(by_agent) == {("a", "shop", None), ("b", "shop", None)}
    assert sum(by_agent.values()) == billed > 0
    assert by_agent["a", "shop", None] == 2 * by_agent["b", "shop", None]
    assert all(isinstance(value, int) for value in by_agent.values())
    assert sum(seen.values("wayfare.cost.usd").values()) == pytest.approx(billed / 10**12)
    assert not seen.points("wayfare.cost.unknown")


@pytest.mark.parametrize("by_another_client", [False, True])
def test_a_cost_that_is_not_known_is_no_zero(
    traced: Traced,
    sandbox: Sandbox,
    seen: Seen,
    fault: Fault,
    open_client: Callable[..., wayfare.Client],
    by_another_client: bool,
) -> None:
    client = traced()
    with pytest.raises(wayfare.Error), client.stream("hi", model=fault("cut")) as stream:
        list(stream)
    assert not seen.points(COST) and not seen.points("wayfare.cost.usd")
    assert list(seen.values("wayfare.cost.unknown").values()) == [1]
    assert not [name for name in seen.call.attributes if "cost" in name]
    (open_client(sandbox.base_url) if by_another_client else client).reconcile()
    until = time.monotonic() + 20
    while not seen.points(COST) and time.monotonic() < until:
        time.sleep(0.01)
    [line] = sandbox.bill
    assert list(seen.values(COST).values()) == [picodollars(Decimal(line["cost"]))]
    assert list(seen.values("wayfare.cost.unknown").values()) == [0]


def test_an_attempt_that_cost_nothing_is_not_unknown(
    traced: Traced, seen: Seen, fault: Fault
) -> None:
    with pytest.raises(wayfare.Error) as raised:
        traced().chat("hi", model=fault("status-429"), route={"retries": 0})
    assert raised.value.code == "rate_limited"
    assert not seen.points(COST) and not seen.points("wayfare.cost.unknown")
    durations = seen.values("gen_ai.client.inference.duration", "error.type")
    assert set(durations) == {"rate_limited"}
    assert not seen.points("gen_ai.client.inference.operation.input_tokens")


def test_values_beyond_the_cap_are_other(traced: Traced, sandbox: Sandbox, seen: Seen) -> None:
    client = traced(labels=("user",), label_values=3)
    for number in range(6):
        client.chat("hi", model=MODEL, charge_to={"user": f"u{number}"})
    durations = seen.points("gen_ai.client.inference.duration")
    counts = {point.attributes["wayfare.user"]: point.count for point in durations}
    assert counts == {"u0": 1, "u1": 1, "u2": 1, "other": 3}
    money = seen.values(COST, "wayfare.user")
    assert money["other"] == 3 * money["u0"] and len(money) == 4
    assert sum(money.values()) == sum(picodollars(Decimal(line["cost"])) for line in sandbox.bill)
    assert [call.attributes["wayfare.user"] for call in seen.calls] == [f"u{n}" for n in range(6)]


def test_models_that_a_server_makes_up_are_capped(
    seen: Seen, raw_server: Any, open_client: Traced, wire: Any
) -> None:
    from wayfare import telemetry

    made = iter(range(1000))

    def serve(connection: Any) -> None:
        while connection.read():
            body = wire.completion(cost="0.5").replace(b"m/served", b"m/%d" % next(made))
            connection.reply(body)

    client = open_client(raw_server(serve).base_url)
    with telemetry.instrument(client, label_values=5, **seen.providers):
        for _ in range(9):
            client.chat("hi")
        for name in (COST, "gen_ai.client.inference.duration"):
            models = seen.values(name, "gen_ai.response.model")
            assert set(models) == {*(f"m/{n}" for n in range(5)), "other"}
        assert seen.values(COST, "gen_ai.response.model")["other"] == 4 * 5 * 10**11


def test_the_series_of_the_money_are_bounded() -> None:
    pytest.importorskip("opentelemetry")
    from wayfare.telemetry import _metrics
    from wayfare.telemetry._settings import settings_of

    labels = ("app", "agent", "user", "run")
    settings = settings_of("http://h/", False, False, labels, 10_000, (), None)
    money = _metrics.Money(settings)
    keys = {
        money.key("m", "m", {label: f"{number % (size + 2)}" for size, label in enumerate(labels)})
        for number in range(100)
    }
    assert 1 < len(keys) < 100
    more = {money.key("m", f"m{number}", {"user": f"{number}"}) for number in range(5000)}
    assert len(keys | more) <= _metrics.MOST_SERIES + 2
    assert dict(money.key("m", "new", {"user": "new"}))["wayfare.user"] == "other"


def test_tokens_by_modality() -> None:
    pytest.importorskip("opentelemetry")
    from wayfare.telemetry._metrics import _by_modality

    def of(**counts: int) -> dict[str, int]:
        return dict(_by_modality(wayfare.Usage.make(**counts), "prompt_tokens"))

    assert of(prompt_tokens=10) == {"unknown": 10}
    assert of(prompt_tokens=10, prompt_audio_tokens=4) == {"audio": 4, "unknown": 6}
    assert of(prompt_tokens=10, prompt_audio_tokens=4, prompt_image_tokens=6) == {
        "audio": 4,
        "image": 6,
    }
    assert of(prompt_tokens=10, prompt_audio_tokens=40) == {"unknown": 10}
    assert of(prompt_tokens=0) == {}
    assert of() == {}


def test_parts_of_the_tokens(seen: Seen, raw_server: Any, open_client: Traced, wire: Any) -> None:
    from wayfare import telemetry

    details = (
        b'"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":1},'
        b'"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":4},"prompt_tokens":'
    )

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost="0.5").replace(b'"prompt_tokens":', details))

    client = open_client(raw_server(serve).base_url)
    with telemetry.instrument(client, **seen.providers):
        usage = client.chat("hi").usage
    assert (usage.cached_tokens, usage.reasoning_tokens) == (2, 3)
    for name, count in (
        ("cache_read.input_tokens", 2),
        ("cache_write.input_tokens", 1),
        ("reasoning.output_tokens", 3),
    ):
        sums = seen.values(f"gen_ai.client.inference.usage.{name}", "gen_ai.token.modality")
        assert sums == {"unknown": count}
        assert seen.call.attributes[f"gen_ai.usage.{name}"] == count
    assert seen.call.attributes["gen_ai.usage.cache_creation.input_tokens"] == 1
    assert seen.call.attributes["gen_ai.usage.audio.output_tokens"] == 4
    out = seen.values("gen_ai.client.inference.usage.output_tokens", "gen_ai.token.modality")
    assert out == {"audio": 4}


def test_many_threads_lose_nothing(traced: Traced, sandbox: Sandbox, seen: Seen) -> None:
    sandbox.generation_delay = 600  # no cost is looked up meanwhile
    client = traced()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.points(COST)

    def call(agent: str) -> None:
        for number in range(8):
            if number % 2:
                client.chat("hi", charge_to={"agent": agent})
                continue
            with client.stream("hi", charge_to={"agent": agent}) as stream:
                if number % 4:
                    list(stream)

    threads = [threading.Thread(target=call, args=(f"a{n}",)) for n in range(6)]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join(60)
    seen.wait(48)
    stop.set()
    reader.join(20)
    assert len(seen.calls) == 48
    entries = list(client.entries())
    known = [entry.cost for entry in entries if entry.cost is not None]
    assert sum(seen.values(COST).values()) == sum(picodollars(cost) for cost in known)
    # One that is left before it is sent costs nothing.
    unknown = [e for e in entries if e.cost is None and e.state != "void"]
    assert sum(seen.values("wayfare.cost.unknown").values()) == len(unknown)
    told = {span.attributes["wayfare.entry"] for call in seen.calls for span in seen.attempts(call)}
    assert {e.entry for e in entries if e.state != "void"} <= told <= {e.entry for e in entries}
