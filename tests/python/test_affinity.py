"""The calls of a run stay with the provider that has their prompt in its cache."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Endpoint, Model, PromptCache, Reply, Sandbox, prices

MODEL = "openai/gpt-4o-mini"


def client_of(sandbox: Sandbox, ledger: Path | str, **options: Any) -> wayfare.Client:
    return wayfare.Client(
        base_url=sandbox.base_url,
        api_key=sandbox.api_key,
        dialect="openrouter",
        ledger=str(ledger),
        **options,
    )


def sessions_of(sandbox: Sandbox) -> list[str | None]:
    """The sessions of the chats. A call of an agent also brings a look at the models list."""
    return [one.json.get("session_id") for one in sandbox.requests if one.method == "POST"]


def session_of(sandbox: Sandbox) -> str | None:
    return sessions_of(sandbox)[-1]


def test_a_run_has_one_session_in_every_process_of_the_ledger(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        sessions = {}
        for name in ("one", "same", "other"):
            ledger = tmp_path / ("other.db" if name == "other" else "ledger.db")
            with client_of(sandbox, ledger) as client:
                for number in range(2):  # the first one comes before the ledger's id is known
                    reply = client.chat("Hi", model=MODEL, charge_to={"run": "conversation 7"})
                    assert reply.added == ["model", "session_id"] or "session_id" in reply.added
                    sessions[name, number] = session_of(sandbox)
        assert re.fullmatch(r"[0-9a-f]{32}", sessions["one", 0] or "")
        assert sessions["one", 0] == sessions["one", 1] == sessions["same", 0]
        assert sessions["same", 0] == sessions["same", 1]
        assert sessions["other", 0] == sessions["other", 1] != sessions["one", 0]
        with client_of(sandbox, tmp_path / "ledger.db") as client:
            client.chat("Hi", model=MODEL, charge_to={"run": "conversation 8"})
            assert session_of(sandbox) != sessions["one", 0]
        for request in sandbox.requests:  # no name of charge_to leaves the machine
            assert b"conversation" not in request.body


@pytest.mark.parametrize(
    "call",
    [
        {"charge_to": {"app": "web", "user": "ann"}},  # no run
        {"charge_to": {"run": "r"}, "route": {"affinity": False}},
        {"charge_to": {"run": "r"}, "prompt_cache_key": "mine"},
        {"charge_to": {"run": "r"}, "headers": {"X-Session-Id": "mine"}},
    ],
)
def test_no_session_is_added(call: dict[str, Any]) -> None:
    with Sandbox() as sandbox, client_of(sandbox, ":memory:") as client:
        assert "session_id" not in client.chat("Hi", model=MODEL, **call).added
        assert session_of(sandbox) is None


def test_a_session_of_the_caller_stays() -> None:
    with Sandbox() as sandbox, client_of(sandbox, ":memory:") as client:
        reply = client.chat("Hi", model=MODEL, session_id="mine", charge_to={"run": "r"})
        assert "session_id" not in reply.added
        assert session_of(sandbox) == "mine"
        client.chat("Hi", model=MODEL, session_id=None, charge_to={"run": "r"})
        assert re.fullmatch(r"[0-9a-f]{32}", session_of(sandbox) or "")  # null counts as left out


def test_a_client_may_turn_it_off_and_a_call_may_turn_it_on() -> None:
    off = {"affinity": False}
    with Sandbox() as sandbox, client_of(sandbox, ":memory:", route=off) as client:
        client.chat("Hi", model=MODEL, charge_to={"run": "r"})
        assert session_of(sandbox) is None
        client.chat("Hi", model=MODEL, charge_to={"run": "r"}, route={"affinity": True})
        assert session_of(sandbox)


def test_other_servers_get_no_session(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        options: dict[str, Any] = {"base_url": sandbox.base_url, "api_key": sandbox.api_key}
        options["dialect"] = "openai"
        with wayfare.Client(ledger=str(tmp_path / "l.db"), **options) as client:
            client.chat("Hi", model=MODEL, charge_to={"run": "r"})
            assert session_of(sandbox) is None


def test_a_stream_a_fallback_and_an_agent_have_the_session(tmp_path: Path) -> None:
    with Sandbox() as sandbox, client_of(sandbox, tmp_path / "l.db") as client:
        client.create_agent("support", model=MODEL, charge_to={"run": "r"})
        client.chat("Hi", agent="support")
        session = session_of(sandbox)
        assert session
        with client.stream("Hi", model=MODEL, charge_to={"run": "r"}) as stream:
            for _ in stream:
                pass
        assert session_of(sandbox) == session
        route: Any = {"models": ["sandbox/status-503", MODEL]}
        client.chat("Hi", route=route, charge_to={"run": "r"})
        assert sessions_of(sandbox)[-2:] == [session] * 2


def test_a_refused_ledger_refuses_the_call_at_once(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    ledger.write_text("this is no ledger, and it is long enough to be a file" * 40)
    with Sandbox() as sandbox, client_of(sandbox, ledger) as client:
        with pytest.raises(wayfare.errors.LedgerForeign):
            client.chat("Hi", model=MODEL, charge_to={"run": "r"})
        assert not sandbox.requests


def test_a_conversation_stays_where_its_prompt_is_cached(tmp_path: Path) -> None:
    """Its messages grow, and each begins anew, so that nothing but the session tells it."""
    model, providers = "meta-llama/llama-3.3-70b-instruct", {}
    with Sandbox(seed=7, balance=True) as sandbox, client_of(sandbox, tmp_path / "l.db") as client:
        for affinity in (False, True):
            used = set()
            for turn in range(16):
                messages = [{"role": "user", "content": f"{affinity} {turn}"}]
                reply = client.chat(
                    messages, model=model, charge_to={"run": "r"}, route={"affinity": affinity}
                )
                used.add(reply.provider)
            providers[affinity] = len(used)
    assert providers[False] > 1
    assert providers[True] == 1


def test_a_run_can_ask_for_the_provider_that_has_its_cache(tmp_path: Path) -> None:
    usual = {"input_cache_read": "0.0000002"}
    cached = Endpoint("Alpha", prices("0.000002", "0.000004", **usual), cache=PromptCache())
    other = Endpoint("Beta", prices("0.0000019", "0.000004"))
    prompt = "All the words of a long prompt that is the same in each turn. " * 200

    def provider_of(sandbox: Sandbox) -> object:
        return [one.json for one in sandbox.requests if one.method == "POST"][-1].get("provider")

    def lists_of(sandbox: Sandbox) -> int:
        return sum(one.path.endswith("/endpoints") for one in sandbox.requests)

    with (
        Sandbox(models=[Model("m/one", "One", (cached, other))]) as sandbox,
        client_of(sandbox, tmp_path / "ledger.db") as client,
    ):

        def turn(run: str = "r", ordered: bool = True, **body: Any) -> wayfare.Reply:
            route: Any = {"affinity_order": True} if ordered else {}
            more = {"model": "m/one", "charge_to": {"run": run}, "route": route}
            return client.chat(prompt, **more, **body)

        sandbox.reply(Reply("Hi", cached_tokens=1500), times=None)
        alpha: Any = {"order": ["alpha"]}
        assert turn(provider=alpha).provider == "Alpha"
        reply = turn()  # the answer before it read a cache of Alpha
        assert provider_of(sandbox) == alpha and "provider.order" in reply.added
        assert reply.provider == "Alpha" and lists_of(sandbox) == 1
        turn(ordered=False)  # off by default
        assert provider_of(sandbox) is None
        turn(run="another")
        assert provider_of(sandbox) is None
        turn(provider={"sort": "price"})  # the caller chooses
        assert provider_of(sandbox) == {"sort": "price"}
        sent = len(sandbox.requests)
        with contextlib.suppress(wayfare.Error):
            turn(provider="odd")  # nothing can be added to it
        assert all(one.body.count(b'"provider"') == 1 for one in sandbox.requests[sent:])
        turn(provider=alpha)
        turn(max_tokens=5)
        assert provider_of(sandbox) == alpha
        sandbox.fault("status-503", times=1)
        with pytest.raises(wayfare.Error):
            client.chat(
                prompt,
                model="m/one",
                charge_to={"run": "r"},
                route={"affinity_order": True, "retries": 0},
            )
        turn()  # dropped after a failure
        assert provider_of(sandbox) is None
