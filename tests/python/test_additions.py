"""What wayfare adds to a body: the caller can leave it out, and a server can refuse it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import wayfare

REFUSAL = {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}


class Strict:
    """A server that refuses the members `refused`, with status 422 and the words `refusal`."""

    def __init__(self, raw_server: Any, wire: Any, refused: str, refusal: dict[str, Any]) -> None:
        self.wire, self.refused, self.refusal = wire, refused, refusal
        self.bodies: list[dict[str, Any]] = []
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                connection.reply(b'{"data":[]}')
                continue
            self.bodies.append(json.loads(request[1]))
            if self.refused in self.bodies[-1]:
                connection.reply(json.dumps(self.refusal).encode(), status=422)
                continue
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(self.wire.delta("Hello") + b"data: [DONE]\n\n")
            connection.chunk(b"")


def test_refused_stream_options_are_left_out_in_a_second_try(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Strict(raw_server, wire, "stream_options", REFUSAL)
    client = open_client(server.base_url, dialect="openai", retries=0)
    reply = client.stream("Hello", model="m/one").reply
    assert [sorted(body) for body in server.bodies] == [
        ["messages", "model", "stream", "stream_options"],
        ["messages", "model", "stream"],
    ]
    assert (reply.text, reply.added) == ("Hello", ["stream"])
    assert [attempt.state for attempt in reply.attempts] == ["void", "settled"]
    assert [line.partition(",")[0] for line in reply.warnings] == [
        "the server refuses stream_options",
        "the server told no usage",
    ]
    entries = sorted(client.entries(), key=lambda entry: entry.entry)
    assert [(entry.state, entry.error) for entry in entries] == [
        ("void", "bad_request"),
        ("settled", None),
    ]


def test_none_leaves_stream_options_out(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Strict(raw_server, wire, "stream_options", REFUSAL)
    client = open_client(server.base_url, dialect="openai")
    reply = client.stream("Hello", model="m/one", stream_options=None, seed=None).reply
    (body,) = server.bodies
    assert sorted(body) == ["messages", "model", "seed", "stream"]
    assert (reply.text, reply.added, len(reply.attempts)) == ("Hello", ["stream"], 1)
    (warning,) = reply.warnings
    assert "told no usage" in warning


def test_a_refused_limit_of_a_budget_is_named_and_never_left_out(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    refusal = {"error": {"message": "Unsupported parameter: 'max_completion_tokens'"}}
    server = Strict(raw_server, wire, "max_completion_tokens", refusal)
    client = open_client(server.base_url)
    client.budget("team", limit="1000", window="day")
    with pytest.raises(wayfare.Error) as raised:
        client.stream("Hello", model="openai/gpt-4o-mini").reply  # noqa: B018
    assert raised.value.code == "bad_request"
    assert 'because the budget "team" limits the cost' in (raised.value.advice or "")
    assert len(server.bodies) == 1 and [entry.state for entry in client.entries()] == ["void"]


MISPLACED = {
    "timeout": "route.deadline",
    "max_retries": "route.retries",
    "extra_headers": "headers",
    "extra_body": "members of the body",
    "extra_query": "no query",
    "api_key": "the option api_key",
    "base_url": "the option base_url",
    "organization": "OpenAI-Organization",
    "user_id": "charge_to.user",
    "max_cost": "route.max_cost",
}


@pytest.mark.parametrize("name", MISPLACED)
def test_a_keyword_that_is_no_member_is_refused_with_its_place(name: str, tmp_path: Any) -> None:
    ledger = tmp_path / "l"
    with wayfare.Client(api_key="k", base_url="http://127.0.0.1:9", ledger=ledger) as client:
        calls: list[Any] = [client.chat, client.stream, client.select]
        for call in calls:
            for value in (5, None):
                with pytest.raises(wayfare.Error, match=rf"^invalid: {name}: no member") as raised:
                    call("Hello", **{name: value})
                assert raised.value.code == "invalid"
                assert MISPLACED[name] in (raised.value.advice or "")
    assert not ledger.exists()


def test_real_members_pass_and_odd_ones_are_warned_of(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    bodies: list[dict[str, Any]] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            bodies.append(json.loads(request[1]))
            connection.reply(wire.completion())

    client = open_client(raw_server(serve).base_url)
    reply = client.chat("Hello", metadata={"a": "b"}, user="u", seed=1)
    assert reply.warnings == []
    reply = client.chat("Hello", temprature=1, brand_new=2)
    (warning,) = reply.warnings
    assert warning.endswith('"temprature" as it is: did you mean temperature?')
    body = {"model": "m/one", "messages": [{"role": "user", "content": "Hello"}], "timeout": 5}
    reply = client.chat(body_json=json.dumps(body))
    (warning,) = reply.warnings
    assert '"timeout" as it is: give it as route.deadline' in warning
    assert bodies[-1] == body and bodies[-2]["temprature"] == 1
