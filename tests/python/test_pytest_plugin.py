"""The fixture wayfare_sandbox, in runs of pytest of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from plugin import run_pytest

ASK = """
import json, os, urllib.request
import pytest

def ask(prompt, **more):
    body = json.dumps({"messages": [{"role": "user", "content": prompt}], **more}).encode()
    key = {"Authorization": "Bearer " + os.environ["OPENROUTER_API_KEY"]}
    url = os.environ["OPENROUTER_BASE_URL"] + "/chat/completions"
    with urllib.request.urlopen(urllib.request.Request(url, body, key)) as got:
        return json.load(got)["choices"][0]["message"]["content"]
"""


def run(folder: Path, text: str) -> tuple[dict[str, int], str]:
    """Runs the tests of this text. Returns the outcomes and the output."""
    (folder / "test_it.py").write_text(ASK + text)
    told = run_pytest(folder, "--strict-markers")
    last = told.strip().splitlines()[-1].partition(" in ")[0]
    words = [part.split() for part in last.split(", ")]
    return {name: int(count) for count, name in words}, told


def test_five_lines(tmp_path: Path) -> None:
    outcomes, told = run(
        tmp_path,
        """
def test_mine(wayfare_sandbox):
    wayfare_sandbox.reply("Short.")
    assert ask("Hello") == "Short."
    assert wayfare_sandbox.requests[0].json["messages"][0]["content"] == "Hello"
""",
    )
    assert outcomes == {"passed": 1}, told


def test_it_is_strict_at_the_end(tmp_path: Path) -> None:
    outcomes, told = run(
        tmp_path,
        """
def test_unused(wayfare_sandbox):
    wayfare_sandbox.reply("Never asked for.")

def test_wrong(wayfare_sandbox):
    wayfare_sandbox.reply(400)
    with pytest.raises(urllib.error.HTTPError):
        ask("x")
    ask("x")

@pytest.mark.wayfare(allow=["retried_what_is_final"])
def test_allowed(wayfare_sandbox):
    test_wrong(wayfare_sandbox)

@pytest.mark.wayfare(strict=False)
def test_lenient(wayfare_sandbox):
    test_wrong(wayfare_sandbox)
    test_unused(wayfare_sandbox)
""",
    )
    assert outcomes == {"passed": 4, "errors": 2}, told
    assert "an answer was not asked for: text='Never asked for.'" in told
    assert "retried_what_is_final: the same request was sent again" in told


def test_the_marker(tmp_path: Path) -> None:
    outcomes, told = run(
        tmp_path,
        """
from wayfare.sandbox import Endpoint, Model, prices
pytestmark = pytest.mark.wayfare(seed=3)

@pytest.mark.wayfare(faults={"status-503": 1}, models=[
    Model("my/model", "Mine", (Endpoint("Me", prices("0.1", "0.2")),))])
def test_one(wayfare_sandbox):
    with pytest.raises(urllib.error.HTTPError):
        ask("x", model="my/model")
    assert ask("y", model="my/model")
    with pytest.raises(urllib.error.HTTPError):
        ask("z", model="openai/gpt-4o-mini")

@pytest.mark.wayfare(faults=["status-401"])
def test_all(wayfare_sandbox):
    for prompt in "ab":
        with pytest.raises(urllib.error.HTTPError):
            ask(prompt)

@pytest.mark.wayfare(colour="red")
def test_unknown(wayfare_sandbox):
    pass

@pytest.mark.wayfare("status-401")
def test_unnamed(wayfare_sandbox):
    pass
""",
    )
    assert outcomes == {"passed": 2, "errors": 2}, told
    assert "unexpected keyword argument 'colour'" in told and "only named options" in told


def test_a_ledger_of_the_test_is_used(tmp_path: Path) -> None:
    outcomes, told = run(
        tmp_path,
        """
import wayfare

def test_mine(wayfare_sandbox, tmp_path):
    with wayfare.Client() as client:
        assert client.chat("Hello").text.startswith("You said")
        assert client.ledger_path.startswith(str(tmp_path))
        assert sum(entry.cost for entry in client.entries()) == wayfare_sandbox.total
    assert os.environ["OPENROUTER_BASE_URL"] == wayfare_sandbox.base_url
""",
    )
    assert outcomes == {"passed": 1}, told


def test_nothing_heavy_is_loaded_until_it_is_used() -> None:
    code = "import sys, wayfare.pytest_plugin; print([n for n in sys.modules if n in "
    code += "('aiohttp', 'h2', 'trustme', 'asyncio', 'wayfare.sandbox', 'wayfare._wayfare')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    loaded = told.stdout.strip()
    assert "aiohttp" not in loaded and "sandbox" not in loaded and "h2" not in loaded, loaded
