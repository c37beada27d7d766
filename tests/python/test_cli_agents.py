"""Agents by the command line alone: their life, their profiles, conflicts and exports."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from cli import ok, refused

pytestmark = pytest.mark.usefixtures("bare_environment")
MINI, HAIKU = "openai/gpt-4o-mini", "anthropic/claude-3-haiku"


@pytest.fixture
def variables(sandbox: Any, tmp_path: Path) -> dict[str, Any]:
    return {
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_DIALECT": "openrouter",
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
        "folder": tmp_path,
    }


@pytest.fixture
def agent(variables: dict[str, Any]) -> dict[str, Any]:
    """The agent support, in its first version."""
    words = ("agent", "create", "support", "--model", MINI, "--system", "Be kind.")
    code, told = cli.told(*words, "--parameters", '{"temperature": 0.2}', **variables)
    assert code == 0
    return dict(told["agent"])


def bodies(sandbox: Any) -> list[Any]:
    return [json.loads(received.body) for received in sandbox.requests if received.body]


# ---- The life of an agent.


def test_the_life_of_an_agent(sandbox: Any, variables: dict[str, Any]) -> None:
    first = ok("agent models --tools --input image", variables)["models"][0]["id"]
    assert first == MINI
    words = f"agent create support --model {first} --max-tokens 50 --budget 5.00 --window day"
    prompt = ("--system", "Be kind.", "--parameters", '{"temperature": 0.2}')
    assert cli.run(*words.split(), *prompt, **variables).returncode == 0
    done = cli.run("chat", "--agent", "support", given="one\ntwo\n", **variables)
    assert done.returncode == 0 and done.stderr.count("; agent version 1; entry ") == 2
    for body in bodies(sandbox):
        assert body["messages"][0] == {"role": "system", "content": "Be kind."}
        assert (body["model"], body["temperature"], body["max_tokens"]) == (MINI, 0.2, 50)
    assert len(bodies(sandbox)[-1]["messages"]) == 4  # the prompt is no part of the conversation

    assert ok(f"agent edit support --model {HAIKU}", variables)["agent"]["version"] == 2
    told = ok("ask hello --agent support", variables)
    assert (told["model"], told["agent_version"]) == (HAIKU, 2)
    rows = ok("usage --by agent,agent_version,model", variables)["usage"]
    assert [(row["agent_version"], row["model"], row["calls"]) for row in rows] == [
        ("1", MINI, 2),
        ("2", HAIKU, 1),
    ]
    (budget,) = ok("budget", variables)["budgets"]
    assert (budget["name"], budget["limit"]) == ("agent:support", "5")
    assert float(budget["spent"]) == pytest.approx(sum(float(row["cost"]) for row in rows))

    assert ok("agent archive support", variables)["agent"]["archived"] is True
    sent = len(bodies(sandbox))
    code, error, line = refused("ask hello --agent support", variables)
    assert (code, error) == (3, "no_agent") and "is archived" in line
    assert len(bodies(sandbox)) == sent
    assert ok("agent", variables)["agents"] == []
    assert [one["name"] for one in ok("agent list --archived", variables)["agents"]] == ["support"]
    assert ok("agent restore support", variables)["agent"]["version"] == 4
    assert ok("ask hello --agent support", variables)["agent_version"] == 4
    changes = [one["change"] for one in ok("agent history support", variables)["agents"]]
    assert changes == ["restored", "archived", "edited", "created"]


def test_the_versions_tell_what_is_new(agent: Any, variables: dict[str, Any]) -> None:
    ok("agent edit support --notes x --tag a", variables)
    ok("agent archive support", variables)
    lines = cli.run("agent", "history", "support", **variables).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["3", "2", "1"]
    assert lines[1].endswith("archived") and lines[2].endswith("tags, notes")
    lines = cli.run("agent", "history", "support", "--limit", "2", **variables).stdout.splitlines()
    assert len(lines) == 3 and lines[2].endswith("tags, notes")


def test_an_entry_is_explained_by_the_profile_as_it_was(
    agent: Any, variables: dict[str, Any]
) -> None:
    entry = ok("ask hello --agent support --user ann", variables)["entry"]
    ok(f"agent edit support --model {HAIKU} --without system", variables)
    told = ok(f"explain {entry}", variables)
    assert (told["agent"]["version"], told["agent"]["system"]) == (1, "Be kind.")
    assert told["entries"][0]["agent_version"] == 1
    text = cli.run("explain", entry, **variables).stdout
    assert "agent        support v1\n" in text and "user         ann\n" in text
    assert text.endswith("system prompt\n  Be kind.\n")
    entry = ok("ask hello --charge-agent support", variables)["entry"]
    assert cli.run("explain", entry, **variables).stdout.endswith(
        "the call named no agent with a profile\n"
    )
    assert refused("explain 01M8DFRD5G7XYR0EGFN1G28GJ6", variables)[:2] == (3, "not_found")
    assert refused("explain x", variables)[:2] == (2, "invalid")


def test_the_entries_of_one_version(agent: Any, variables: dict[str, Any]) -> None:
    for words in ("ask 1 --agent support", "ask 2 --agent support", "agent edit support --notes x"):
        ok(words, variables)
    newest = ok("ask 3 --agent support", variables)["entry"]
    shown = "entries --agent support --agent-version"
    assert [one["entry"] for one in ok(f"{shown} 2", variables)["entries"]] == [newest]
    assert len(ok(f"{shown} 1", variables)["entries"]) == 2
    assert len(ok(f"{shown} 1 --limit 1", variables)["entries"]) == 1
    assert ok(f"{shown} 9", variables)["entries"] == []
    assert refused("entries --agent-version 1", variables)[0] == 2
    assert " support v2 " in cli.run("entries", **variables).stdout


# ---- The parts of a profile.


def test_every_option_is_a_member_of_the_profile(variables: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text('[{"type": "function", "function": {"name": "f"}}]')
    (tmp_path / "own.txt").write_text("My own.")
    words = (
        "agent create a --model a/b --model c/d --policy cheapest --max-tokens 9 --max-cost 0.01 "
        "--system-file own.txt --tools-from tools.json --parameters-from - --tag s --tag t "
        "--notes n --app web --user ann --charge-tag x --charge-tag y --budget 5 --window week "
        "--assume 0.1 --threshold 50 --threshold 90"
    )
    told = cli.told(*words.split(), given='{"seed": 1}', **variables)[1]["agent"]
    assert (told["model"], told["route"]["models"]) == (None, ["a/b", "c/d"])
    assert told["route"]["policy"]["sort"] == "cheapest" and told["route"]["max_cost"] == "0.01"
    assert (told["max_tokens"], told["parameters"]) == (9, {"seed": 1})
    assert told["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert (told["system"], told["system_file"]) == (None, str(tmp_path / "own.txt"))
    assert (told["tags"], told["notes"]) == (["s", "t"], "n")
    accounts = {"app": "web", "user": "ann", "tags": ["x", "y"], "agent": None, "run": None}
    assert told["charge_to"] == accounts
    limits = {"limit": "5", "window": "week", "assume": "0.1", "thresholds": [50, 90]}
    assert told["budget"] == limits
    assert ok("agent show a", variables)["agent"] == told

    words = "agent edit a --model e/f --system Hi --window month --user bob --max-cost 0.02"
    after = ok(words, variables)["agent"]
    assert (after["model"], after["route"]["models"]) == ("e/f", [])
    assert (after["system"], after["system_file"]) == ("Hi", None)
    assert after["budget"] == {**limits, "window": "month"}
    assert after["charge_to"] == {**accounts, "user": "bob"}
    assert after["route"] == {**told["route"], "models": [], "max_cost": "0.02"}
    assert (after["tools"], after["notes"]) == (told["tools"], "n")

    away = "model policy max-tokens max-cost system parameters tools app user charge-tag budget tag"
    words = "agent edit a --without notes" + "".join(f" --without {one}" for one in away.split())
    bare = ok(words, variables)["agent"]
    assert bare["version"] == 3 and not bare["tags"] and not bare["charge_to"]["tags"]
    for part in ("model", "max_tokens", "parameters", "tools", "system", "budget", "notes"):
        assert bare[part] is None
    assert ok("budget", variables)["budgets"] == []
    done = cli.run(*words.split(), **variables)
    assert done.returncode == 0 and done.stdout.startswith("nothing is new, so there is no new ")


def test_an_edit_keeps_what_no_option_gives(variables: dict[str, Any]) -> None:
    with wayfare.Client(ledger=variables["WAYFARE_LEDGER"]) as client:
        client.create_agent(
            "a",
            route={"retries": 1, "policy": {"max_price": {"prompt": "3"}}, "models": ["a/b"]},
            charge_to={"run": "r"},
        )
    after = ok("agent edit a --policy cheapest --app web", variables)["agent"]
    assert (after["route"]["retries"], after["route"]["models"]) == (1, ["a/b"])
    assert after["route"]["policy"]["max_price"]["prompt"] == "3"
    assert (after["charge_to"]["run"], after["charge_to"]["app"]) == ("r", "web")
    shown = cli.run("agent", "show", "a", **variables).stdout
    assert "model        the cheapest of a/b\n" in shown
    assert "route        policy.max_price.prompt=3 retries=1\n" in shown


@pytest.mark.parametrize(
    ("words", "code", "like"),
    [
        ("create", 2, "NAME"),
        ("create b --system", 2, "expected one argument"),
        ("create b --system=", 2, "--system has no value; leave it out"),
        ("create b --model=", 2, "--model has no value"),
        ("create b --tag a --tag=", 2, "--tag has no value"),
        ("create b --system x --system-file y", 2, "not allowed with"),
        ("create b --parameters {", 2, "--parameters is not JSON: "),
        ("create b --parameters {}", 2, "--parameters has no value"),
        ("create b --parameters [1]", 2, "not a JSON object"),
        ("create b --parameters-from nosuch", 3, "there is no file nosuch"),
        ("create b --system-from empty", 2, "--system-from empty has no value"),
        ("create b --system-from bytes", 2, "byte 1 of bytes is not UTF-8"),
        ("create b --tools-from deep", 2, "--tools-from deep is not JSON"),
        ("create b --window day", 2, "needs a limit and a window"),
        ("create b --max-tokens 0", 2, "no whole number above 0"),
        ("create b --without notes", 2, "has no option --without"),
        ("edit support", 2, "nothing is named that changes"),
        ("edit support --notes=", 2, "--without takes a part away"),
        ("edit support --notes x --without notes", 2, "leave one of them out"),
        ("edit support --assume 1 --without budget", 2, "leave one of them out"),
        ("edit support --without nots", 2, "did you mean notes?"),
        ("edit support --version 0 --notes x", 2, "no whole number above 0"),
        ("edit suport --notes x", 3, 'the nearest name is "support"'),
        ("show support --version 9", 3, "its newest version is 1"),
        ("list --text=", 2, "text"),
        ("list --limit 0", 2, "no whole number above 0"),
        ("import nosuch", 3, "there is no file nosuch"),
        ("import empty", 2, "empty is not JSON"),
        ("import number", 2, "number is no export of agents"),
        ("import x --on-conflict kip", 2, "did you mean skip?"),
    ],
)
def test_what_cannot_be_used_is_refused(
    agent: Any, variables: dict[str, Any], tmp_path: Path, words: str, code: int, like: str
) -> None:
    (tmp_path / "empty").write_text("")
    (tmp_path / "number").write_text("7")
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "deep").write_text("[" * 100_000)
    done = cli.run("agent", *words.split(), **variables)
    assert (done.returncode, done.stdout) == (code, "") and like in done.stderr, done
    assert done.stderr.count("\n") == 1
    assert ok("agent", variables)["agents"] == [agent]


def test_nobody_overwrites_an_edit_unseen(agent: Any, variables: dict[str, Any]) -> None:
    assert ok("agent edit support --version 1 --notes x", variables)["agent"]["version"] == 2
    for words in (
        "agent edit support --version 1 --notes y",
        "agent archive support --version 1",
        "agent create support",
        "agent restore support",
    ):
        assert refused(words, variables)[:2] == (2, "conflict"), words
    told = ok("agent show support", variables)["agent"]
    assert (told["version"], told["notes"]) == (2, "x")
    assert ok("agent show support --version 1", variables)["agent"]["notes"] is None


# ---- Exports.


def test_an_export_goes_to_another_ledger(
    agent: Any, variables: dict[str, Any], tmp_path: Path
) -> None:
    printed = cli.run("agent", "export", **variables).stdout
    assert ok("agent export", variables) == json.loads(printed)
    assert ok("agent export out.json", variables) == {"file": "out.json", "agents": 1, "faults": 0}
    assert (tmp_path / "out.json").read_text() == printed
    assert stat.S_IMODE((tmp_path / "out.json").stat().st_mode) == 0o600
    assert refused("agent export out.json", variables)[:2] == (2, "invalid")
    other = {**variables, "WAYFARE_LEDGER": str(tmp_path / "other.db")}
    counts = {"created": 0, "replaced": 0, "equal": 0, "skipped": 0}
    take = ("agent", "import", "-")
    assert cli.told(*take, given=printed, **other) == (0, {**counts, "created": 1})
    as_list = json.dumps(json.loads(printed)["agents"])  # as the library exports it
    assert cli.told(*take, given=as_list, **other) == (0, {**counts, "equal": 1})
    assert ok("agent show support", other)["agent"]["system"] == "Be kind."
    ok("agent edit support --notes theirs", other)
    code, error, line = refused("agent import out.json", other)
    assert (code, error) == (2, "conflict") and "nothing was imported" in line
    told = cli.run("agent", "import", "out.json", "--on-conflict", "skip", **other)
    assert told.stdout == "1 skipped\n"
    told = cli.run("agent", "import", "out.json", "--on-conflict", "replace", **other)
    assert told.stdout == "1 replaced\n"
    assert ok("agent show support", other)["agent"]["notes"] is None


def test_an_export_without_texts_says_so(
    agent: Any, variables: dict[str, Any], tmp_path: Path
) -> None:
    (text,) = (tmp_path / "ledger.db.agents").iterdir()
    text.unlink()
    done = cli.run("agent", "export", "out.json", **variables)
    assert (done.returncode, done.stderr.count("\n")) == (7, 1)
    assert done.stderr.startswith("wayfare: support is exported without its texts: there is no ")
    assert cli.told("agent", "export", **variables)[0] == 7
    assert "lacks its texts" in refused("agent import out.json", variables)[2]
    assert "there is no file" in cli.run("agent", **variables).stdout
