"""Prompts and answers in spans, and the names of OpenInference: for those who ask for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import wayfare

if TYPE_CHECKING:
    from seen import Seen

Traced = Callable[..., wayfare.Client]


def test_tools_and_content_if_they_are_asked_for(traced: Traced, seen: Seen) -> None:
    client = traced(content=True)
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "look"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    reply = client.chat(messages, tools=tools)
    attributes = seen.call.attributes
    assert json.loads(attributes["gen_ai.input.messages"]) == [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "look"},
                {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"},
            ],
        },
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": "{}"}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "42"}]},
    ]
    [definition] = json.loads(attributes["gen_ai.tool.definitions"])
    assert definition == {"type": "function", "name": "f", "parameters": {}}
    [answer] = json.loads(attributes["gen_ai.output.messages"])
    assert answer["role"] == "assistant" and answer["finish_reason"] == reply.finish_reason
    assert reply.tool_calls or answer["parts"] == [{"type": "text", "content": reply.text}]
    assert len(answer["parts"]) == (reply.text != "") + len(reply.tool_calls)


@pytest.mark.parametrize("messages", [[{"role": "assistant", "tool_calls": 5}], [7], [{"a": {1}}]])
def test_odd_content_breaks_no_call(traced: Traced, seen: Seen, messages: Any) -> None:
    client = traced(content=True, openinference=True)
    plain: list[str] = []
    for one in (client, client.with_options()):
        try:
            one.chat(messages)
            plain.append("answered")
        except wayfare.Error as error:
            plain.append(error.code)
    assert len(seen.calls) == 2 and plain[0] == plain[1] != "internal"


def test_openinference(traced: Traced, seen: Seen) -> None:
    message = {"role": "user", "content": "hi"}
    body = json.dumps({"model": "openai/gpt-4o-mini", "messages": [message], "top_p": 0.5})
    client = traced(openinference=True, provider="openrouter")
    reply = client.chat(body_json=body)
    attributes = seen.call.attributes
    expected = {
        "openinference.span.kind": "LLM",
        "llm.model_name": reply.model,
        "llm.provider": "openrouter",
        "llm.token_count.prompt": reply.usage.prompt_tokens,
        "llm.token_count.completion": reply.usage.completion_tokens,
        "llm.token_count.total": reply.usage.total_tokens,
        "llm.cost.total": float(reply.cost or 0),
        "llm.invocation_parameters": '{"top_p": 0.5}',
        "llm.finish_reason": "stop",
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert not [name for name in attributes if name.startswith(("input.", "output."))]
    assert seen.attempts(seen.call)[0].attributes["openinference.span.kind"] == "CHAIN"


def test_openinference_names_are_those_of_its_package(seen: Seen) -> None:
    constants = pytest.importorskip("openinference.semconv.trace").SpanAttributes
    from wayfare.telemetry import _names

    known = {value for name, value in vars(constants).items() if name.isupper()}
    own = {value for name, value in vars(_names).items() if name.startswith("OI_")}
    assert own | {_names.KIND} <= known and len(own) > 15


def test_openinference_content(traced: Traced, seen: Seen) -> None:
    reply = traced(openinference=True, content=True).chat("hello")
    attributes = seen.call.attributes
    assert attributes["llm.input_messages.0.message.content"] == "hello"
    assert attributes["llm.input_messages.0.message.role"] == "user"
    assert attributes["llm.output_messages.0.message.content"] == reply.text
    assert json.loads(attributes["input.value"])["messages"][0]["content"] == "hello"
    assert Decimal(attributes["wayfare.cost_usd"]) == reply.cost


@pytest.mark.parametrize("answer", ["yes", "y" * 1_100_000])
def test_content_that_is_too_long_is_named(
    seen: Seen, raw_server: Any, open_client: Traced, wire: Any, answer: str
) -> None:
    from wayfare import telemetry

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(answer))

    client = open_client(raw_server(serve).base_url)
    with telemetry.instrument(client, content=True, openinference=True, **seen.providers):
        client.chat("x" * 1_100_000)
    left_out = ["gen_ai.input.messages", "input.value"]
    if answer != "yes":
        left_out += ["gen_ai.output.messages", "output.value"]
    assert seen.call.attributes["wayfare.content_left_out"] == tuple(left_out)
    assert seen.call.attributes.get("output.value", answer) == answer
    assert all(len(str(value)) < 1000 for value in seen.call.attributes.values())


def test_many_messages_push_nothing_out(traced: Traced, seen: Seen) -> None:
    client = traced(
        openinference=True,
        content=True,
        labels=("app", "agent", "user", "run"),
        propagate=("body",),
    )
    charge_to: wayfare.types.ChargeTo = {"app": "a", "agent": "b", "user": "c", "run": "d"}
    messages = [{"role": "user", "content": str(number)} for number in range(100)]
    asked: dict[str, Any] = {"max_tokens": 9, "temperature": 1, "top_p": 1, "top_k": 1, "seed": 1}
    asked |= {"stop": "x", "frequency_penalty": 0, "presence_penalty": 0, "session_id": "s"}
    with client.stream(messages, charge_to=charge_to, **asked) as stream:
        list(stream)
    call = seen.call
    assert call.dropped_attributes == 0 and call.attributes["gen_ai.operation.name"] == "chat"
    assert call.attributes["wayfare.content_left_out"] == ("llm.input_messages",)
    assert call.attributes["llm.input_messages.19.message.content"] == "19"
    assert "llm.input_messages.20.message.content" not in call.attributes
    assert len(json.loads(call.attributes["input.value"])["messages"]) == 100


def test_the_names_are_those_of_the_conventions() -> None:
    """The package of the conventions stops before the newest ones, which are named here."""
    package = "opentelemetry.semconv._incubating"
    gen_ai_attributes = pytest.importorskip(f"{package}.attributes.gen_ai_attributes")
    gen_ai_metrics = pytest.importorskip(f"{package}.metrics.gen_ai_metrics")
    from wayfare.telemetry import _names

    if not hasattr(gen_ai_attributes, "GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK"):
        pytest.skip("the package of the conventions is older than these names")
    known = {value for name, value in vars(gen_ai_attributes).items() if name.isupper()}
    known |= {value for name, value in vars(gen_ai_metrics).items() if name.isupper()}
    own = {v for v in vars(_names).values() if isinstance(v, str) and v.startswith("gen_ai.")}
    newest = ("gen_ai.client.inference.", "gen_ai.usage.", "gen_ai.token.modality")
    assert {n for n in own - known if not n.startswith(newest)} == {
        "gen_ai.request.reasoning.level"
    }
    assert len(own & known) > 25
