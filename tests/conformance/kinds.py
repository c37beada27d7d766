"""Every kind of request that the client sends, and every kind of answer that the sandbox gives."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any, Callable

import wayfare
from wayfare.sandbox import Reply, ToolCall

MINI, FOUR, SONNET, R1 = (
    "openai/gpt-4o-mini",
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4.6",
    "deepseek/deepseek-r1",
)
FORM = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells the weather.", "parameters": FORM},
}
AS_FORM = {"type": "json_schema", "json_schema": {"name": "place", "schema": FORM, "strict": True}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY"
    "42YAAAAASUVORK5CYII="
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A call of the client, and the answers that the sandbox has ready for each of its requests."""

    call: Callable[[wayfare.Client], object]
    reply: Any = None


def _chat(*words: Any, **body: Any) -> Callable[[wayfare.Client], object]:
    return lambda client: client.chat(*(words or ("Hello",)), **{"model": MINI, **body})


def _stream(**body: Any) -> Callable[[wayfare.Client], object]:
    return lambda client: client.stream("Hello", **{"model": MINI, **body}).reply


def _parts(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]


def _turn_with_tools(client: wayfare.Client) -> None:
    """The call of a tool, and its result."""
    asked = {"role": "user", "content": "Use the tool."}
    reply = client.chat([asked], model=R1, tools=[TOOL])
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "Sunny."} for call in reply.tool_calls
    ]
    assert results and reply.message is not None
    client.chat([asked, reply.message, *results], model=R1, tools=[TOOL])


def _generation(client: wayfare.Client) -> None:
    """A stream that is left early, whose cost is looked up."""
    with client.stream("Hello", model=MINI) as stream:
        next(iter(stream))
    assert client.reconcile().settled == 1


def _failed(model: str, **body: Any) -> Callable[[wayfare.Client], object]:
    def call(client: wayfare.Client) -> None:
        with contextlib.suppress(wayfare.Error):
            client.chat("Hello", model=model, route={"retries": 0}, **body)
            raise AssertionError(f"{model} does not fail")

    return call


def _failed_stream(model: str) -> Callable[[wayfare.Client], object]:
    def call(client: wayfare.Client) -> None:
        with contextlib.suppress(wayfare.Error):
            _ = client.stream("Hello", model=model, route={"retries": 0}).reply
            raise AssertionError(f"{model} does not fail")

    return call


STATUSES = (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524, 529)
NAMED = (
    "no-key key-limit in-flight guardrail context-length prompt-too-long content-policy "
    "reasoning-mandatory free-daily free-minute insufficient-quota model-not-found "
    "model-deprecated region capacity unavailable"
).split()
TEXT = Reply(text="Two words, and a cost.")
KINDS: dict[str, Kind] = {
    "plain": Kind(_chat()),
    "parameters": Kind(
        _chat(
            temperature=0.5,
            top_p=0.9,
            top_k=40,
            min_p=0.1,
            top_a=0.1,
            frequency_penalty=0.1,
            presence_penalty=-0.1,
            repetition_penalty=1.1,
            seed=7,
            stop=["END"],
            max_completion_tokens=50,
            logit_bias={"50256": -100},
            logprobs=True,
            top_logprobs=2,
        )
    ),
    "null parameters": Kind(_chat(temperature=None, stop=None, max_tokens=None)),
    "system and developer": Kind(
        _chat(
            [
                {"role": "system", "content": "Be short."},
                {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": "Hello", "name": "Ada"},
                {"role": "assistant", "content": "Hel"},
            ]
        )
    ),
    "stream": Kind(_stream()),
    "stream of reasoning": Kind(_stream(model=R1)),
    "stream of a tool call": Kind(_stream(tools=[TOOL], tool_choice="required")),
    "stream with router metadata": Kind(_stream(headers={"X-OpenRouter-Metadata": "enabled"})),
    "stream without usage": Kind(_stream(stream_options=None)),
    "tools and results": Kind(_turn_with_tools),
    "a chosen tool": Kind(
        _chat(
            tools=[TOOL],
            tool_choice={"type": "function", "function": {"name": "weather"}},
            parallel_tool_calls=False,
        )
    ),
    "several tool calls": Kind(
        _chat(tools=[TOOL]),
        Reply(tools=[ToolCall("weather", {"city": "Rome"}), ToolCall("weather", {"city": "Oslo"})]),
    ),
    "JSON": Kind(_chat(response_format={"type": "json_object"})),
    "JSON by a schema": Kind(_chat(response_format=AS_FORM)),
    "image": Kind(
        _chat(_parts({"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}))
    ),
    "file": Kind(
        _chat(
            _parts(
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
                }
            )
        )
    ),
    "audio": Kind(
        _chat(
            _parts({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}),
            model="google/gemini-2.5-flash",
        )
    ),
    "image in the answer": Kind(
        _chat(modalities=["text", "image"]), Reply("Look.", images=[PIXEL])
    ),
    "annotations": Kind(
        _chat(),
        Reply(
            "It is so.",
            annotations=[
                {
                    "type": "url_citation",
                    "url_citation": {
                        "url": "https://example.com",
                        "title": "Example",
                        "content": "So.",
                        "start_index": 0,
                        "end_index": 0,
                    },
                }
            ],
        ),
    ),
    "refusal": Kind(_chat(), Reply(refusal="No.")),
    "reasoning by effort": Kind(_chat(model=R1, reasoning={"effort": "low"})),
    "reasoning by tokens": Kind(_chat(model=R1, reasoning={"max_tokens": 2000, "exclude": True})),
    "prompt cache": Kind(_chat("word " * 4000, model=SONNET, cache_control={"type": "ephemeral"})),
    "provider options": Kind(
        _chat(
            provider={
                "order": ["azure", "openai"],
                "ignore": ["groq"],
                "only": ["azure", "openai"],
                "allow_fallbacks": False,
                "require_parameters": True,
                "data_collection": "deny",
                "zdr": True,
                "sort": "price",
                "max_price": {"prompt": "1", "completion": "2"},
            }
        )
    ),
    "prices as numbers": Kind(_chat(provider={"max_price": {"prompt": 1, "completion": 2}})),
    "fallbacks of the server": Kind(_chat(models=[FOUR])),
    "fallbacks of the client": Kind(
        lambda client: client.chat("Hello", route={"models": [MINI, FOUR]}), [503, TEXT]
    ),
    "at most a cost": Kind(_chat(route={"max_cost": "0.05"})),
    "metadata and session": Kind(
        _chat(
            metadata={"ticket": "7"},
            session_id="a session",
            user="ada",
            trace={"trace_id": "a trace"},
            headers={"X-OpenRouter-Metadata": "enabled"},
        )
    ),
    "service tier": Kind(_chat(service_tier="default", usage={"include": True})),
    "own key at the provider": Kind(_chat(model="sandbox/byok")),
    "no usage": Kind(_chat(model="sandbox/no-usage")),
    "no cost": Kind(_chat(model="sandbox/no-cost")),
    "models": Kind(lambda client: client.models()),
    "models of a key": Kind(lambda client: client.models(of_key=True)),
    "key and credits": Kind(lambda client: client.key_info()),
    "generation": Kind(_generation, Reply("word " * 40, pace=0.02)),
    "unknown model": Kind(_failed("nobody/nothing")),
    **{f"status {status}": Kind(_failed(f"sandbox/status-{status}")) for status in STATUSES},
    **{name: Kind(_failed(f"sandbox/{name}")) for name in NAMED},
    "error in a 200": Kind(_failed("sandbox/error-in-200")),
    "error in a choice": Kind(_failed("sandbox/error-midstream")),
    "error in a stream": Kind(_failed_stream("sandbox/error-midstream")),
    "error at a stream's start": Kind(_failed_stream("sandbox/error-first-event")),
    "usage without choices": Kind(_stream(model="sandbox/usage-empty-choices")),
}

# What the client does not ask for, and the sandbox answers all the same.
PATHS = (
    f"/model/{MINI}",
    f"/models/{R1}/endpoints",
    "/models/count",
    "/models?limit=2&offset=1",
    "/endpoints/zdr",
    "/providers",
    "/generation?id=gen-0-nobody",
    "/models/nobody/nothing/endpoints",
)
