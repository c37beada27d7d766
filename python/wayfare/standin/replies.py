"""The replies of the stand-in, as one body or as a stream of events.

Equal requests get replies with equal words.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import secrets
import string
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .catalogue import Json, Model, Tokens

COMMENT = b": OPENROUTER PROCESSING\n\n"
_ALNUM = string.ascii_letters + string.digits
_MARK = secrets.token_hex(8)  # random, so that no prompt can contain it and pass for a number
_MARKED = re.compile(f'"{_MARK}([0-9.]+)"')
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=lambda exact: f"{_MARK}{plain(exact)}"
)


def dumps(value: object) -> bytes:
    """Returns compact JSON. A Decimal becomes a number with all its digits, unlike a float."""
    text = _ENCODER.encode(value)
    return (_MARKED.sub(r"\1", text) if _MARK in text else text).encode("utf-8", "replace")


def plain(amount: Decimal) -> str:
    """Returns decimal text without an exponent or trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def new_id() -> str:
    return f"gen-{int(time.time())}-{''.join(secrets.choice(_ALNUM) for _ in range(20))}"


@dataclasses.dataclass(frozen=True)
class Part:
    """One write to the connection, or one act on the connection."""

    kind: str  # comment, delta, finish, usage, done, body, error; or an act: stall, close, reset
    data: bytes = b""
    wait: float = 0.0  # seconds before the write or the act


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int  # 0: no status line is sent
    parts: Iterator[Part]
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class ToolCall:
    id: str
    name: str
    arguments: str


@dataclasses.dataclass(frozen=True)
class Reply:
    id: str
    created: int
    model: Model
    tokens: Tokens
    cost: Decimal  # what the server bills
    reasoning: list[str]  # each text is one delta
    text: list[str]
    tool: ToolCall | None
    finish: str | None
    usage: Json | None
    # the choices in the usage chunk: the finish reason "repeated", a "null" one, or "empty"
    usage_choices: str = "repeated"
    upstream: Decimal | None = None  # what the provider bills directly (BYOK)


# ---- from the request to the reply


def pieces(text: str) -> list[str]:
    """Cuts the text into deltas. The deltas together are the text."""
    return re.findall(r"\s?\S{1,6}|\s", text)


def weight(piece: str) -> int:
    """Returns the tokens of one delta: 1 for each delta that pieces() makes."""
    return max(1, len(piece) // 8)


def _text_of(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def prompt_of(body: Json) -> str:
    """Returns the text of the user's last message."""
    asked = [
        _text_of(message)
        for message in body["messages"]
        if isinstance(message, dict) and message.get("role") == "user"
    ]
    return asked[-1] if asked else ""


def _prompt_tokens(body: Json) -> int:
    """Counts 4 tokens per message, and 1 token per 4 characters of the messages and the tools."""
    texts = [_text_of(message) for message in body["messages"] if isinstance(message, dict)]
    tools = json.dumps(body["tools"]) if body.get("tools") else ""
    return sum(4 + (len(text) + 3) // 4 for text in texts) + (len(tools) + 3) // 4


def _example(schema: object) -> object:
    """Returns a value that matches a simple JSON schema."""
    if not isinstance(schema, dict):
        return "word"
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties")
        return (
            {key: _example(value) for key, value in properties.items()}
            if isinstance(properties, dict)
            else {}
        )
    kind = schema.get("type")
    plain_values = {"integer": 7, "number": 1.5, "boolean": True, "array": [], "null": None}
    return plain_values.get(kind, "word") if isinstance(kind, str) else "word"


def _tool_call(body: Json) -> ToolCall | None:
    """Returns a tool call if the user's message mentions a tool, or if the request requires one."""
    tools = body.get("tools")
    offered = (
        [tool.get("function") for tool in tools if isinstance(tool, dict)]
        if isinstance(tools, list)
        else []
    )
    functions: list[Json] = [function for function in offered if isinstance(function, dict)]
    last, choice = body["messages"][-1], body.get("tool_choice")
    if (
        not functions
        or choice == "none"
        or not isinstance(last, dict)
        or last.get("role") != "user"
    ):
        return None
    named = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    if (
        not named
        and choice != "required"
        and not re.search(r"\btools?\b", prompt_of(body), re.IGNORECASE)
    ):
        return None
    function = next(
        (function for function in functions if function.get("name") == named), functions[0]
    )
    arguments = json.dumps(
        _example(function.get("parameters") or {"type": "object"}), ensure_ascii=False
    )
    digest = hashlib.sha256((prompt_of(body) + arguments).encode("utf-8", "replace")).hexdigest()
    return ToolCall(f"call_{digest[:24]}", str(function.get("name")), arguments)


def _reasoning(body: Json, model: Model) -> list[str]:
    wish = body.get("reasoning")
    wish = wish if isinstance(wish, dict) else {}
    if (
        not model.reasons
        or wish.get("enabled") is False
        or wish.get("effort") == "none"
        or wish.get("exclude")
    ):
        return []
    return pieces("The user wants an answer. I have one that is always the same.")


def _words(prompt: str) -> list[str]:
    asked = prompt if len(prompt) <= 200 else prompt[:200] + "…"
    return pieces(
        f"You said: “{asked}”. This answer comes from a stand-in that thinks nothing, "
        f"counts tokens and bills them."
    )


def _cut(words: list[str], limit: int) -> tuple[list[str], int]:
    """Returns the first words within the token limit, and their tokens."""
    spent = 0
    for at, word in enumerate(words):
        if spent + weight(word) > limit:
            return words[:at], spent
        spent += weight(word)
    return words, spent


def make(generation_id: str, body: Json, model: Model, words: list[str] | None = None) -> Reply:
    """Makes the reply to a valid request. `words` replace the usual words."""
    limit = next(
        (
            n
            for n in (body.get("max_completion_tokens"), body.get("max_tokens"))
            if isinstance(n, int)
        ),
        1 << 62,
    )
    reasoning, reasoned = _cut(_reasoning(body, model), limit)
    tool = _tool_call(body) if words is None else None
    said = (
        pieces(tool.arguments) if tool else words if words is not None else _words(prompt_of(body))
    )
    kept, spent = _cut(said, limit - reasoned)
    finish = "length" if len(kept) < len(said) else "tool_calls" if tool else "stop"
    if tool:
        tool, kept = dataclasses.replace(tool, arguments="".join(kept)), []
    prompt = _prompt_tokens(body)
    tokens = Tokens(prompt, reasoned + spent, model.cached(prompt), model.written(prompt), reasoned)
    cost = model.prompt_cost(tokens) + model.completion_cost(tokens)
    created = int(generation_id.split("-")[1])
    return Reply(
        generation_id,
        created,
        model,
        tokens,
        cost,
        reasoning,
        kept,
        tool,
        finish,
        _usage(model, tokens),
    )


def _usage(model: Model, tokens: Tokens) -> Json:
    prompt, completion = model.prompt_cost(tokens), model.completion_cost(tokens)
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": prompt + completion,
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": prompt + completion,
            "upstream_inference_prompt_cost": prompt,
            "upstream_inference_completions_cost": completion,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "image_tokens": 0,
            "audio_tokens": 0,
        },
    }


# ---- from the reply to bytes


def native(reply: Reply) -> str | None:
    return reply.model.stop_word if reply.finish == "stop" else reply.finish


def _detail(text: str) -> Json:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}


def body(reply: Reply, error: Json | None = None) -> bytes:
    """Returns the whole reply as one body.

    With an error, `reply` has the part that came before the provider failed.
    """
    reasoning = "".join(reply.reasoning)
    message: Json = {
        "role": "assistant",
        "content": None if reply.tool else "".join(reply.text),
        "refusal": None,
    }
    message["reasoning"] = reasoning or None
    if reasoning:
        message["reasoning_details"] = [_detail(reasoning)]
    if reply.tool:
        function = {"name": reply.tool.name, "arguments": reply.tool.arguments}
        message["tool_calls"] = [
            {"index": 0, "id": reply.tool.id, "type": "function", "function": function}
        ]
    choice: Json = {
        "index": 0,
        "logprobs": None,
        "finish_reason": reply.finish,
        "native_finish_reason": native(reply),
    }
    choice["message"] = message
    if error:
        choice.update(finish_reason="error", error=error)
    whole: Json = {
        "id": reply.id,
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model.id,
        "provider": reply.model.provider,
        "system_fingerprint": None,
        "choices": [choice],
    }
    if reply.usage is not None:
        whole["usage"] = reply.usage
    return dumps(whole)


def event(reply: Reply, choices: list[Any], **more: object) -> bytes:
    """One event of a stream."""
    return b"data: %s\n\n" % dumps(
        {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created,
            "model": reply.model.id,
            "provider": reply.model.provider,
            "choices": choices,
            **more,
        }
    )


def choice(delta: Json, finish: str | None = None, native: str | None = None) -> Json:
    return {
        "index": 0,
        "delta": {**delta, "role": "assistant"},
        "finish_reason": finish,
        "native_finish_reason": native,
    }


def _deltas(reply: Reply) -> Iterator[Json]:
    for thought in reply.reasoning:
        yield {"content": "", "reasoning": thought, "reasoning_details": [_detail(thought)]}
    for word in reply.text:
        yield {"content": word}
    if reply.tool:
        start = {
            "index": 0,
            "id": reply.tool.id,
            "type": "function",
            "function": {"name": reply.tool.name, "arguments": ""},
        }
        yield {"content": None, "tool_calls": [start]}
        for piece in pieces(reply.tool.arguments):
            yield {"content": None, "tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def count_deltas(reply: Reply) -> int:
    return sum(1 for _ in _deltas(reply))


def stream(reply: Reply) -> Iterator[Part]:
    """Yields the reply as events. Each event is made when it is sent."""
    yield Part("comment", COMMENT)
    for delta in _deltas(reply):
        yield Part("delta", event(reply, [choice(delta)]))
    yield Part("finish", event(reply, [choice({"content": ""}, reply.finish, native(reply))]))
    if reply.usage is not None:
        closing = {
            "repeated": [choice({"content": ""}, reply.finish, native(reply))],
            "null": [choice({"content": ""})],
            "empty": [],
        }[reply.usage_choices]
        yield Part("usage", event(reply, closing, usage=reply.usage))
    yield Part("done", b"data: [DONE]\n\n")
