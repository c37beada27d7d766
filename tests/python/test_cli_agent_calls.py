"""Calls of agents by the command line, the models for them, and what their reports show."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import cli
import golden
import pytest
from cli import ok, refused
from model_lists import Lists, model
from raw_server import completion

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
def agent(variables: dict[str, Any]) -> None:
    words = ("agent", "create", "support", "--model", MINI, "--system", "Be kind.")
    assert cli.run(*words, "--parameters", '{"temperature": 0.2}', **variables).returncode == 0


def bodies(sandbox: Any) -> list[Any]:
    return [json.loads(received.body) for received in sandbox.requests if received.body]


# ---- Calls.


def test_a_name_without_a_profile_is_charged_where_there_are_no_agents(
    sandbox: Any, variables: dict[str, Any]
) -> None:
    for _ in range(2):  # the first call makes the ledger
        assert ok("ask hello --agent nightly", variables)["agent_version"] is None
    ok("agent create support --system Kind.", variables)
    code, error, line = refused("ask hello --agent suport", variables)
    assert (code, error) == (3, "no_agent") and 'nearest name is "support"; --charge-agent' in line
    ok("agent archive support", variables)
    assert refused("ask hello --agent nightly", variables)[:2] == (3, "no_agent")
    assert ok("ask hello --charge-agent support", variables)["agent_version"] is None
    assert [entry["agent"] for entry in ok("entries", variables)["entries"]] == [
        "support", "nightly", "nightly",
    ]  # fmt: skip
    assert all(len(body["messages"]) == 1 for body in bodies(sandbox))
    assert refused("ask x --agent a --charge-agent b", variables)[0] == 2


def test_what_a_call_gives_goes_before_the_profile(
    agent: Any, sandbox: Any, variables: dict[str, Any]
) -> None:
    ok(f"ask hello --agent support --model {HAIKU} --system Own. --app web", variables)
    body = bodies(sandbox)[-1]
    assert (body["model"], body["temperature"]) == (HAIKU, 0.2)
    assert [one["content"] for one in body["messages"]] == ["Own.", "hello"]
    assert ok("entries", variables)["entries"][0]["app"] == "web"


def test_the_model_of_the_agent_goes_before_the_first_of_another_server(
    raw_server: Any, tmp_path: Path
) -> None:
    asked = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            if request[1]:
                asked.append(json.loads(request[1])["model"])
                connection.reply(completion(cost=None))
            else:
                connection.reply(b'{"data": [{"id": "first"}, {"id": "second"}]}')

    own = {
        "OPENROUTER_BASE_URL": raw_server(serve).base_url,
        "OPENROUTER_API_KEY": "of-this-server",
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
    }
    ok("agent create a --model second", own)
    ok("agent create b --notes x", own)
    for name in ("a", "b"):
        ok(f"ask hello --agent {name}", own)
    assert asked == ["second", "first"]


def test_select_tells_of_the_profile_and_makes_no_ledger(
    agent: Any, variables: dict[str, Any], tmp_path: Path
) -> None:
    told = ok("select hello --agent support", variables)
    assert [one["model"] for one in told["ranked"]] == [MINI]
    assert refused("select hello --agent suport", variables)[:2] == (3, "no_agent")
    other = {**variables, "WAYFARE_LEDGER": str(tmp_path / "other.db")}
    assert refused("select hello --agent support", other)[:2] == (3, "not_found")
    assert not (tmp_path / "other.db").exists()


# ---- Models for agents.


def test_models_for_an_agent_are_filtered(variables: dict[str, Any]) -> None:
    every = ok("agent models", variables)
    assert [one["id"] for one in every["models"][:5]] == [
        one["id"] for one in every["default_models"]
    ]
    for words, passes in (
        ("--text CLAUDE", lambda one: "claude" in one["id"]),
        ("--tools", lambda one: "tools" in one["parameters"]),
        ("--parameter seed --tools", lambda one: {"tools", "seed"} <= set(one["parameters"])),
        ("--input image --input file", lambda one: "file" in one["input_modalities"]),
        ("--output text", lambda one: "text" in one["output_modalities"]),
        ("--context 200000", lambda one: one["context_tokens"] >= 200_000),
        ("--max-price-prompt 1", lambda one: float(one["prices"]["prompt"]) <= 0.000001),
        ("--max-price-request 0", lambda one: not float(one["prices"]["request"] or 0)),
        ("--max-price-image 0", lambda one: not float(one["prices"]["image"] or 0)),
        ("--max-price-completion 0", lambda one: float(one["prices"]["completion"]) == 0),
        ("--of-key --text mini", lambda one: "mini" in one["id"]),
    ):
        found = ok(f"agent models {words}", variables)["models"]
        assert found and all(map(passes, found)), words
        assert len(found) == sum(map(passes, every["models"])), words
    assert cli.told("agent", "models", "--text", "nosuch", **variables)[0] == 3
    assert not Path(variables["WAYFARE_LEDGER"]).exists()


def test_a_well_known_model_that_is_gone_names_the_nearest(
    raw_server: Any, wire: Any, variables: dict[str, Any]
) -> None:
    lists = Lists(
        raw_server,
        wire,
        [
            model("openai/gpt-4o-mini-2", "0.000001", "0.000002"),
            model(HAIKU, "0.000001", "0.000002", expiration_date="2999-01-31"),
            model("anthropic/claude-3-haiku-2", "0.000001", "0.000002"),
        ],
    )
    own = {**variables, "OPENROUTER_BASE_URL": lists.base_url}
    shown = cli.run("agent", "models", "--tools", **own).stdout.splitlines()
    lines = {line.split()[0]: line.split()[1:] for line in shown if "/" in line}
    assert lines[MINI] == ["gone", "openai/gpt-4o-mini-2"]
    assert lines[HAIKU][-2:] == ["2999-01-31", "anthropic/claude-3-haiku-2"]
    assert shown.index("other models:") > 0 and "openai/gpt-4o-mini-2" in lines


# ---- Reports.

REPORTS = {
    "agents": "agent list --text s",
    "agent": "agent show support",
    "agent-history": "agent history support",
    "agent-models": "agent models --tools",
    "agent-edit": "agent edit support --policy cheapest",
    "agent-usage": "usage --by agent,agent_version",
    "agent-entries": "entries --agent support",
    "explain": "explain ENTRY",
}
TOOL = {"type": "function", "function": {"name": "refund", "parameters": {"type": "object"}}}
PROMPT = "Be kind, \u4e2d\u6587.\n\x1b[2Jok       agents       all is well\n\n\tEnd."


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A ledger with two agents, and calls of two versions of one of them."""
    sandbox_of = pytest.importorskip("wayfare.sandbox").Sandbox
    now = datetime.datetime.now(datetime.timezone.utc)
    if now.hour == 23 and now.minute > 57:  # all of it has to be on one day
        time.sleep(180)
    folder = tmp_path_factory.mktemp("kept")
    with sandbox_of() as sandbox:
        variables = {
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "OPENROUTER_API_KEY": "sk-or-v1-x",
            "WAYFARE_DIALECT": "openrouter",
            "WAYFARE_LEDGER": str(folder / "ledger.db"),
            "XDG_CACHE_HOME": str(folder),
        }
        (folder / "tools").write_text(json.dumps([TOOL]))
        create = f"agent create support --model {MINI} --max-tokens 50 --app web --charge-tag x"
        limit = f"--budget 5 --window day --threshold 50 --tools-from {folder}/tools --max-cost 0.1"
        more = ("--system", PROMPT, "--notes", "for [bold]people[/bold]")
        assert cli.run(*create.split(), *limit.split(), *more, **variables).returncode == 0
        told = ok("ask hello --agent support --user ann", variables)
        ok(f"agent edit support --model {HAIKU} --model {MINI} --policy cheapest", variables)
        ok("ask hello --agent support", variables)
        ok("agent create search --tag red --tag blue", variables)
        yield {**variables, "entry": told["entry"]}


@pytest.mark.parametrize("columns", golden.WIDTHS)
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_fits_the_terminal(kept: dict[str, Any], report: str, columns: int) -> None:
    variables = {name: value for name, value in kept.items() if name != "entry"}
    words = REPORTS[report].replace("ENTRY", kept["entry"])
    text = golden.check(report, words, columns, variables)
    assert "\x1b" not in text
    if columns == 200:  # a pipe gets the same
        assert golden.normalised(cli.run(*words.split(), **variables).stdout, variables) == text


def test_a_terminal_obeys_nothing_in_a_profile(kept: dict[str, Any]) -> None:
    shown = cli.run("agent", "show", "support", **kept).stdout
    assert "\n  \\u001b[2Jok       agents       all is well\n\n  \tEnd.\n" in shown
    assert "\x1b" not in cli.run("agent", "export", **kept).stdout
