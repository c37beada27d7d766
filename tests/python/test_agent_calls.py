"""What a call takes from its agent, and what is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import TOOL, options
from wayfare import errors
from wayfare.sandbox import Error, Sandbox, ToolCall

Opens = Callable[..., wayfare.Client]

SYSTEM = {"role": "system", "content": "Be kind."}
USER = {"role": "user", "content": "Hi"}
PROFILE: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "max_tokens": 50,
    "parameters": {"temperature": 0.25, "stop": None, "provider": {"order": ["openai", "azure"]}},
    "tools": [TOOL],
    "system": "Be kind.",
}
ALL = ["model", "messages[0]", "tools", "temperature", "provider", "max_tokens"]


@pytest.fixture
def client(sandbox: Sandbox, open_client: Opens) -> wayfare.Client:
    opened = open_client(sandbox.base_url)
    opened.create_agent("support", **PROFILE)
    return opened


def bodies(sandbox: Sandbox) -> list[bytes]:
    """The bodies of the chats that arrived."""
    return [one.body for one in sandbox.requests if one.method == "POST"]


def additions(source: dict[str, Any], sent: dict[str, Any]) -> list[str]:
    """The names of what was added to a body, of which nothing else may differ."""
    names = []
    for name, value in sent.items():
        own = source.get(name)
        if value == own and name in source:
            continue
        if name == "messages":
            assert value == [SYSTEM, *source["messages"]], "the caller's messages have changed"
            names.append("messages[0]")
        elif own is None:
            names.append(name)
            if name == "provider" and "max_price" in value:
                names.append("provider.max_price")
        else:
            assert name == "provider" and {**own, "max_price": value["max_price"]} == value
            names.append("provider.max_price")
    assert set(source) <= set(sent)
    return names


BODIES: list[dict[str, Any]] = [
    {"messages": [USER]},
    {"messages": []},
    {"messages": [USER, {"role": "system", "content": "later"}]},
    {"messages": [{"role": "assistant", "content": "Hm"}, USER]},
    {"messages": [{"role": "system", "content": "own"}, USER]},
    {"messages": [{"role": "system", "content": ""}, USER]},
    {"messages": [{"role": "developer", "content": [{"type": "text", "text": "own"}]}, USER]},
    {"messages": [USER], "tools": []},
    {"messages": [USER], "tools": [{**TOOL, "function": {"name": "own"}}]},
    {"messages": [USER], "temperature": 0, "stop": ["x"]},
    {"messages": [USER], "temperature": None, "stop": None, "tools": None},
    {"messages": [USER], "provider": {}},
    {"messages": [USER], "provider": {"only": ["azure"], "max_price": {"prompt": 9}}},
    {"messages": [USER], "provider": None},
    {"messages": [USER], "max_tokens": 7},
    {"messages": [USER], "max_completion_tokens": 7},
    {"messages": [USER], "max_completion_tokens": None, "max_tokens": None},
    {"messages": [USER], "model": "openai/gpt-4"},
    {"messages": [USER], "model": None},
    {"messages": [USER], "models": ["openai/gpt-4"]},
    {"messages": [USER], "tool_choice": "none", "unheard": {"of": [1, None]}},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_what_the_call_leaves_out_comes_from_the_profile(
    client: wayfare.Client, sandbox: Sandbox, body: dict[str, Any]
) -> None:
    reply = client.chat(body_json=json.dumps(body), agent="support")
    sent = json.loads(bodies(sandbox)[-1])
    assert sorted(reply.added) == sorted(additions(body, sent))
    own = {name for name, value in body.items() if value is not None}
    limited = own & {"max_tokens", "max_completion_tokens"}
    left_out = {
        "model": not own & {"model", "models"},
        "messages[0]": not body["messages"]
        or body["messages"][0]["role"] not in ("system", "developer"),
        "tools": "tools" not in own,
        "temperature": "temperature" not in own,
        "provider": "provider" not in own,
        "max_tokens": not limited,
    }
    assert sorted(reply.added) == sorted(name for name, is_out in left_out.items() if is_out)
    for name in {"tools"} & set(reply.added):
        assert sent[name] == PROFILE[name]
    for name in {"temperature", "provider"} & set(reply.added):
        assert sent[name] == PROFILE["parameters"][name]
    for name in {"model", "max_tokens"} & set(reply.added):
        assert sent[name] == PROFILE[name]
    assert reply.agent_version == 1 and reply.warnings == []
    with client.stream(body_json=json.dumps(body), agent="support") as stream:
        assert sorted(stream.reply.added) == sorted([*reply.added, "stream"])
        assert stream.reply.agent_version == 1
    streamed = json.loads(bodies(sandbox)[-1])
    assert streamed == {**sent, "stream": True}


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        (
            ' {\n "messages" : [ {"role":"user","content":"Hi"} ] ,\t"seed": 15e0 }\r\n',
            ' {\n "messages" : [{SYSTEM}, {"role":"user","content":"Hi"} ] ,\t"seed": 15e0 '
            "{MORE}}\r\n",
        ),
        ('{"messages":[ ]}', '{"messages":[{SYSTEM} ]{MORE}}'),
        (
            '{ "tools" :null,"messages":[{"content":"\\u0048i","role":"user"}],"max_tokens": null}',
            '{ "tools" :{TOOLS},"messages":[{SYSTEM},{"content":"\\u0048i","role":"user"}],'
            '"max_tokens": 50{MORE}}',
        ),
    ],
)
def test_the_bytes_of_the_caller_stay_as_they_are(
    client: wayfare.Client, sandbox: Sandbox, source: str, sent: str
) -> None:
    client.chat(body_json=source, agent="support")
    told = bodies(sandbox)[-1].decode()
    for place, value in (("{SYSTEM}", SYSTEM), ("{TOOLS}", [TOOL])):
        sent = sent.replace(place, json.dumps(value, separators=(",", ":")))
    begin, end = sent.split("{MORE}")
    more = told[len(begin) : len(told) - len(end)]
    assert told == begin + more + end and more[0] == ","
    expected = {**PROFILE, "temperature": 0.25, "provider": PROFILE["parameters"]["provider"]}
    for name in ("parameters", "system", *json.loads(source)):
        expected.pop(name, None)
    assert json.loads("{" + more[1:] + "}") == expected


@pytest.mark.parametrize("messages", ['"Hi"', "null", "{}", None])
def test_a_prompt_cannot_be_added_to_what_is_no_list(
    client: wayfare.Client, sandbox: Sandbox, messages: str | None
) -> None:
    body = "{}" if messages is None else '{"messages":' + messages + "}"
    with pytest.raises(errors.Invalid, match="messages is not a list"):
        client.chat(body_json=body, agent="support")
    with pytest.raises(errors.Invalid), client.stream(body_json=body, agent="support") as stream:
        list(stream)
    assert bodies(sandbox) == []


def test_an_empty_profile_adds_nothing_but_the_usual_model(
    client: wayfare.Client, sandbox: Sandbox
) -> None:
    client.create_agent("bare")
    assert client.chat("Hi", agent="bare").added == ["model"]
    assert json.loads(bodies(sandbox)[-1]) == {"messages": [USER], "model": "openai/gpt-4o-mini"}


def test_an_odd_name_among_the_parameters_is_a_warning_that_names_the_agent(
    client: wayfare.Client,
) -> None:
    client.create_agent("odd", parameters={"temprature": 1, "seed": 1}, tags=["mine"])
    reply = client.chat("Hi", agent="odd")
    (line,) = reply.warnings
    assert line.startswith('the agent "odd": ') and "did you mean temperature" in line
    assert sorted(reply.added) == ["model", "seed", "temprature"]
    assert [one.tags for one in client.entries()] == [[]]  # tags of the agent are charged nothing


def test_the_tools_of_the_profile_are_called(client: wayfare.Client, sandbox: Sandbox) -> None:
    sandbox.reply(ToolCall("weather", {"city": "Paris"}), "It rains.", ToolCall("weather", {}))
    reply = client.chat([USER], agent="support")
    (call,) = reply.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Paris"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    assert client.chat([USER, reply.message, result], agent="support").text == "It rains."
    sent = json.loads(bodies(sandbox)[-1])
    assert sent["messages"] == [SYSTEM, USER, reply.message, result] and sent["tools"] == [TOOL]
    with client.stream([USER], agent="support") as stream:
        kinds = {event.type for event in stream}
        assert "tool" in kinds and stream.reply.tool_calls[0].name == "weather"
    sandbox.check()


def test_an_async_client_makes_the_same_calls(
    client: wayfare.Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    async def main() -> None:
        given = options(tmp_path / "ledger.db", base_url=sandbox.base_url)
        async with wayfare.AsyncClient(**given) as one:
            reply, selection = await asyncio.gather(
                one.chat("Hi", agent="support"), one.select("Hi", agent="support")
            )
            assert sorted(reply.added) == sorted(ALL) and reply.agent_version == 1
            assert selection.ranked[0].model == "openai/gpt-4o"
            async with one.stream("Hi", agent="support") as stream:
                text = "".join([event.text or "" async for event in stream])
                streamed = await stream.reply
            assert (streamed.agent_version, streamed.text) == (1, text)
            view = one.with_options(model="openai/gpt-4")
            assert (await view.chat("Hi", agent="support")).model == "openai/gpt-4o"
            with pytest.raises(errors.NoAgent):
                await one.chat("Hi", agent="nobody")

    asyncio.run(asyncio.wait_for(main(), 60))


def test_the_call_is_charged_to_its_agent(client: wayfare.Client, sandbox: Sandbox) -> None:
    client.edit_agent("support", 1, charge_to={"app": "web", "user": "u", "tags": ["a"]})
    client.chat("Hi", agent="support")
    client.chat("Hi", agent="support", charge_to={"agent": "support", "user": "v", "tags": ["b"]})
    told = [(one.app, one.agent, one.user, one.tags) for one in client.entries()]
    assert told == [("web", "support", "u", ["a"]), ("web", "support", "v", ["b"])]
    for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply, client.select):
        with pytest.raises(errors.Invalid, match="agent is given without a value"):
            call("Hi", agent="")
    for call in (client.chat, lambda *a, **b: client.stream(*a, **b).reply):
        with pytest.raises(errors.Invalid, match=r'charge_to\.agent is "other", and the agent'):
            call("Hi", agent="support", charge_to={"agent": "other"})
    assert len(bodies(sandbox)) == 2


def test_an_agent_among_defaults_yields_to_the_agent_of_the_call(
    sandbox: Sandbox, client: wayfare.Client, open_client: Opens
) -> None:
    one = open_client(sandbox.base_url, charge_to={"agent": "other", "app": "web"})
    views = [client, one.with_options(charge_to={"user": "u"}), one]
    views += [view.with_options(charge_to={"agent": "third"}) for view in views]
    for caller in views:
        assert caller.chat("Hi", agent="support").agent_version == 1
        with pytest.raises(errors.Invalid, match=r'charge_to\.agent is "other", and the agent'):
            caller.chat("Hi", agent="support", charge_to={"agent": "other"})
    told = [(entry.agent, entry.app, entry.user) for entry in client.entries()]
    usual = [("support", None, None), ("support", "web", "u"), ("support", "web", None)]
    assert told == usual * 2
    assert one.chat("Hi").agent_version is None
    assert next(client.entries(newest=True)).agent == "other"


def test_a_required_agent_is_given_by_the_name(
    sandbox: Sandbox, client: wayfare.Client, open_client: Opens
) -> None:
    one = open_client(sandbox.base_url, require_charge_to=["agent", "app"])
    with pytest.raises(errors.Invalid, match=r"charge_to\.app is missing"):
        one.chat("Hi", agent="support")
    client.edit_agent("support", 1, charge_to={"app": "web"})
    assert one.chat("Hi", agent="support").agent_version == 2
    with pytest.raises(errors.Invalid, match=r"charge_to\.agent is missing"):
        one.chat("Hi", charge_to={"app": "web"})


def test_the_call_goes_before_the_profile_the_view_and_the_client(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(
        sandbox.base_url,
        model="openai/gpt-4",
        max_tokens=1,
        charge_to={"app": "client", "user": "client", "run": "client"},
        route={"retries": 1, "max_cost": "0.0000001"},
    )
    view = client.with_options(
        model="openai/gpt-3.5-turbo",
        max_tokens=2,
        charge_to={"app": "view", "user": "view"},
        route={"max_cost": "0.0000002"},
    )
    client.create_agent("bare", parameters={"temperature": 0.5})
    client.create_agent(
        "full",
        model="openai/gpt-4o",
        max_tokens=3,
        charge_to={"app": "agent"},
        route={"max_cost": "0.5"},
    )
    for caller, agent in ((client, "bare"), (view, "bare")):
        with pytest.raises(errors.MaxCost):
            caller.chat("Hi", agent=agent)
    for caller, agent, own, told in (
        (client, "bare", {"route": {"max_cost": "1"}}, ("openai/gpt-4", 1, "client", "client")),
        (view, "bare", {"route": {"max_cost": "1"}}, ("openai/gpt-3.5-turbo", 2, "view", "view")),
        (client, "full", {}, ("openai/gpt-4o", 3, "agent", "client")),
        (view, "full", {}, ("openai/gpt-4o", 3, "agent", "view")),
        (
            view,
            "full",
            {"model": "openai/gpt-4o-mini", "max_tokens": 4, "charge_to": {"app": "call"}},
            ("openai/gpt-4o-mini", 4, "call", "view"),
        ),
        (
            view,
            "full",
            {"route": {"models": ["anthropic/claude-3-haiku"]}},
            ("anthropic/claude-3-haiku", 3, "agent", "view"),
        ),
    ):
        caller.chat("Hi", agent=agent, **own)
        sent, entry = json.loads(bodies(sandbox)[-1]), next(client.entries(newest=True))
        assert (sent["model"], sent["max_tokens"], entry.app, entry.user) == told
        assert (entry.agent, entry.run) == (agent, "client")


def test_the_models_and_the_policy_of_the_profile_choose(
    client: wayfare.Client, sandbox: Sandbox
) -> None:
    models = ["openai/gpt-4o", "anthropic/claude-3-haiku", "openai/gpt-4o-mini"]
    client.edit_agent("support", 1, model="", parameters={}, route={"models": models})
    sandbox.reply(Error(503, "Busy."), model=models[0])
    reply = client.chat("Hi", agent="support")
    assert [one.model for one in reply.attempts] == models[:2]
    assert reply.model.startswith(models[1]) and reply.agent_version == 2
    ranked = client.select("Hi", agent="support").ranked  # the busy one cools down
    assert [one.model for one in ranked] == [*models[1:], models[0]]
    assert "cools down" in ranked[-1].reason
    ranked = client.select("Hi", agent="support", route={"cooldown": "ignore"}).ranked
    assert [one.model for one in ranked] == models
    client.edit_agent("support", 2, route={"models": models, "policy": "cheapest"})
    reply = client.chat("Hi", agent="support")
    assert reply.model.startswith(models[2]) and reply.selection is not None
    assert client.select("Hi", agent="support").ranked[0].model == models[2]
    reply = client.chat("Hi", agent="support", model=models[0])  # the call names its own
    assert reply.model.startswith(models[0])
    assert [one.agent_version for one in client.entries()] == [2, 2, 3, 3]
    sandbox.check(allow=["retried_what_is_final"])


@pytest.mark.parametrize("bound", ["max_cost", "budget"])
@pytest.mark.parametrize("own", [None, {"order": ["azure"]}, {"max_price": {"prompt": 9}}])
def test_a_bound_is_added_to_the_provider_of_the_profile(
    client: wayfare.Client, sandbox: Sandbox, bound: str, own: Any
) -> None:
    part: Any = (
        {"route": {"max_cost": "0.05"}}
        if bound == "max_cost"
        else {"budget": {"limit": "0.05", "window": "day"}}
    )
    client.edit_agent("support", 1, **part)
    body = {"messages": [USER], **({"provider": own} if own else {})}
    reply = client.chat(body_json=json.dumps(body), agent="support")
    text = bodies(sandbox)[-1].decode()
    sent = json.loads(text)
    assert text.count('"max_price"') == 1 and text.count('"provider"') == 1
    provider = {**(own or PROFILE["parameters"]["provider"])}
    assert {name: value for name, value in sent["provider"].items() if name != "max_price"} == {
        name: value for name, value in provider.items() if name != "max_price"
    }
    prices = sent["provider"]["max_price"]
    assert Decimal(prices["completion"]) >= Decimal("10.4")
    assert prices["prompt"] == (own or {}).get("max_price", prices).get("prompt")
    assert "provider.max_price" in reply.added and ("provider" in reply.added) == (own is None)
    assert sorted(reply.added) == sorted(additions(body, sent))
