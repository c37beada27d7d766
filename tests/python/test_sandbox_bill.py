"""Every fault of the sandbox, plain and streamed. A billed attempt is settled to the last digit or
unknown, and never void.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Sandbox, faults

SIZES = {"slow": 5, "long": 300, "big": 300, "image": 1}
ENDLESS = {"heartbeats"}  # only the deadline of a call ends it
FAULTS = [f"{name}-{SIZES[name]}" if name in SIZES else name for name in faults.FAULTS]
FAULTS = [name for name in FAULTS if name not in ENDLESS]
# The client gets all of the answer, in whatever form.
WHOLE = [
    name
    for name in FAULTS
    if faults.named(name).fault.outcome == "completed" and name != "running-usage"
]


def call(client: wayfare.Client, model: str, streamed: bool) -> str | None:
    """Makes a call. Returns the code of its error, or None."""
    try:
        if not streamed:
            client.chat("Tell me something", model=model)
        else:
            with client.stream("Tell me something", model=model) as stream:
                text = "".join(event.text or "" for event in stream)
            assert stream.reply.text == text
    except wayfare.Error as error:
        assert error.advice and "\n" not in str(error)
        return error.code
    return None


@pytest.mark.slow
def test_the_ledger_agrees_with_the_bill(open_client: Any) -> None:
    with Sandbox() as sandbox:
        client = open_client(sandbox.base_url, first_byte_timeout=0.5, idle_timeout=0.5)
        codes = {}
        for fault in FAULTS:
            for streamed in (False, True):
                codes[fault, streamed] = call(client, f"sandbox/{fault}", streamed)
        for model in ("openai/gpt-4o-mini", "anthropic/claude-3-haiku"):
            assert call(client, model, True) is None
        # the server bills a disconnected client when it notices the disconnect
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and len(sandbox.bill) < len(
            [e for e in client.entries() if e.state != "void"]
        ):
            time.sleep(0.05)
        bill = {line["generation_id"]: Decimal(line["cost"]) for line in sandbox.bill}
        entries = list(client.entries())

    assert len(entries) == len(FAULTS) * 2 + 2  # one row for each attempt
    settled = [e for e in entries if e.state == "settled"]
    for entry in settled:
        assert entry.cost is None or entry.cost == bill[entry.generation_id], entry
    assert sum(e.cost or 0 for e in settled) == sum(
        bill[e.generation_id] for e in settled if e.cost is not None
    )
    void = [e.requested_model for e in entries if e.state == "void" and e.generation_id in bill]
    assert not void
    known = {e.generation_id for e in entries if e.state != "void"}
    nameless = [e for e in entries if e.state == "unknown" and e.generation_id is None]
    # the faults without a generation id: silent, hangup
    assert len(set(bill) - known) <= len(nameless)

    expected = {
        "cut": ("connection_lost", "stream_broken"),
        "stall": ("idle_timeout", "idle_timeout"),
        "no-finish": (None, "stream_broken"),
    }
    for fault, (plain, broken) in expected.items():
        assert codes[fault, True] == broken, fault
        assert codes[fault, False] == plain, fault
    for fault in WHOLE:
        assert codes[fault, False] is None and codes[fault, True] is None, fault


@pytest.mark.parametrize("prompt", ["please use a tool", "think about it"])
def test_the_message_of_a_reply_can_be_sent_back(open_client: Any, prompt: str) -> None:
    """reply.message is sent back unchanged, followed by the answer of the tool."""
    tools = [
        {
            "type": "function",
            "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}},
        }
    ]
    with Sandbox() as sandbox:
        client = open_client(sandbox.base_url)
        messages: list[Any] = [{"role": "user", "content": prompt}]
        for streamed in (False, True):
            if streamed:
                with client.stream(messages, tools=tools) as stream:
                    reply = stream.reply
            else:
                reply = client.chat(messages, tools=tools)
            messages.append(reply.message)
            for tool_call in reply.tool_calls:
                assert tool_call.name == "look_up" and reply.finish_reason == "tool_calls"
                messages.append({"role": "tool", "tool_call_id": tool_call.id, "content": "found"})
            messages.append({"role": "user", "content": prompt})
        assert client.chat(messages).text
