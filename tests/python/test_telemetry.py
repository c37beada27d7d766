"""The spans of calls and of their attempts."""

from __future__ import annotations

import asyncio
import decimal
import gc
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import wayfare

if TYPE_CHECKING:
    from seen import Seen
    from wayfare.sandbox import Sandbox

Traced = Callable[..., wayfare.Client]
Fault = Callable[[str], str]


def test_a_call_and_its_attempt_are_spans(traced: Traced, sandbox: Sandbox, seen: Seen) -> None:
    client = traced({"charge_to": {"app": "shop", "user": "ann"}}, provider="openrouter")
    reply = client.chat(
        "secret words",
        model="openai/gpt-4o-mini",
        max_tokens=50,
        temperature=0,
        stop="END",
        session_id="talk-1",
        charge_to={"agent": "support"},
        request_id="mine",
    )
    call = seen.call
    [attempt] = seen.attempts(call)
    assert (call.name, call.kind.name) == ("chat openai/gpt-4o-mini", "CLIENT")
    assert call.status.status_code.name == attempt.status.status_code.name == "UNSET"
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.system": "openrouter",
        "server.address": "127.0.0.1",
        "gen_ai.request.model": "openai/gpt-4o-mini",
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.conversation.id": "talk-1",
        "gen_ai.response.model": reply.model,
        "gen_ai.response.id": reply.generation_id,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": reply.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": reply.usage.completion_tokens,
        "gen_ai.usage.cost.amount": float(reply.cost or 0),
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "provider",
        "wayfare.cost_usd": f"{reply.cost:f}",
        "wayfare.entry": reply.entry,
        "wayfare.request_id": "mine",
        "wayfare.provider": reply.provider,
        "wayfare.attempts": 1,
        "wayfare.app": "shop",
        "wayfare.agent": "support",
    }
    assert {name: call.attributes.get(name) for name in expected} == expected
    assert "gen_ai.request.stream" not in call.attributes
    assert "gen_ai.response.time_to_first_chunk" not in call.attributes
    assert "wayfare.user" not in call.attributes  # it is no label here
    of_attempt = {
        "wayfare.attempt": 1,
        "wayfare.entry": reply.entry,
        "wayfare.state": "settled",
        "wayfare.status": 200,
        "wayfare.cost_usd": f"{reply.cost:f}",
        "gen_ai.response.id": reply.generation_id,
    }
    assert {name: attempt.attributes.get(name) for name in of_attempt} == of_attempt
    # Who adds up spans counts neither calls nor tokens twice.
    assert "gen_ai.operation.name" not in attempt.attributes
    assert not [name for name in attempt.attributes if name.startswith("gen_ai.usage")]
    told = repr([(span.name, dict(span.attributes or {})) for span in seen.spans])
    assert "secret" not in told and "sk-or" not in told and "You said" not in told


def test_attempts_lie_in_their_call_one_after_the_other(
    traced: Traced, seen: Seen, fault: Fault
) -> None:
    begun = time.time_ns()
    models = [fault("status-500"), fault("slow-50"), "openai/gpt-4o-mini"]
    reply = traced().chat("hi", route={"models": models})
    ended = time.time_ns()
    call = seen.call
    first, second = seen.attempts(call)
    assert [reply.attempts[0].error, first.attributes["error.type"]] == ["server_error"] * 2
    assert (
        first.attributes["wayfare.state"] == "void" and "wayfare.cost_usd" not in first.attributes
    )
    assert first.status.status_code.name == "ERROR" and second.status.status_code.name == "UNSET"
    assert call.attributes["gen_ai.request.model"] == models[0]
    assert call.attributes["gen_ai.response.model"] == models[1]
    assert call.attributes["wayfare.cost_usd"] == f"{reply.cost:f}"  # the first one cost nothing
    times = [call.start_time, first.start_time, first.end_time, second.start_time, second.end_time]
    times = [begun, *times, call.end_time, ended]
    # The id of an attempt has its time in whole milliseconds.
    assert all(a <= b + 1_000_000 for a, b in zip(times, times[1:])), times
    assert second.end_time - second.start_time >= 50_000_000
    assert call.end_time - call.start_time >= second.end_time - second.start_time


def test_a_retry_tells_how_long_it_waited(traced: Traced, seen: Seen, fault: Fault) -> None:
    with pytest.raises(wayfare.errors.ServerError):
        traced().chat("hi", model=fault("status-500"), route={"retries": 1})
    first, second = seen.attempts(seen.call)
    waited = second.attributes["wayfare.waited_us"]
    assert waited > 0 and "wayfare.waited_us" not in first.attributes
    assert (second.start_time - first.end_time) / 1000 > waited - 2_000
    assert seen.call.attributes["error.type"] == "server_error"
    assert seen.call.status.status_code.name == "ERROR" and seen.call.status.description
    assert seen.call.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert "wayfare.cost_usd" not in seen.call.attributes


def test_a_stream_ends_its_span_at_its_end(traced: Traced, seen: Seen, fault: Fault) -> None:
    with traced().stream("hi", model=fault("slow-30")) as stream:
        next(stream)
        assert not seen.calls
        list(stream)
    call = seen.call
    assert call.attributes["gen_ai.request.stream"] is True
    first = call.attributes["gen_ai.response.time_to_first_chunk"]
    assert first * 1e6 == pytest.approx(stream.reply.timings.first_delta_us)
    assert call.attributes["wayfare.cost_usd"] == f"{stream.reply.cost:f}"
    assert len(seen.attempts(call)) == 1 and len(seen.spans) == 2


@pytest.mark.parametrize("how", ["left", "dropped", "cancelled"])
def test_a_stream_without_its_end(traced: Traced, seen: Seen, fault: Fault, how: str) -> None:
    client = traced()
    stream = client.stream("hi", model=fault("stall"))
    for _ in stream:
        break
    left = time.time_ns()
    if how == "left":
        with stream:
            pass
        seen.wait(1)  # nothing else happens to the client
    elif how == "cancelled":
        stream.cancel()
        with pytest.raises(wayfare.errors.Cancelled):
            list(stream)
    else:
        del stream
        gc.collect()
        seen.points("wayfare.cost.unknown")  # who reads the metrics sets it going
        seen.wait(1)
    call = seen.call
    [attempt] = seen.attempts(call)
    assert call.attributes["error.type"] == attempt.attributes["error.type"] == "cancelled"
    assert attempt.attributes["wayfare.state"] == "unknown"
    assert "wayfare.cost_usd" not in {**call.attributes, **attempt.attributes}
    assert not [name for name in call.attributes if "cost" in name]
    assert call.end_time >= left
    if how != "cancelled":
        assert call.end_time - left < 200_000_000
    assert [entry.error for entry in client.entries()] == ["cancelled"]


def test_a_stream_that_is_left_behind_its_last_word(traced: Traced, seen: Seen) -> None:
    client = traced()
    with client.stream("hi") as stream:
        next(stream)
        time.sleep(0.2)  # the end has come, and nobody takes it
    assert "error.type" not in seen.call.attributes
    assert seen.call.attributes["gen_ai.response.finish_reasons"] == ("stop",)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"messages": "hi", "route": {"nonsense": 1}}, "invalid"),
        ({"messages": "hi", "route": {"max_cost": "0.000000000001"}}, "max_cost"),
        ({"messages": "hi", "model": "x", "route": {"model": "y"}}, "invalid"),
    ],
)
def test_a_call_that_is_not_sent(traced: Traced, seen: Seen, call: Any, code: str) -> None:
    with pytest.raises(wayfare.Error) as raised:
        traced().chat(**call, charge_to={"agent": "a"})
    assert raised.value.code == seen.call.attributes["error.type"] == code
    assert seen.call.attributes["wayfare.agent"] == "a"
    assert not seen.attempts(seen.call) and not [n for n in seen.call.attributes if "cost" in n]


def test_a_call_of_a_closed_client(traced: Traced, seen: Seen) -> None:
    client = traced()
    client.close()
    with pytest.raises(wayfare.errors.Closed):
        client.chat("hi")
    assert seen.call.attributes["error.type"] == "closed"


def test_the_callers_span_is_the_parent(traced: Traced, seen: Seen) -> None:
    client = traced()
    tracer = seen.tracer_provider.get_tracer("test")
    with tracer.start_as_current_span("outer") as outer:
        client.chat("hi")
        stream = client.stream("hi")
    list(stream)  # read outside of it
    assert [call.parent for call in seen.calls] == [outer.get_span_context()] * 2


def test_views_and_their_defaults(traced: Traced, open_client: Traced, seen: Seen) -> None:
    from wayfare import telemetry

    client = traced({"charge_to": {"app": "shop", "agent": "first"}})
    before = client.with_options(model="openai/gpt-4o-mini", charge_to={"agent": "second"})
    before.chat("hi")
    assert seen.call.attributes["wayfare.agent"] == "second"
    assert seen.call.attributes["wayfare.app"] == "shop"
    with pytest.raises(wayfare.errors.Invalid, match="already"):
        telemetry.instrument(before)


def test_a_view_from_before_has_telemetry_and_none_after(
    sandbox: Sandbox, open_client: Traced, seen: Seen
) -> None:
    from wayfare import telemetry

    client = open_client(sandbox.base_url)
    view = client.with_options(model="openai/gpt-4o-mini")
    with telemetry.instrument(client, **seen.providers):
        view.chat("hi")
        running = view.stream("hi")
    view.chat("hi")
    list(running)  # what ran keeps its telemetry
    assert len(seen.calls) == 2
    for _ in range(70):  # more than the watches that a client may have at once
        with telemetry.instrument(client, **seen.providers):
            view.chat("hi")
    assert len(seen.calls) == 72
    assert len(seen.attempts(seen.calls[-1])) == 1


def test_asyncio(sandbox: Sandbox, seen: Seen, tmp_path: Any, wire: Any, fault: Fault) -> None:
    from wayfare import telemetry

    async def main() -> None:
        options = {"base_url": sandbox.base_url, "api_key": wire.key, "dialect": "openrouter"}
        async with wayfare.AsyncClient(ledger=tmp_path / "l.db", **options) as client:
            telemetry.instrument(client, **seen.providers)
            tracer = seen.tracer_provider.get_tracer("test")

            async def one(name: str) -> None:
                with tracer.start_as_current_span(name):
                    await client.chat(name)

            await asyncio.gather(*(one(f"task {n}") for n in range(5)))
            async with client.stream("hi") as stream:
                async for _ in stream:
                    pass
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.chat("hi", model=fault("silent")), 0.2)
            async with client.stream("hi", model=fault("stall")) as stream:
                async for _ in stream:
                    break
            while len(seen.calls) < 8:
                await asyncio.sleep(0.005)

    asyncio.run(main())
    outer = {span.context.span_id: span for span in seen.spans if span.name.startswith("task")}
    inner = [call for call in seen.calls if call.parent]
    assert {call.parent.span_id for call in inner} == set(outer) and len(inner) == 5
    codes = sorted(call.attributes.get("error.type", "") for call in seen.calls)
    assert codes == [""] * 6 + ["cancelled"] * 2
    assert all(len(seen.attempts(call)) == 1 for call in seen.calls)


def test_costs_are_exact_whatever_the_precision(
    traced: Traced, seen: Seen, raw_server: Any, open_client: Traced, wire: Any
) -> None:
    from wayfare import telemetry

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost="1234.123456789012"))

    client = open_client(raw_server(serve).base_url)
    with telemetry.instrument(client, **seen.providers), decimal.localcontext() as context:
        context.prec = 3
        client.chat("hi")
        client.chat("hi")
        assert seen.calls[0].attributes["wayfare.cost_usd"] == "1234.123456789012"
        assert seen.values("wayfare.cost.picodollars") == {(): 2 * 1234123456789012}


def test_import_wayfare_does_not_load_it() -> None:
    program = "import sys, wayfare; print([n for n in sys.modules if 'telemetry' in n.lower()])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
