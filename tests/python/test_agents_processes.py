"""Agents in several processes of one ledger, in three languages, and under random edits."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from agent_clients import PROFILE, options
from wayfare.sandbox import Sandbox

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build/tree"
MODELS = ["openai/gpt-4o-mini", "openai/gpt-4", "openai/gpt-3.5-turbo", "anthropic/claude-3-haiku"]

# Each program takes its options or its ledger as its first argument. For each line that it reads,
# it makes a call of the agent "support", and prints the version and the model. That in C submits
# the line, and prints the events.
IN_C = r"""
#include <stdio.h>
#include <wayfare.h>

int main(int count, char** arguments) {
  static char line[1 << 16];
  wayfare_client* client;
  char* events;
  if (count < 2 || wayfare_open(arguments[1], &client, NULL) != 0) return 1;
  while (fgets(line, sizeof line, stdin)) {
    const int64_t id = wayfare_submit(client, line);
    while (wayfare_next(client, id, -1, &events) == 1) {
      puts(events);
      wayfare_free(events);
    }
    fflush(stdout);
  }
  wayfare_close(client);
  return 0;
}
"""
CALL_IN_C = {"agent": "support", "body": {"messages": [{"role": "user", "content": "from C"}]}}
IN_CPP = r"""
#include <iostream>
#include <string>
#include <utility>
#include <wayfare/wayfare.hpp>

int main(int, char** arguments) {
  wayfare::Options options;
  options.ledger = arguments[1];
  auto client = wayfare::Client::open(std::move(options)).value();
  for (std::string line; std::getline(std::cin, line);) {
    wayfare::Request request;
    request.body = wayfare::user_message("from C++");
    request.agent = "support";
    const auto reply = client.chat(std::move(request));
    if (!reply) std::cout << reply.error() << std::endl;
    else std::cout << reply->agent_version.value_or(0) << " " << reply->model << std::endl;
  }
}
"""
IN_PYTHON = """
import sys, wayfare
with wayfare.Client(ledger=sys.argv[1]) as client:
    for line in sys.stdin:
        try:
            reply = client.chat("from Python", agent="support")
            print(reply.agent_version, reply.model, flush=True)
        except wayfare.Error as error:
            print(error, flush=True)
"""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The commands of the programs, which are compiled at once."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "in_c.c").write_text(IN_C)
    (folder / "in_cpp.cpp").write_text(IN_CPP)
    c = ["gcc", "-std=c99", f"-I{ROOT}/capi/include", "in_c.c", f"-L{TREE}", f"-Wl,-rpath,{TREE}"]
    cpp = ["g++", "-std=c++20", "-O0", f"-I{ROOT}/core/include", "in_cpp.cpp"]
    cpp += [str(TREE / "libwayfare_core.a"), "-lcurl", "-lsqlite3", "-pthread"]
    compilers = [
        subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        for command in ([*c, "-lwayfare", "-o", "in_c"], [*cpp, "-o", "in_cpp"])
    ]
    for compiler in compilers:
        complaint = compiler.communicate(timeout=300)[1]
        assert compiler.returncode == 0, complaint
    return {
        "C": [str(folder / "in_c")],
        "C++": [str(folder / "in_cpp")],
        "Python": [sys.executable, "-c", IN_PYTHON],
    }


def served(language: str, line: str) -> tuple[int, str]:
    """The version and the model that a program has printed."""
    if language != "C":
        version, model = line.split()
        return int(version), model
    reply = json.loads(line)[-1]["reply"]
    return reply["agent_version"], reply["model"]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_another_model_takes_effect_at_the_next_message_in_every_process(
    sandbox: Sandbox,
    ledger: Path,
    commands: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    with wayfare.Client(**options(ledger)) as client:
        client.create_agent("support", model=MODELS[0], system="Be kind.")
        running = {}
        for language, command in commands.items():
            given = json.dumps({"ledger": str(ledger)}) if language == "C" else str(ledger)
            running[language] = subprocess.Popen(
                [*command, given],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                bufsize=1,
            )

        def ask(language: str) -> str:
            """Lets a process make its next call. Returns what it prints."""
            process = running[language]
            assert process.stdin and process.stdout and process.stderr
            process.stdin.write((json.dumps(CALL_IN_C) if language == "C" else "next") + "\n")
            return process.stdout.readline() or process.stderr.read()

        try:
            for version in range(1, 9):
                model = MODELS[(version - 1) % len(MODELS)]
                for language in running:
                    assert served(language, ask(language)) == (version, model)
                edited = client.edit_agent(
                    "support",
                    version,
                    model=MODELS[version % len(MODELS)],
                    system=f"Be kind, {version}.",
                )
                sent = [one.json for one in sandbox.requests if one.method == "POST"][-3:]
                assert {one["model"] for one in sent} == {model}
                assert len({one["messages"][0]["content"] for one in sent}) == 1
                assert edited.version == version + 1
            client.archive_agent("support")
            for language in running:
                assert "is archived" in ask(language)
        finally:
            for process in running.values():
                process.communicate(timeout=30)
        counts = Counter(entry.agent_version for entry in client.entries())
        assert counts == dict.fromkeys(range(1, 9), 3) and client.verify().ok


def test_an_export_of_python_is_taken_in_c_and_back(
    tmp_path: Path, commands: dict[str, list[str]]
) -> None:
    def in_c(ledger: Path, **request: Any) -> Any:
        given = json.dumps({"ledger": str(ledger), "api_key": "sk-or-v1-x"})
        line = json.dumps(request) + "\n"
        done = subprocess.run([*commands["C"], given], input=line, capture_output=True, text=True)
        (event,) = json.loads(done.stdout)
        assert event["type"] == "done", event
        return event["result"]

    here, there, third = (tmp_path / f"{name}.db" for name in ("here", "there", "third"))
    with wayfare.Client(**options(here)) as client:
        client.create_agent("full", **PROFILE)
        client.create_agent("bare")
        client.archive_agent("bare")
        told = in_c(there, op="import_agents", agents=client.export_agents())
        assert told == {"created": 2, "replaced": 0, "equal": 0, "skipped": 0}
        assert in_c(there, op="export_agents", limit=1)["next"] == "bare"
        page = in_c(there, op="export_agents", limit=2)
        assert [one["name"] for one in page["agents"]] == ["bare", "full"] and not page["next"]
        assert client.import_agents(page["agents"]).equal == 2
        assert in_c(there, op="import_agents", agents=client.export_agents())["equal"] == 2
        assert in_c(here, op="import_agents", agents=page["agents"])["equal"] == 2
        with wayfare.Client(**options(third)) as other:
            assert other.import_agents(page["agents"]).created == 2
            assert other.agent("full").parameters == PROFILE["parameters"]
            assert in_c(third, op="agent", name="full")["tools"] == PROFILE["tools"]


# One of several processes, whose threads edit and call a few agents. Prints a line for each edit.
WORKER = """
import json, random
which, seed, steps, names, models = json.loads(arguments[0])
one = client(retries=which % 2)
expected = wayfare.errors.Conflict, wayfare.errors.NoAgent, wayfare.errors.BudgetExceeded
failed = []

def tell(agent):
    os.write(1, (json.dumps([agent.name, agent.version, agent.change]) + "\\n").encode())

def edit(name, draw):
    known = one.agent(name)
    changes = draw.choice([
        lambda: {"model": draw.choice(models)},
        lambda: {"notes": f"{which} {draw.random()}"},
        lambda: {"system": f"{which} {draw.random()}"},
        lambda: {"budget": draw.choice([{}, {"limit": str(draw.randint(1, 9)), "window": "day"}])},
        lambda: {"budget": {"limit": "0.0000001", "window": "day"}},
        lambda: {"budget": {}, "model": draw.choice(models)},
    ])()
    made = one.edit_agent(name, known.version, **changes)
    if made.version != known.version: tell(made)

def switch(name, draw):
    if one.agent(name).archived: tell(one.restore_agent(name))
    elif draw.random() < 0.3: tell(one.archive_agent(name))

def call(name, draw):
    if draw.random() < 0.5:
        reply = one.chat("Hi", agent=name)
    else:
        with one.stream("Hi", agent=name) as stream: reply = stream.reply
    assert reply.agent_version and reply.text

def work(thread):
    draw = random.Random(f"{seed} {which} {thread}")
    for _ in range(steps):
        try:
            draw.choices([edit, switch, call], [3, 2, 5])[0](draw.choice(names), draw)
        except expected:
            pass
        except BaseException as error:
            failed.append(repr(error))
            return

print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=work, args=(at,)) for at in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
one.close()
print(failed or "done", flush=True)
"""
PROCESSES, STEPS, NAMES = 4, 200, ["a", "b", "c"]


@pytest.fixture
def seed() -> Iterator[int]:
    """The seed of a random test. pytest prints it if the test fails."""
    chosen = random.SystemRandom().randrange(1 << 32)
    print("seed:", chosen)
    yield chosen


def run_workers(host: Any, sandbox: Sandbox, seed: int) -> list[list[Any]]:
    """Runs the workers from one moment on. Returns the edits that they have told."""
    workers = [
        host.start(
            WORKER,
            sandbox.base_url,
            "",
            json.dumps([which, seed, STEPS, NAMES, MODELS]),
            stdin=subprocess.PIPE,
        )
        for which in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    edits = []
    for worker in workers:
        code, out, complaint = host.end(worker, 120)
        assert (code, complaint) == (0, ""), complaint
        *lines, last = out.splitlines()
        assert last == "done", last
        edits += [json.loads(line) for line in lines]
    return edits


def test_each_entry_has_the_version_that_was_the_newest_and_no_edit_is_lost(
    host: Any, sandbox: Sandbox, seed: int
) -> None:
    with wayfare.Client(**options(host.ledger)) as client:
        for name in NAMES:
            client.create_agent(name, model=MODELS[0], max_tokens=9)
        edits = run_workers(host, sandbox, seed)
        histories = {name: list(client.agent_history(name))[::-1] for name in NAMES}
        for name, history in histories.items():
            # Versions are consecutive, and each was made by exactly one edit.
            assert [one.version for one in history] == list(range(1, len(history) + 1))
            told = Counter((version, change) for who, version, change in edits if who == name)
            assert told == Counter((one.version, one.change) for one in history[1:])
            times = [one.changed for one in history]
            assert times == sorted(times)
        assert len(edits) > STEPS / 2
        entries = list(client.entries())
        assert len(entries) > STEPS / 2 and len({one.agent_version for one in entries}) > 3
        sent = [one for one in sandbox.requests if one.method == "POST"]
        assert len(sent) == len(entries)
        for entry in entries:
            check_entry(entry, histories[entry.agent or ""])
        check_sums(client, histories)


def check_entry(entry: wayfare.Entry, history: list[wayfare.Agent]) -> None:
    """The entry is of a version that was there, took calls, and was the newest."""
    at = (entry.agent_version or 0) - 1
    assert 0 <= at < len(history), entry
    version = history[at]
    assert not version.archived and version.changed <= entry.reserved, (entry, version)
    if at + 1 < len(history):
        assert entry.reserved <= history[at + 1].changed, (entry, history[at + 1])
    assert entry.requested_model == version.model, (entry, version)


def check_sums(client: wayfare.Client, histories: dict[str, list[wayfare.Agent]]) -> None:
    """Budgets are those of the newest versions, and the sums of versions those of agents."""
    verification = client.verify()
    assert verification.ok and verification.pending == 0, verification.problems
    newest = {name: history[-1].budget for name, history in histories.items()}
    assert {one.name: one.limit for one in client.budgets()} == {
        f"agent:{name}": budget.limit for name, budget in newest.items() if budget
    }
    rows = client.usage(by=["agent", "agent_version"])
    entries = list(client.entries())
    for total in client.usage(by="agent"):
        parts = [row for row in rows if row.agent == total.agent]
        costs = [one.cost or 0 for one in entries if one.agent == total.agent]
        assert total.calls == sum(row.calls for row in parts) == len(costs)
        assert total.cost == sum(row.cost for row in parts) == sum(costs)
        spent = [one.spent for one in client.budgets() if one.agent == total.agent]
        assert spent in ([], [total.cost])
