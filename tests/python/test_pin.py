"""Which model served, how fast, and the route that lets only the named model serve."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Raw, Reply, Sandbox

MODEL, OTHER = "openai/gpt-4o-mini", "anthropic/claude-3-haiku"
PINNED: Any = {"pin": True}


def client_of(sandbox: Sandbox, **options: Any) -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=options.pop("ledger", ":memory:"),
        **options,
    )


def test_an_entry_tells_what_was_served_and_how_fast() -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        client.models()
        sandbox.reply("One.", Reply("Two.", served_model=OTHER))
        assert client.chat("Hi", model=MODEL).served_otherwise is False
        with client.stream("Hi", model=MODEL) as stream:
            assert "".join(event.text or "" for event in stream) == "Two."
        assert stream.reply.served_otherwise is True and stream.reply.model == OTHER
        plain, streamed = client.entries()
        assert plain.first_us is None and plain.served_otherwise is False
        assert 0 < (streamed.first_us or 0) <= streamed.total_us
        assert streamed.served_otherwise is True and streamed.requested_model == MODEL


def test_the_tier_that_served_is_kept() -> None:
    answer = {
        "id": "gen-1",
        "model": MODEL,
        "service_tier": "flex",
        "choices": [{"index": 0, "message": {"content": "Hm."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.5},
    }
    with Sandbox() as sandbox, client_of(sandbox) as client:
        sandbox.reply(Raw(json.dumps(answer)))
        assert client.chat("Hi", model=MODEL).tier == "flex"
        assert next(iter(client.entries())).tier == "flex"
        sandbox.reply("Another.")
        assert client.chat("Hi", model=MODEL).tier is None


def test_models_of_the_body_and_routers_are_no_other_model() -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        client.models()
        sandbox.reply(Reply("One.", served_model=OTHER), Reply("Two.", served_model=OTHER))
        assert client.chat("Hi", models=[MODEL, OTHER]).served_otherwise is False
        assert client.chat("Hi", model="openrouter/auto").served_otherwise is None


@pytest.mark.parametrize("stream", [False, True])
def test_a_pinned_call_refuses_the_answer_of_another_model(stream: bool) -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        sandbox.reply(Reply(["Not ", "this ", "one."], served_model=OTHER))
        types = set()
        with pytest.raises(wayfare.errors.ServedOtherwise) as caught:
            if stream:
                for event in client.stream("Hi", model=MODEL, route=PINNED):
                    types.add(event.type)
            else:
                client.chat("Hi", model=MODEL, route=PINNED)
        error = caught.value
        assert types <= {"usage"} and not error.retryable
        assert error.code == "served_otherwise" and error.generation_id
        assert OTHER in error.message and MODEL in error.message
        assert len([one for one in sandbox.requests if one.method == "POST"]) == 1
        client.reconcile()  # of a stream that was stopped, the cost is told later
        entries = list(client.entries())
        assert sum(entry.cost or 0 for entry in entries) == sandbox.total > 0
        assert {entry.error for entry in entries} == {"served_otherwise"}
        assert {entry.served_otherwise for entry in entries} == {True}
        assert {entry.model for entry in entries} == {OTHER}
        assert client.verify().ok


def test_a_pinned_call_takes_no_other_model_of_its_route() -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        sandbox.reply(Reply("No.", served_model=OTHER))
        with pytest.raises(wayfare.errors.ServedOtherwise) as caught:
            client.chat("Hi", route={"models": [MODEL, "openai/gpt-4o"], "pin": True})
        assert caught.value.reply is not None and len(caught.value.reply.attempts) == 1


def test_a_pinned_call_of_the_model_itself() -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        sandbox.reply("One.", "Two.")
        assert client.chat("Hi", model=MODEL, route=PINNED).text == "One."
        reply = client.chat("Hi", model=MODEL + ":nitro", route=PINNED)
        assert reply.text == "Two." and reply.served_otherwise is False and not reply.warnings


@pytest.mark.parametrize(
    "call",
    [
        {"models": [MODEL, OTHER]},
        {"model": MODEL, "models": [OTHER]},
        {"preset": "mine"},
        {"model": "openrouter/auto"},
        {"model": "@preset/mine"},
        {"model": MODEL + "@preset/mine"},
        {"model": "~openai/gpt-latest"},
    ],
)
def test_a_pinned_call_refuses_what_lets_the_server_choose(call: dict[str, Any]) -> None:
    with Sandbox() as sandbox, client_of(sandbox) as client:
        with pytest.raises(wayfare.errors.Invalid, match=r"route\.pin"):
            client.chat("Hi", route=PINNED, **call)
        assert not [one for one in sandbox.requests if one.method == "POST"]
        assert list(client.entries()) == []


def test_a_client_and_an_agent_may_pin_and_a_call_may_not() -> None:
    with Sandbox() as sandbox, client_of(sandbox, route=PINNED) as client:
        sandbox.reply(*[Reply("Hm.", served_model=OTHER)] * 4)
        with pytest.raises(wayfare.errors.ServedOtherwise):
            client.chat("Hi", model=MODEL)
        assert client.chat("Hi", model=MODEL, route={"pin": False}).text == "Hm."
        client.create_agent("strict", model=MODEL, route=PINNED)
        with pytest.raises(wayfare.errors.ServedOtherwise):
            client.with_options(route={"pin": False}).chat("Hi", agent="strict")
        assert client.with_options(route={"pin": False}).chat("Hi", model=MODEL).text == "Hm."


def test_with_asyncio() -> None:
    async def main(sandbox: Sandbox) -> None:
        async with wayfare.AsyncClient(
            base_url=sandbox.base_url,
            api_key=sandbox.api_key,
            dialect="openrouter",
            ledger=":memory:",
        ) as client:
            with pytest.raises(wayfare.errors.ServedOtherwise):
                async with client.stream("Hi", model=MODEL, route=PINNED) as stream:
                    async for event in stream:
                        assert event.type == "usage"

    with Sandbox() as sandbox:
        sandbox.reply(Reply(["Not ", "this."], served_model=OTHER))
        asyncio.run(main(sandbox))


def test_a_model_that_the_sandbox_does_not_have_is_told(tmp_path: Path) -> None:
    with Sandbox() as sandbox, client_of(sandbox, ledger=str(tmp_path / "l.db")) as client:
        sandbox.reply(Reply("Hm.", served_model="no/such"))
        with pytest.raises(wayfare.Error):
            client.chat("Hi", model=MODEL, route={"retries": 0})
        assert "no/such" in sandbox.problems()[0]
