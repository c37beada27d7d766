"""The Python examples, run as programs against the sandbox."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from wayfare.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "python/examples"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    with Sandbox() as sandbox:
        yield {
            "PATH": os.environ["PATH"],
            "OPENROUTER_API_KEY": "sk-or-v1-sandbox",
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "WAYFARE_DIALECT": "openrouter",
            "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }


def run(name: str, *words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(EXAMPLES / f"{name}.py"), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def lines_of(name: str, *words: str, env: dict[str, str]) -> list[str]:
    done = run(name, *words, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_each_example_is_run() -> None:
    alone = {"chat", "stream", "budgets", "many"}
    in_servers = {"fastapi_app", "flask_app", "worker", "billing"}  # test_examples_servers.py
    assert {p.stem for p in EXAMPLES.glob("*.py")} == alone | in_servers


def test_chat(environment: dict[str, str]) -> None:
    text, cost, usage = lines_of("chat", "Hello", env=environment)
    assert text and re.fullmatch(r"openai/gpt-4o-mini: 0\.\d+ USD, entry \w{26}", cost)
    assert "openai/gpt-4o-mini: 1 calls, 0." in usage


def test_chat_tells_an_error_in_one_line(environment: dict[str, str]) -> None:
    done = run("chat", env={**environment, "OPENROUTER_API_KEY": ""})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("key_missing: ") and done.stderr.count("\n") == 1


def test_stream(environment: dict[str, str]) -> None:
    *text, last = lines_of("stream", "Hello", env=environment)
    assert "".join(text) and re.fullmatch(r"\d+ \+ \d+ tokens, [\d.]+ USD", last)


def test_budgets(environment: dict[str, str]) -> None:
    lines = lines_of("budgets", "1", env=environment)
    assert lines[0] == "5 calls were sent" and lines[-1].startswith("refused: ")
    assert re.fullmatch(r"example-agent-day: 0\.\d+ of 1 USD are spent", lines[1])
    lines = lines_of("budgets", "0.000000001", env=environment)  # less than is spent already
    assert lines[0].startswith("refused: the budget example-agent-day has -0.0")
    assert lines[1] == "0 calls were sent"


def test_many(environment: dict[str, str]) -> None:
    (line,) = lines_of("many", "30", env=environment)
    assert re.fullmatch(r"30 calls, 0 failed, 0\.\d+ USD, 0 costs are unknown", line)


def test_the_package_has_no_examples() -> None:
    files = importlib.metadata.files("wayfare")
    assert files and not [path for path in files if "examples" in path.parts]
