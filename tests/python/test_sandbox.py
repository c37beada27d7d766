"""The sandbox itself, tested by plain HTTP. The other tests rely on its format, its faults and its
bill.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from sandbox_client import KEY, ask, fetch, text_of
from wayfare.sandbox import Sandbox

# ---- the usual course


def test_plain_answer(sandbox: Sandbox) -> None:
    got = ask(sandbox, "Hello there")
    assert got.status == 200 and got.headers["content-type"] == "application/json"
    assert (
        re.fullmatch(r"gen-\d{10}-[A-Za-z0-9]{20}", got.json["id"])
        and got.headers["x-generation-id"] == got.json["id"]
    )
    assert (
        got.json["object"] == "chat.completion"
        and got.json["model"] == "openai/gpt-4o-mini"
        and got.json["provider"] == "OpenAI"
    )
    choice = got.json["choices"][0]
    assert (
        "Hello there" in choice["message"]["content"] and choice["message"]["role"] == "assistant"
    )
    assert choice["finish_reason"] == choice["native_finish_reason"] == "stop"


def test_a_long_prompt_is_read_and_then_refused(sandbox: Sandbox) -> None:
    got = ask(sandbox, "long " * (1 << 20))
    assert got.status == 400 and "maximum context length is" in got.json["error"]["message"]


def test_cost_is_exact_and_on_the_bill(sandbox: Sandbox) -> None:
    usage = ask(sandbox).json["usage"]
    cost = usage["prompt_tokens"] * Decimal("0.00000016") + usage["completion_tokens"] * Decimal(
        "0.00000064"
    )
    assert usage["cost"] == cost
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    line = sandbox.bill[0]
    assert Decimal(line["cost"]) == cost and "E" not in line["cost"].upper()
    assert (
        line["prompt_tokens"] == usage["prompt_tokens"]
        and line["completion_tokens"] == usage["completion_tokens"]
    )
    assert (
        line["model"] == "openai/gpt-4o-mini"
        and line["streamed"] is False
        and line["outcome"] == "completed"
    )
    served = fetch(sandbox, "GET", "/_sandbox/bill").json
    assert served["bill"] == sandbox.bill and Decimal(served["total_cost"]) == cost


def test_same_request_same_answer(sandbox: Sandbox) -> None:
    one, two = ask(sandbox, "Again").json, ask(sandbox, "Again").json
    assert (
        one["choices"] == two["choices"] and one["usage"] == two["usage"] and one["id"] != two["id"]
    )


def test_numbers_keep_all_digits_and_text_stays_text(sandbox: Sandbox) -> None:
    got = ask(sandbox, "0.00001 \ud800 ünï")
    assert (
        re.search(rb'"cost":0\.0000\d+', got.raw)
        and "ünï" in got.json["choices"][0]["message"]["content"]
    )


def test_stream_has_the_same_words_and_the_same_bill(sandbox: Sandbox) -> None:
    plain, got = ask(sandbox, "Hello").json, ask(sandbox, "Hello", stream=True)
    assert got.headers["content-type"] == "text/event-stream" and got.raw.startswith(
        b": OPENROUTER PROCESSING\n\n"
    )
    assert b"\r" not in got.raw and got.raw.endswith(b"data: [DONE]\n\n")
    events = got.events[:-1]
    assert {event["id"] for event in events} == {got.headers["x-generation-id"]}
    assert all(event["choices"][0]["delta"]["role"] == "assistant" for event in events)
    assert text_of(events) == plain["choices"][0]["message"]["content"]
    assert [event["choices"][0]["finish_reason"] for event in events[-2:]] == ["stop", "stop"]
    assert events[-1]["usage"] == plain["usage"] and not any(
        "usage" in event for event in events[:-1]
    )
    assert [line["streamed"] for line in sandbox.bill] == [False, True] and sandbox.bill[0][
        "cost"
    ] == sandbox.bill[1]["cost"]


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_limit(sandbox: Sandbox, limit: str) -> None:
    more: dict[str, Any] = {limit: 3}
    got = ask(sandbox, **more).json
    assert got["choices"][0]["finish_reason"] == "length" and got["usage"]["completion_tokens"] == 3


TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    },
}


def test_tool_call(sandbox: Sandbox) -> None:
    choice = ask(sandbox, "Use a tool", tools=[TOOL]).json["choices"][0]
    call = choice["message"]["tool_calls"][0]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    assert call["function"]["name"] == "weather" and json.loads(call["function"]["arguments"]) == {
        "city": "word",
        "days": 7,
    }
    assert "tool_calls" not in ask(sandbox, "Without", tools=[TOOL]).json["choices"][0]["message"]
    assert (
        "tool_calls"
        in ask(sandbox, "Must", tools=[TOOL], tool_choice="required").json["choices"][0]["message"]
    )


def test_tool_call_in_pieces(sandbox: Sandbox) -> None:
    events = ask(sandbox, "Use a tool", tools=[TOOL], stream=True).events[:-1]
    pieces = [
        call for event in events for call in event["choices"][0]["delta"].get("tool_calls", [])
    ]
    assert (
        pieces[0]["id"].startswith("call_")
        and pieces[0]["function"]["name"] == "weather"
        and len(pieces) > 2
    )
    assert json.loads("".join(piece["function"]["arguments"] for piece in pieces)) == {
        "city": "word",
        "days": 7,
    }


def test_reasoning(sandbox: Sandbox) -> None:
    got = ask(sandbox, model="deepseek/deepseek-r1").json
    message = got["choices"][0]["message"]
    assert message["reasoning"] == message["reasoning_details"][0]["text"] != ""
    assert got["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0
    events = ask(sandbox, model="deepseek/deepseek-r1", stream=True).events[:-1]
    assert (
        "".join(event["choices"][0]["delta"].get("reasoning", "") for event in events)
        == message["reasoning"]
    )
    assert (
        ask(sandbox, model="deepseek/deepseek-r1", reasoning={"enabled": False}).json["choices"][0][
            "message"
        ]["reasoning"]
        is None
    )


def test_cached_and_written_tokens_have_their_prices(sandbox: Sandbox) -> None:
    def usage(prompt: str) -> Any:
        more = {"model": "anthropic/claude-sonnet-4.6", "cache_control": {"type": "ephemeral"}}
        return ask(sandbox, prompt, **more).json["usage"]

    first, second = usage("x" * 8000), usage("x" * 12000)
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    cached, written = (
        second["prompt_tokens_details"][key] for key in ("cached_tokens", "cache_write_tokens")
    )
    assert cached > 0 and written > 0
    plain = second["prompt_tokens"] - cached - written
    assert second["cost"] == (
        plain * Decimal("0.0000031")
        + cached * Decimal("0.00000031")
        + written * Decimal("0.000003875")
        + second["completion_tokens"] * Decimal("0.0000155")
    )


def test_free_model_costs_nothing(sandbox: Sandbox) -> None:
    assert ask(sandbox, model="meta-llama/llama-3.3-70b-instruct:free").json["usage"]["cost"] == 0
    assert sandbox.bill[0]["cost"] == "0"


# ---- refusals


def test_key_is_needed(sandbox: Sandbox) -> None:
    for key, message in (
        ("", "No cookie auth credentials found"),
        ("wrong", "User not found."),
        ("sk-or-", "User not found."),
    ):
        got = fetch(
            sandbox,
            "POST",
            "/chat/completions",
            b'{"messages":[{"role":"user","content":"x"}]}',
            key,
        )
        assert got.status == 401 and got.json["error"] == {"code": 401, "message": message}
        assert got.headers["x-generation-id"].startswith("gen-")
    assert (
        fetch(sandbox, "GET", "/key", key="").status == 401
        and fetch(sandbox, "GET", "/models", key="").status == 200
    )
    assert sandbox.bill == []
    with Sandbox(auth=False) as open_to_all:
        assert (
            fetch(
                open_to_all,
                "POST",
                "/chat/completions",
                b'{"messages":[{"role":"user","content":"x"}]}',
                "",
            ).status
            == 200
        )


@pytest.mark.parametrize(
    "body, message",
    [
        (b"{}", 'Input required: specify "prompt" or "messages"'),
        (b"{", "Input must have at least 1 token."),
        (b"[" * 100_000, "Input must have at least 1 token."),
        (b'{"model":"no/such","messages":[{}]}', "no/such is not a valid model ID"),
        (b'{"model":"sandbox/no-such","messages":[{}]}', "sandbox/no-such is not a valid model ID"),
    ],
)
def test_bad_requests(sandbox: Sandbox, body: bytes, message: str) -> None:
    got = fetch(sandbox, "POST", "/chat/completions", body)
    assert (
        got.status == 400
        and got.json["error"]["code"] == 400
        and got.json["error"]["message"] == message
    )
    assert "x-generation-id" in got.headers and sandbox.bill == []


def test_unknown_path(sandbox: Sandbox) -> None:
    assert fetch(sandbox, "GET", "/nothing").json["error"]["code"] == 404


# ---- other requests


def test_requests_are_kept_without_the_key(sandbox: Sandbox) -> None:
    fetch(sandbox, "POST", "/chat/completions", b' {"messages" : [{}]}')
    fetch(sandbox, "GET", "/models?q=x", key="")
    first, second = sandbox.requests
    assert (
        first.body == b' {"messages" : [{}]}'
        and first.authorized
        and first.headers["authorization"] == "Bearer …"
    )
    assert KEY not in repr(sandbox.requests)
    assert (
        second.path == "/api/v1/models?q=x"
        and not second.authorized
        and "authorization" not in second.headers
    )
    assert fetch(sandbox, "GET", "/_sandbox/count").json == {"count": 2}


def test_models(sandbox: Sandbox) -> None:
    got = fetch(sandbox, "GET", "/models").json
    assert got["total_count"] == len(got["data"]) >= 8 and got["links"] == {"next": None}
    for model in got["data"]:
        assert {
            "id",
            "canonical_slug",
            "name",
            "created",
            "context_length",
            "architecture",
            "pricing",
            "top_provider",
            "supported_parameters",
        } <= set(model)
        assert all(
            isinstance(price, str) and Decimal(price) >= 0 for price in model["pricing"].values()
        )


def test_key_info(sandbox: Sandbox) -> None:
    cost = ask(sandbox).json["usage"]["cost"]
    assert fetch(sandbox, "GET", "/key").json["data"]["usage"] == cost


def test_generation(sandbox: Sandbox) -> None:
    reply = ask(sandbox).json
    path = f"/generation?id={reply['id']}"
    data = fetch(sandbox, "GET", path).json["data"]
    assert (
        data["id"] == reply["id"] and data["total_cost"] == data["usage"] == reply["usage"]["cost"]
    )
    assert (
        data["native_tokens_prompt"] == reply["usage"]["prompt_tokens"]
        and data["cancelled"] is False
    )
    assert (
        data["provider_name"] == "OpenAI"
        and data["model"] == "openai/gpt-4o-mini"
        and data["streamed"] is False
    )
    sandbox.generation_delay = 60
    late = fetch(sandbox, "GET", path)
    assert late.status == 404 and late.json == {
        "error": {"message": f"Generation {reply['id']} not found", "code": 404}
    }
