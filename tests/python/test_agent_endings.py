"""Calls of agents that wait, are cancelled, are closed, are forked, or have a ledger in memory."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import PROFILE, Awaited, options
from wayfare import errors
from wayfare.sandbox import Fault, Sandbox

Opens = Callable[..., wayfare.Client]


@pytest.fixture
def client(sandbox: Sandbox, open_client: Opens) -> wayfare.Client:
    return open_client(sandbox.base_url)


def chats(sandbox: Sandbox) -> list[Any]:
    return [one for one in sandbox.requests if one.method == "POST"]


def test_a_call_that_waits_for_its_budget_goes_on_with_the_newest_version(
    client: wayfare.Client, sandbox: Sandbox, open_client: Opens
) -> None:
    editor = open_client(sandbox.base_url)
    editor.create_agent(
        "support",
        model="openai/gpt-4o",
        max_tokens=500,
        system="First.",
        budget={"limit": 1, "window": "day"},
    )
    sandbox.fault("stall", times=1)
    replies: list[wayfare.Reply] = []

    def call() -> None:
        replies.append(
            client.chat("Hi", agent="support", route={"on_budget": "wait", "budget_wait": 60})
        )

    with editor.stream("Hi", agent="support") as held, client.watch() as notices:
        assert next(iter(held)).text  # so that it holds what it may cost
        (budget,) = editor.budgets()
        limit = budget.reserved * 3 / 2
        editor.edit_agent("support", 1, budget={"limit": limit, "window": "day"})
        waiting = threading.Thread(target=call)
        waiting.start()
        assert next(one for one in notices if one.type == "waits").budget == "agent:support"
        editor.edit_agent("support", 2, system="Second.", model="openai/gpt-4o-mini")
        waiting.join(60)  # the other model is so cheap that it fits
    assert [one.agent_version for one in replies] == [3]
    assert replies[0].model == "openai/gpt-4o-mini" and len(replies[0].attempts) == 1
    sent = chats(sandbox)[-1].json
    assert sent["messages"][0]["content"] == "Second." and sent["max_tokens"] == 500
    assert {one.agent_version for one in client.entries()} == {1, 3}


def test_an_edit_in_the_middle_of_an_answer_changes_nothing_of_it(
    client: wayfare.Client, sandbox: Sandbox
) -> None:
    client.create_agent("support", model="openai/gpt-4o")
    with client.stream("Hi", agent="support") as stream:
        assert next(iter(stream)).text
        client.edit_agent("support", 1, model="openai/gpt-4")
        client.archive_agent("support")
        reply = stream.reply
    assert (reply.model, reply.agent_version) == ("openai/gpt-4o", 1) and reply.cost
    told = client.explain(reply.entry or "")
    assert told.agent and (told.agent.version, told.agent.model) == (1, "openai/gpt-4o")


def ledger_is_whole(ledger: Path, agents: int) -> Counter[str]:
    """Checks a ledger after calls that were cut short. Returns its entries by state."""
    with wayfare.Client(**options(ledger)) as client:
        assert client.verify().ok and len(list(client.agents())) == agents
        entries = list(client.entries())
        assert all(one.agent_version == 1 for one in entries)
        return Counter(one.state for one in entries)


@pytest.mark.parametrize("end", ["cancel", "close", "leave"])
def test_calls_end_well_while_the_profile_is_being_read(
    sandbox: Sandbox, tmp_path: Path, end: str
) -> None:
    """Each client is new and so has no profile. Each call ends once, as done or as its end says."""
    agents, ledger = 6, tmp_path / "ledger.db"
    with wayfare.Client(**options(ledger)) as client:
        for at in range(agents):
            client.create_agent(f"a{at}", system="x" * 100_000)
    told: Counter[str] = Counter()
    for turn in range(15):
        client = wayfare.Client(**options(ledger, base_url=sandbox.base_url))
        if turn % 3 == 0:
            client.agent("a0")  # the ledger is open
        streams = [client.stream("Hi", agent=f"a{at}") for at in range(agents)]
        if end == "close":
            client.close()
        for stream in streams:
            if end == "leave":
                stream.__exit__()
            elif end == "cancel":
                stream.cancel()
        for stream in streams if end != "leave" else ():
            try:
                told[f"{stream.reply.agent_version}"] += 1
            except (errors.Cancelled, errors.Closed) as error:
                told[str(error.code)] += 1
        client.close()
    assert set(told) <= {"1", "cancelled", "closed"}
    if end != "leave":
        assert sum(told.values()) == 15 * agents
        assert told["cancelled"] + told["closed"] > 0
    states = ledger_is_whole(ledger, agents)
    assert set(states) <= {"settled", "void", "unknown"} and states["settled"] >= told["1"]


def test_tasks_that_are_cancelled_end_well_while_the_profile_is_being_read(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.db"

    async def main() -> None:
        for turn in range(10):
            async with wayfare.AsyncClient(**options(ledger, base_url=sandbox.base_url)) as client:
                if turn == 0:
                    await client.create_agent("support")
                tasks = [asyncio.create_task(client.chat("Hi", agent="support")) for _ in range(6)]
                for at, task in enumerate(tasks):
                    if at % 2 == turn % 2:
                        await asyncio.sleep(0)
                    task.cancel()
                done = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(one, (asyncio.CancelledError, wayfare.Reply)) for one in done)
                assert (await client.chat("Hi", agent="support")).agent_version == 1

    asyncio.run(asyncio.wait_for(main(), 60))
    assert ledger_is_whole(ledger, 1)["settled"] >= 10


def test_a_deadline_ends_a_call_of_an_agent(client: wayfare.Client, sandbox: Sandbox) -> None:
    client.create_agent("support", route={"deadline": 0.2})
    sandbox.fault("silent", times=1)
    with pytest.raises(errors.Deadline):
        client.chat("Hi", agent="support")
    reply = client.chat("Hi", agent="support", route={"deadline": 60})
    assert reply.agent_version == 1


KILLED = """
one = client()
one.create_agent("support", system="First.")
one.edit_agent("support", 1, system="Second.")
one.chat("Hi", agent="support")
"""


def test_a_killed_process_leaves_the_version_of_its_call(host: Any, sandbox: Sandbox) -> None:
    arrived = threading.Event()

    def silent(_: Any) -> Fault:
        arrived.set()
        return Fault("silent")

    sandbox.reply(silent)
    process = host.start(KILLED, sandbox.base_url)
    assert arrived.wait(60)
    with wayfare.Client(**options(host.ledger)) as client:
        (entry,) = client.entries()
        assert (entry.state, entry.agent_version) == ("reserved", 2)
        assert client.explain(entry.entry).agent.system == "Second."
        process.kill()
        process.communicate()
    with wayfare.Client(**options(host.ledger)) as client:
        client.edit_agent("support", 2, system="Third.")
        (entry,) = client.entries()
        assert (entry.state, entry.agent_version) == ("unknown", 2)
        client.settle(entry.entry, "0.5", "the bill")
        told = client.explain(entry.entry)
        assert told.agent and told.agent.system == "Second."
        assert {one.agent_version for one in told.entries} == {2}
        rows = client.usage(by=["agent", "agent_version"])
        assert [(row.agent, row.agent_version, str(row.cost)) for row in rows] == [
            ("support", "2", "0.5")
        ]
        assert client.verify().ok


FORKS = """
used, idle = client(), client()
used.create_agent("support", model="openai/gpt-4o", system="Be kind.")
assert used.chat("Hi", agent="support").agent_version == 1
over = False
done = []
def work():
    while not over:
        reply = used.chat("Hi", agent="support")
        done.append(reply.agent_version)
threads = [threading.Thread(target=work) for _ in range(2)]
for t in threads: t.start()
versions = [1]
for turn in range(int(arguments[0])):
    child = os.fork()
    if child == 0:
        ends = 1
        try:
            for one in (used, idle, client()):
                newest = one.agent("support").version
                assert newest == turn + 1, (newest, turn)
                reply = one.chat("Hi", agent="support")
                assert reply.agent_version == newest, (reply.agent_version, newest)
            edited = used.edit_agent("support", newest, notes=str(turn))
            assert used.chat("Hi", agent="support").agent_version == edited.version
            ends = 0
        except BaseException as error:
            print("child:", repr(error), flush=True)
        os._exit(ends)
    status = os.waitpid(child, 0)[1]
    assert status == 0, status
    assert used.chat("Hi", agent="support").agent_version == turn + 2
over = True
for t in threads: t.join()
print(used.agent("support").version, len(done), flush=True)
used.close()
"""


def test_agents_after_a_fork_in_the_middle_of_calls(host: Any, sandbox: Sandbox) -> None:
    turns = 6
    version, calls = map(int, host.run(FORKS, sandbox.base_url, "", str(turns)).split())
    assert version == turns + 1
    counts = dict(host.rows("SELECT agent_version, count(*) FROM v1_entries GROUP BY 1"))
    assert sum(counts.values()) == 1 + calls + 5 * turns
    assert set(counts) == set(range(1, turns + 2))
    assert set(host.states()) == {"settled"}
    with wayfare.Client(**options(host.ledger)) as client:
        assert client.verify().ok
        assert next(client.agent_history("support")).version == turns + 1


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_agents_of_a_ledger_in_memory(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = options(":memory:", base_url=sandbox.base_url, keys={"team": "sk-or-v1-team"})
    client: Any = wayfare.Client(**given) if kind == "Client" else Awaited(given)
    profile = {**PROFILE, "system": "First."}
    first = client.create_agent("support", **profile)
    replies = [client.chat("Hi", agent="support")]
    assert chats(sandbox)[-1].json["messages"][0] == {"role": "system", "content": "First."}
    second = client.edit_agent("support", 1, system="Second.", tools=[])
    replies.append(client.chat("Hi", agent="support"))
    assert chats(sandbox)[-1].json["messages"][0]["content"] == "Second."
    assert [one.agent_version for one in replies] == [1, 2]
    assert list(client.agent_history("support")) == [second, first]
    assert client.select("Hi", agent="support").ranked
    assert client.explain(replies[0].entry).agent == first
    rows = client.usage(by=["agent", "agent_version"])
    assert {(row.agent, row.agent_version, row.cost) for row in rows} == {
        ("support", str(one.agent_version), one.cost) for one in replies
    }
    assert client.budgets()[0].spent == sum(one.cost for one in replies)
    with pytest.raises(errors.Conflict):
        client.edit_agent("support", 1, notes="x")
    with pytest.raises(errors.NoAgent, match='nearest name is "support"'):
        client.chat("Hi", agent="suport")
    exported = client.export_agents()
    assert client.import_agents(exported).equal == 1
    client.archive_agent("support")
    with pytest.raises(errors.NoAgent, match="is archived"):
        client.chat("Hi", agent="support")
    assert client.verify().ok
    with wayfare.Client(**options(":memory:")) as other:
        assert list(other.agents()) == []
        assert other.import_agents(exported).created == 1
        assert other.agent("support").system == "Second."
    client.close()
    assert os.listdir(tmp_path) == []


IN_MEMORY = """
one = client(ledger=":memory:")
one.create_agent("support")
one.chat("Hi", agent="support")
child = os.fork()
if child == 0:
    refused = 0
    for operation in (one.agent, lambda name: one.chat("Hi", agent=name)):
        try:
            operation("support")
        except wayfare.errors.Forked:
            refused += 1
    os._exit(refused)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(one.chat("Hi", agent="support").agent_version)
"""


def test_a_ledger_in_memory_is_not_there_after_a_fork(host: Any, sandbox: Sandbox) -> None:
    assert host.run(IN_MEMORY, sandbox.base_url).split() == ["2", "1"]
