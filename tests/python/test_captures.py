"""The samples of tests/samples, and recordings if they are available, through the client: whole and
in small pieces.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
RECORDED = Path(__file__).resolve().parents[3] / "shared/openrouter/captures"


def named(pattern: str) -> list[Path]:
    return sorted(SAMPLES.glob(pattern)) + sorted(RECORDED.glob(pattern))


CHATS = [
    p for k in ("json_200_*", "sse_200_*") for p in named(k) if '"chat.completion' in p.read_text()
]


def expected(path: Path) -> dict[str, Any]:
    """Returns the expected result: the recording, read by json with its numbers as text."""
    text = path.read_text()
    if path.suffix == ".json":
        bodies = [json.loads(text, parse_float=Decimal)]
    else:
        lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        bodies = [json.loads(line, parse_float=Decimal) for line in lines if line != "[DONE]"]
    found: dict[str, Any] = {"text": "", "reasoning": "", "usage": {}, "id": bodies[0]["id"]}
    for body in bodies:
        for choice in body.get("choices", []):
            turn = choice.get("message") or choice.get("delta") or {}
            found["text"] += turn.get("content") or ""
            found["reasoning"] += turn.get("reasoning") or turn.get("reasoning_content") or ""
            found["finish"] = choice.get("finish_reason") or found.get("finish")
        found["usage"] = body.get("usage") or found["usage"]
    found["cost"] = exact(found["usage"].get("cost"))
    parts = found["usage"].get("cost_details") or {}
    prompt, completion = (
        exact(parts.get(f"upstream_inference_{name}_cost")) for name in ("prompt", "completions")
    )
    told = None not in (found["cost"], prompt, completion) and not found["usage"].get("is_byok")
    found["non_token_cost"] = found["cost"] - prompt - completion if told else None
    return found


def exact(number: Any) -> Decimal | None:
    return None if number is None else Decimal(number).quantize(Decimal("1e-12"))


@pytest.mark.parametrize("piece", [None, 97, 7, 1])
@pytest.mark.parametrize("path", CHATS, ids=lambda p: p.name)
def test_a_recorded_answer(
    path: Path, piece: int | None, raw_server: Any, open_client: Any
) -> None:
    body = path.read_bytes()
    streamed = path.suffix == ".txt"

    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(
                kind="text/event-stream" if streamed else "application/json",
                Transfer_Encoding="chunked",
            )
            size = piece or len(body)
            wire = b"".join(
                b"%x\r\n%s\r\n" % (len(part), part)
                for part in (body[at : at + size] for at in range(0, len(body), size))
            )
            connection.sock.sendall(wire)
            connection.chunk(b"")

    client = open_client(raw_server(serve).base_url, ledger=":memory:")
    want = expected(path)
    if streamed:
        with client.stream("Hello") as stream:
            text = "".join(event.text or "" for event in stream)
        reply = stream.reply
        assert text == want["text"]
    else:
        reply = client.chat("Hello")
    assert (reply.text, reply.reasoning, reply.finish_reason, reply.generation_id) == (
        want["text"],
        want["reasoning"],
        want["finish"],
        want["id"],
    )
    assert reply.cost == want["cost"]
    assert reply.non_token_cost == want["non_token_cost"] == next(client.entries()).non_token_cost
    if "web_search_annotations" in path.name:
        assert reply.non_token_cost == Decimal("0.007")  # the cost of the search
    usage = want["usage"]
    assert reply.usage.prompt_tokens == usage.get(
        "prompt_tokens"
    ) and reply.usage.completion_tokens == usage.get("completion_tokens")
    assert reply.usage.cached_tokens == (usage.get("prompt_tokens_details") or {}).get(
        "cached_tokens"
    )
    assert reply.usage.reasoning_tokens == (usage.get("completion_tokens_details") or {}).get(
        "reasoning_tokens"
    )
    assert reply.message["role"] == "assistant" and (reply.message["content"] or "") == want["text"]
    (entry,) = client.entries()
    assert (entry.state, entry.cost, entry.generation_id) == ("settled", want["cost"], want["id"])


@pytest.mark.parametrize("path", named("json_4*"), ids=lambda p: p.name)
def test_a_recorded_refusal(path: Path, raw_server: Any, open_client: Any) -> None:
    body = path.read_bytes()
    status = int(path.name.split("_")[1])

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(body, status=status)

    client = open_client(raw_server(serve).base_url)
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    said = json.loads(body)["error"]["message"]
    assert (
        caught.value.status == status
        and said[:40] in str(caught.value)
        and "user_" not in str(caught.value)
    )
