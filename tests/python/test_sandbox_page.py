"""python/SANDBOX.md: its programs run, and its lists are those of the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from plugin import run_pytest
from sandbox_client import fetch
from wayfare.sandbox import RULES, Sandbox

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "python/SANDBOX.md"
BLOCKS = re.findall(r"<!-- run: (\w+) -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
CURL = re.findall(r"^curl .*$", PAGE.read_text(), re.MULTILINE)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def faults() -> str:
    rows = [
        (f"`{one['name']}`", one["tells"].replace("|", "\\|"), "yes" if one["billed"] else "no")
        for one in Sandbox.faults()
    ]
    return table(("fault", "what happens", "billed"), rows)


def rules() -> str:
    return table(("rule", "what it means"), [(f"`{name}`", RULES[name]) for name in RULES])


def test_the_tables_are_those_of_the_sandbox() -> None:
    page = PAGE.read_text()
    if os.environ.get("WAYFARE_GOLDEN_WRITE"):
        for told in (faults(), rules()):
            head = re.escape(told.partition("\n")[0])
            old = re.compile(rf"^{head}\n(\|.*\n)+", re.MULTILINE)
            page = old.sub(lambda _, told=told: told + "\n", page)  # type: ignore[misc]
        PAGE.write_text(page)
    assert faults() in page and rules() in page


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_pytest(tmp_path: Path) -> None:
    codes = [code for kind, code in BLOCKS if kind == "pytest"]
    for at, code in enumerate(codes):
        (tmp_path / f"test_{at}.py").write_text(code)
    told = run_pytest(tmp_path)
    tests = sum(code.count("def test_") for code in codes)
    assert f"{tests} passed" in told, told


def test_curl(sandbox: Sandbox) -> None:
    """With curl, or with urllib where there is none."""
    environment = {**os.environ, **sandbox.environment}
    assert len(CURL) >= 6
    for line in CURL:
        status = "409" if "check" in line else "200"
        if shutil.which("curl"):
            command = line.replace("curl ", "curl -sS -w ' %{http_code}' ", 1)
            done = subprocess.run(
                ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60
            )
            assert done.stdout.endswith(f" {status}"), (line, done.stdout, done.stderr)
            continue
        _, url, *rest = shlex.split(line, comments=True)
        path = url.partition("$OPENROUTER_BASE_URL")[2]
        body = rest[1].encode() if rest else None
        got = fetch(sandbox, "POST" if rest else "GET", path, body, key="")
        assert str(got.status) == status, (line, got.raw)
