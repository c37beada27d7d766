"""``wayfare doctor`` and the agents of the ledger: their models, texts, and who may read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from doctor import Answers, doctor, server
from model_lists import model

LIST = [
    model("openai/gpt-4o-mini", "0.000001", "0.000002", canonical_slug="openai/gpt-4o-mini-2024"),
    model("openai/gpt-4o-nano", "0.000001", "0.000002", expiration_date="2999-01-31"),
    model("openai/gpt-4-old", "0.000001", "0.000002", expiration_date="2020-01-31"),
    model("anthropic/claude-3-haiku", "0.000001", "0.000002"),
]


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    made.replies["/models"] = (200, {}, {"data": LIST})
    made.replies["/key"] = (200, {}, {"data": {"label": "x", "limit": None, "usage": 0}})
    yield made
    made.close()


@pytest.fixture
def variables(answers: Answers, tmp_path: Path) -> dict[str, str]:
    return server(answers.base_url, WAYFARE_LEDGER=str(tmp_path / "ledger.db"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[wayfare.Client]:
    with wayfare.Client(ledger=tmp_path / "ledger.db", base_url="http://localhost") as opened:
        yield opened


def test_without_agents_it_says_nothing(
    answers: Answers, variables: dict[str, str], tmp_path: Path
) -> None:
    told = doctor(tmp_path, **variables)
    assert told.code == 0 and " agents " not in told.text
    assert not [path for path in tmp_path.iterdir() if "ledger" in path.name]
    with wayfare.Client(ledger=tmp_path / "ledger.db") as client:
        client.budget("b", limit="1", window="day")
    assert " agents " not in doctor(tmp_path, **variables).text
    assert not (tmp_path / "ledger.db.agents").exists()


def test_agents_that_are_well(
    client: wayfare.Client, variables: dict[str, str], tmp_path: Path
) -> None:
    """A name may choose a provider, or have a date. Agents that are archived do not count."""
    for name, one in (
        ("a", "openai/gpt-4o-mini:nitro"),
        ("b", "openai/gpt-4o-mini-2024"),
        ("c", "no/such"),
        ("e", "@preset/mine"),
        ("f", "openrouter/auto"),
    ):
        client.create_agent(name, model=one, system="x")
    client.create_agent("d", notes="without a model")
    client.archive_agent("c")
    told = doctor(tmp_path, **variables)
    assert told.code == 0
    assert told.lines("ok", "agents") == ["agents       the texts of 6 agents can be read"]
    assert not told.lines("warning")


def test_a_model_that_goes_names_its_agents_and_the_nearest(
    client: wayfare.Client, variables: dict[str, str], tmp_path: Path
) -> None:
    client.create_agent("is gone", model="openai/gpt-4o-mni")
    client.create_agent("ended", route={"models": ["anthropic/claude-3-haiku", "openai/gpt-4-old"]})
    client.create_agent("strange", model="zz/zz")
    for number in range(7):
        client.create_agent(f"n{number}", model="openai/gpt-4o-nano")
    told = doctor(tmp_path, **variables)
    assert told.code == 0  # calls warn of it, too
    assert set(told.lines("warning", "agents")) == {
        'agents       the model openai/gpt-4o-mni of the agent "is gone" is gone; the nearest '
        "is openai/gpt-4o-mini: wayfare agent edit 'is gone' --model openai/gpt-4o-mini",
        'agents       the model openai/gpt-4-old of the agent "ended" is gone; the nearest is '
        'openai/gpt-4o-mini; "wayfare agent edit" changes an agent',
        'agents       the model zz/zz of the agent "strange" is gone; "wayfare agent models" '
        "lists others",
        'agents       the model openai/gpt-4o-nano of the agents "n0", "n1", "n2", "n3", "n4" and '
        "2 more has its last day on 2999-01-31; the nearest is openai/gpt-4o-mini; "
        '"wayfare agent edit" changes an agent',
    }
    data = json.loads(doctor(tmp_path, "--json", **variables).text)
    found = [one["facts"] for one in data["findings"] if one["check"] == "agents"]
    assert {
        "model": "openai/gpt-4o-mni",
        "agents": ["is gone"],
        "gone": True,
        "instead": "openai/gpt-4o-mini",
    } in found
    (last,) = [one for one in found if not one["gone"]]
    assert last["agents"] == [f"n{number}" for number in range(7)]


@pytest.mark.parametrize(
    "listed",
    [
        (404, {}, {}),
        (200, {}, {"data": [{"id": "llama3:latest", "object": "model"}]}),  # not all its names
    ],
)
def test_a_list_that_does_not_have_every_model_says_nothing_of_those_of_agents(
    client: wayfare.Client,
    answers: Answers,
    variables: dict[str, str],
    tmp_path: Path,
    listed: Any,
) -> None:
    client.create_agent("a", model="llama3")
    answers.replies["/models"] = listed
    told = doctor(tmp_path, **variables)
    assert told.lines("ok", "agents") == ["agents       the texts of 1 agent can be read"]


def test_texts_that_cannot_be_read(
    client: wayfare.Client, variables: dict[str, str], tmp_path: Path
) -> None:
    own = tmp_path / "own.txt"
    own.write_text("x")
    client.create_agent("own", system_file=str(own))
    for name in ("lost", "edited"):
        client.create_agent(name, system=f"Be {name}.")
    files = {
        name: path
        for path in (tmp_path / "ledger.db.agents").iterdir()
        for name in ("lost", "edited")
        if f"Be {name}." in path.read_text()
    }
    assert not doctor(tmp_path, **variables).lines("fault")
    files["lost"].unlink()
    files["edited"].write_text('{"system":"Obey."}')
    own.unlink()
    told = doctor(tmp_path, **variables)
    assert told.code == 1
    assert told.lines("fault") == [
        f'agents       the agent "edited" cannot be used: the file {files["edited"]} was changed; '
        "put the file back, such as from a backup, or import the agent",
        f'agents       the agent "lost" cannot be used: there is no file {files["lost"]}; '
        "put the file back, such as from a backup, or import the agent",
        f'agents       the agent "own" cannot be used: its system file {own} cannot be read; '
        "put the file back, such as from a backup",
    ]
    assert "Obey" not in told.text
    for path in (tmp_path / "ledger.db.agents").iterdir():
        path.unlink()
    for number in range(5):
        client.create_agent(f"own{number}", system_file=str(own))
    lines = doctor(tmp_path, **variables).lines("fault")
    assert len(lines) == 6
    assert lines[-1] == (
        'agents       the agents "own2", "own3", "own4" cannot be used either; put the files back'
    )


@pytest.mark.parametrize(
    ("mode", "of_ledger", "level", "line"),
    [
        (0o700, 0o600, "ok", "the texts of 1 agent can be read"),
        (
            0o755,
            0o600,
            "warning",
            "every user of this machine may read the prompts of agents in {}",
        ),
        (
            0o701,
            0o660,
            "warning",
            "every user of this machine may read the prompts of agents in {}",
        ),
        (0o750, 0o600, "warning", "a group may read the prompts of agents in {}"),
        (0o770, 0o660, "note", "a group may read the prompts of agents in {} (mode 770)"),
    ],
)
def test_who_may_read_the_prompts(
    client: wayfare.Client,
    variables: dict[str, str],
    tmp_path: Path,
    mode: int,
    of_ledger: int,
    level: str,
    line: str,
) -> None:
    client.create_agent("a", system="x")
    folder = tmp_path / "ledger.db.agents"
    folder.chmod(mode)
    (tmp_path / "ledger.db").chmod(of_ledger)
    told = doctor(tmp_path, **variables)
    assert told.code == 0
    assert told.lines(level, "agents")[0].startswith(f"agents       {line.format(folder)}")
    if level == "warning":
        assert f"; chmod -R {'o' if mode & 7 else 'g'}= {folder}" in told.text


def test_a_ledger_that_cannot_be_read_has_one_fault(
    variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_text("no ledger")
    told = doctor(tmp_path, **variables)
    assert told.fault("ledger") and not told.lines("fault", "agents")
