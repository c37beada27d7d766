"""Answers that a test gives, faults that it orders, and what the sandbox tells at the end."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
import wayfare
from sandbox_client import KEY, Got, ask, connect, eventually, text_of
from wayfare.sandbox import Error, Fault, Model, Raw, Reply, Request, Sandbox, ToolCall


def message(got: Got) -> Any:
    assert got.status == 200, got.raw
    return got.json["choices"][0]["message"]


def test_a_queue(sandbox: Sandbox) -> None:
    sandbox.reply("Short.", {"city": "Paris"}, [1, 2], ToolCall("weather", {"city": "Paris"}), 429)
    sandbox.reply("Always.", times=None)
    assert message(ask(sandbox))["content"] == "Short."
    assert json.loads(message(ask(sandbox))["content"]) == {"city": "Paris"}
    assert json.loads(message(ask(sandbox))["content"]) == [1, 2]
    called = ask(sandbox).json["choices"][0]
    assert called["finish_reason"] == "tool_calls" and called["message"]["content"] is None
    assert json.loads(called["message"]["tool_calls"][0]["function"]["arguments"]) == {
        "city": "Paris"
    }
    assert ask(sandbox, "1").status == 429
    assert [message(ask(sandbox, at))["content"] for at in "abc"] == ["Always."] * 3
    assert sandbox.problems() == []


def test_a_function_of_the_request(sandbox: Sandbox) -> None:
    def shout(request: Request) -> str:
        assert request.json["model"] == "openai/gpt-4o" and request.method == "POST"
        return request.text.upper()

    sandbox.reply(shout, model="openai/gpt-4o", times=2)
    assert message(ask(sandbox, "other"))["content"].startswith("You said")
    assert message(ask(sandbox, "hello", model="openai/gpt-4o"))["content"] == "HELLO"
    assert "an answer was not asked for" in sandbox.problems()[0]


def test_a_function_that_fails_is_told(sandbox: Sandbox) -> None:
    sandbox.reply(lambda request: request.json["nothing"])
    got = ask(sandbox)
    assert got.status == 500 and "KeyError: 'nothing'" in got.json["error"]["message"]
    assert "KeyError: 'nothing'" in sandbox.problems()[0]
    sandbox.reset()
    sandbox.reply(lambda request: None)  # type: ignore[arg-type, return-value]
    assert ask(sandbox).status == 500 and "None is no answer" in sandbox.problems()[0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_in_its_parts(sandbox: Sandbox, stream: bool) -> None:
    sandbox.reply(
        Reply(
            "Both.",
            tools=[ToolCall("a", {"x": 1}), ToolCall("b", '{"y": 2}')],
            reasoning="I think.",
            finish="length",
            images=["data:image/png;base64,AA=="],
            annotations=[{"type": "url_citation", "url_citation": {"url": "https://x.example"}}],
            prompt_tokens=1000,
            completion_tokens=50,
            cached_tokens=600,
            reasoning_tokens=20,
        )
    )
    got = ask(sandbox, stream=stream)
    if stream:
        deltas = [event["choices"][0]["delta"] for event in got.events[:-1]]
        assert text_of(got.events) == "Both."
        assert "".join(delta.get("reasoning") or "" for delta in deltas) == "I think."
        usage, finish = got.events[-2]["usage"], got.events[-2]["choices"][0]["finish_reason"]
        calls = [call for delta in deltas for call in delta.get("tool_calls") or ()]
        names = [call["function"]["name"] for call in calls if "name" in call["function"]]
        assert sum(bool(delta.get("images")) for delta in deltas) == 1
    else:
        told = message(got)
        assert told["content"] == "Both." and told["reasoning"] == "I think."
        usage, finish = got.json["usage"], got.json["choices"][0]["finish_reason"]
        names = [call["function"]["name"] for call in told["tool_calls"]]
        assert told["images"] and told["annotations"]
    assert names == ["a", "b"] and finish == "length"
    assert usage["prompt_tokens"] == 1000 and usage["completion_tokens"] == 50
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 20
    exact = 400 * Decimal("0.00000016") + 600 * Decimal("0.00000008") + 50 * Decimal("0.00000064")
    assert usage["cost"] == exact == sandbox.total


def test_a_cost_of_ones_own_and_other_answers(sandbox: Sandbox) -> None:
    sandbox.reply(Reply("x", cost="1.000000000000000001"), Reply(refusal="No."), Fault("no-usage"))
    sandbox.reply(Error(418, "Teapot", {"a": 1}, {"X-Kind": "short"}))
    assert ask(sandbox).json["usage"]["cost"] == Decimal("1.000000000000000001")
    assert message(ask(sandbox))["refusal"] == "No."
    assert "usage" not in ask(sandbox).json
    teapot = ask(sandbox)
    assert teapot.status == 418 and teapot.headers["x-kind"] == "short"
    assert teapot.json["error"] == {"message": "Teapot", "code": 418, "metadata": {"a": 1}}


def test_schemas_are_filled_in(sandbox: Sandbox) -> None:
    schema = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["b", "c"]},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
            "size": {"type": "integer", "minimum": 10},
            "note": {"anyOf": [{"type": "string", "minLength": 9}, {"type": "null"}]},
        },
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    told = json.loads(message(ask(sandbox, response_format=form))["content"])
    assert told == {"kind": "b", "tags": ["word", "word"], "size": 10, "note": "wordwordword"}
    plain = message(ask(sandbox, "hi", response_format={"type": "json_object"}))["content"]
    assert json.loads(plain) == {"you_said": "hi"}


def test_schemas_with_references_are_filled_in(sandbox: Sandbox) -> None:
    schema = {
        "$defs": {
            "City": {"type": "object", "properties": {"name": {"type": "string"}}},
            "Tree": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer"},
                    "leaves": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                    "next": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
                },
            },
        },
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/City"}, "tree": {"$ref": "#/$defs/Tree"}},
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    told = json.loads(message(ask(sandbox, response_format=form))["content"])
    assert told["city"] == {"name": "word"} and told["tree"]["size"] == 7
    assert told["tree"]["leaves"] == [] and told["tree"]["next"]["size"] == 7


def test_mistakes_of_a_test(sandbox: Sandbox) -> None:
    for wrong in (None, True, 1.5, {1, 2}):
        with pytest.raises(TypeError, match="is no answer"):
            sandbox.reply(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there is no fault 'ctu': do you mean 'cut'"):
        sandbox.fault("ctu")
    with pytest.raises(ValueError, match="no status of an error"):
        sandbox.reply(200)
    with pytest.raises(ValueError, match="unknown rule 'x'"):
        sandbox.check(allow=["x"])
    with pytest.raises(ValueError, match="the model a/b has no endpoint"):
        Sandbox(models=[Model("a/b", "B", ())])


# ---- faults


def test_faults_come_as_often_as_ordered(sandbox: Sandbox) -> None:
    sandbox.fault("status-500", times=2)
    sandbox.fault("no-usage", model="openai/gpt-4o")
    assert [ask(sandbox, str(at)).status for at in range(4)] == [500, 500, 200, 200]
    assert "usage" not in ask(sandbox, model="openai/gpt-4o").json
    sandbox.fault("cut", times=1)
    assert sandbox.problems() == ["a fault did not happen: cut"]


def test_faults_by_chance_and_seed() -> None:
    def statuses(seed: int) -> list[int]:
        with Sandbox(seed=seed) as sandbox:
            sandbox.fault("status-503", probability=0.5)
            return [ask(sandbox, str(at)).status for at in range(40)]

    one = statuses(7)
    assert one == statuses(7) != statuses(8) and 8 < Counter(one)[503] < 32


def test_an_answer_may_wait(sandbox: Sandbox) -> None:
    sandbox.reply(Reply("slow", wait=0.4))
    with pytest.raises(TimeoutError):
        ask(sandbox, timeout=0.2)
    with Sandbox(latency=0.5) as late, pytest.raises(TimeoutError):
        ask(late, timeout=0.2)  # half of 500 ms


def test_a_client_that_leaves_pays_for_what_came_where_the_provider_cancels(
    sandbox: Sandbox,
) -> None:
    def left(provider: str) -> None:
        sandbox.reply(Reply("word " * 50, pace=0.02))
        connection = connect(sandbox)
        body: dict[str, Any] = {"stream": True, "messages": [{}], "provider": {"only": [provider]}}
        body["model"] = "anthropic/claude-3-haiku"
        headers = {"Authorization": f"Bearer {KEY}"}
        connection.request("POST", "/api/v1/chat/completions", json.dumps(body), headers)
        with connection.getresponse() as response:
            response.read(1000)
        connection.close()

    left("anthropic")
    left("amazon-bedrock")  # bills on
    assert eventually(lambda: [line["outcome"] for line in sandbox.bill] == ["cancelled"] * 2)
    counts = {line["provider"]: line["completion_tokens"] for line in sandbox.bill}
    assert 0 < counts["Anthropic"] < counts["Amazon Bedrock"] == 51


# ---- the verdict


def rules(sandbox: Sandbox) -> list[str]:
    return [finding.rule for finding in sandbox.verdict]


def test_retries_of_what_is_final(sandbox: Sandbox) -> None:
    sandbox.reply(400, "Good.")
    ask(sandbox, "same")
    ask(sandbox, "other")
    assert rules(sandbox) == []
    sandbox.reply(402)
    ask(sandbox, "again")
    ask(sandbox, "again")
    assert rules(sandbox) == ["retried_what_is_final"]
    with pytest.raises(
        AssertionError, match="again after an error that stays: after the status 402"
    ):
        sandbox.check()
    sandbox.check(allow=["retried_what_is_final"])


def test_retry_after_is_to_be_kept(sandbox: Sandbox) -> None:
    sandbox.reply(429, "Good.")
    ask(sandbox)
    sandbox.advance(1)
    ask(sandbox)
    assert rules(sandbox) == []
    sandbox.reply(503)
    ask(sandbox)
    ask(sandbox)
    assert rules(sandbox) == ["ignored_retry_after"]


@pytest.mark.parametrize("fault", ["error-named", "error-midstream"])
def test_a_part_is_not_the_whole(sandbox: Sandbox, fault: str) -> None:
    text = text_of(ask(sandbox, model=f"sandbox/{fault}", stream=True).events)
    turn = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": text},
        {"role": "user", "content": "Go on"},
    ]
    ask(sandbox, messages=turn)
    assert rules(sandbox) == ["took_a_part_for_the_whole"]
    ask(sandbox, model=f"sandbox/{fault}", stream=True)
    assert rules(sandbox)[1:] == ["retried_after_content"]


def test_the_key_belongs_into_its_header(sandbox: Sandbox) -> None:
    ask(sandbox, "my key is sk-or-v1-test")
    assert rules(sandbox) == ["key_in_body"]
    assert "sk-or-v1-test" not in repr(sandbox.verdict)


def test_reasoning_must_come_back(sandbox: Sandbox) -> None:
    sandbox.reply(Reply(tools=[ToolCall("a")], reasoning="I think."))
    told = message(ask(sandbox))
    answer = {"role": "tool", "tool_call_id": told["tool_calls"][0]["id"], "content": "x"}
    ask(sandbox, messages=[{"role": "user", "content": "Hello"}, told, answer])
    assert rules(sandbox) == []
    del told["reasoning_details"]
    ask(sandbox, messages=[{"role": "user", "content": "Hello"}, told, answer])
    assert rules(sandbox) == ["lost_reasoning_details"]


def test_wayfare_does_nothing_wrong(sandbox: Sandbox, open_client: Any) -> None:
    """Its retries, its fallbacks and the messages that it gives back."""
    client = open_client(sandbox.base_url, retries=2)
    sandbox.reply(429, "Good.", 503, "Better.", 400)
    assert client.chat("a").text == "Good." and client.chat("b").text == "Better."
    with pytest.raises(wayfare.Error, match="400"):
        client.chat("c")
    with pytest.raises(wayfare.Error):
        client.stream("d", model="sandbox/no-finish").reply  # noqa: B018
    for streamed in (False, True):
        sandbox.reply(Reply(tools=[ToolCall("a")], reasoning="I think."), "Done.")
        messages: list[Any] = [{"role": "user", "content": f"e{streamed}"}]
        reply = client.stream(messages).reply if streamed else client.chat(messages)
        call = reply.tool_calls[0]
        messages += [reply.message, {"role": "tool", "tool_call_id": call.id, "content": "x"}]
        client.chat(messages)
    assert sandbox.problems() == []


# ---- limits


def test_what_is_kept_has_a_limit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayfare.sandbox.api.KEPT_BYTES", 3000)
    monkeypatch.setattr("wayfare.sandbox.bill._MOST", 3)
    for prompt in "abcde":
        ask(sandbox, prompt + "x" * 1000)
    assert [request.text[0] for request in sandbox.requests] == ["d", "e"]
    costs = [Decimal(line["cost"]) for line in sandbox.bill]
    assert len(costs) == 3 and sandbox.total == costs[0] * 5


def test_a_port_that_is_taken(sandbox: Sandbox) -> None:
    port = int(sandbox.base_url.split(":")[2].split("/")[0])
    with pytest.raises(OSError, match="address already in use"):
        Sandbox(port=port, tls=True).__enter__()


# ---- bytes, pieces and models of a test's own


def test_bytes_and_pieces(sandbox: Sandbox) -> None:
    sandbox.reply(Raw("<html></html>", 502, "text/html", {"X-Edge": "y"}), Raw(b'{"a":1}'))
    edge = ask(sandbox)
    assert (edge.status, edge.raw, edge.headers["x-edge"]) == (502, b"<html></html>", "y")
    assert edge.headers["content-type"] == "text/html" and ask(sandbox).json == {"a": 1}
    sandbox.reply(Reply(["Hel", "lo ", "there"]))
    deltas = [event["choices"][0]["delta"] for event in ask(sandbox, stream=True).events[:-1]]
    assert [delta["content"] for delta in deltas if delta["content"]] == ["Hel", "lo ", "there"]
    assert len(sandbox.bill) == 1


def test_models_by_id_and_by_price() -> None:
    with Sandbox(models=["my/model", "openai/gpt-4o"]) as sandbox:
        assert ask(sandbox).json["model"] == "my/model"
        assert ask(sandbox, model="openai/gpt-4o").json["provider"] == "OpenAI"
        assert ask(sandbox, model="openai/gpt-4o-mini").status == 400
    with Sandbox(models={"my/model": {"prompt": "1", "completion": "2"}}) as sandbox:
        usage = ask(sandbox).json["usage"]
        assert usage["cost"] == usage["prompt_tokens"] + 2 * usage["completion_tokens"]
    with pytest.raises(ValueError, match="my/model need prompt and completion"):
        Sandbox(models={"my/model": {"prompt": "1"}})
