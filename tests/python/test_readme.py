"""The code in the README, run unchanged against the sandbox, and the main job of ./run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin import run_pytest
from wayfare.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = re.findall(
    r"<!-- test: (\w+) -->\n```\w+\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
)
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    with Sandbox() as sandbox:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENROUTER_", "WAYFARE_"))
        }
        server = {
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "OPENROUTER_API_KEY": KEY,
            "WAYFARE_DIALECT": "openrouter",
        }
        yield {**inherited, **server, "XDG_STATE_HOME": str(tmp_path)}


def run(
    command: list[str], environment: dict[str, str], **more: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, **more
    )


def test_there_are_snippets() -> None:
    assert [kind for kind, _ in SNIPPETS].count("python") >= 3 and {"c", "cpp"} <= {
        kind for kind, _ in SNIPPETS
    }


@pytest.mark.parametrize("code", [code for kind, code in SNIPPETS if kind == "python"])
def test_python(code: str, environment: dict[str, str]) -> None:
    done = run([sys.executable, "-c", code], environment)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


PROGRAM = """
import wayfare

def my_program(prompt):
    with wayfare.Client() as client:
        return client.chat(prompt).text
"""


@pytest.mark.parametrize("code", [code for kind, code in SNIPPETS if kind == "pytest"])
def test_pytest(code: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PROGRAM + code)
    told = run_pytest(tmp_path)
    assert "1 passed" in told, told


@pytest.mark.slow
@pytest.mark.parametrize("code", [code for kind, code in SNIPPETS if kind == "cpp"])
def test_cpp(code: str, environment: dict[str, str], tmp_path: Path) -> None:
    library = ROOT / "build/tree/libwayfare_core.a"
    (tmp_path / "snippet.cpp").write_text(code)
    command = [
        "g++",
        "-std=c++20",
        f"-I{ROOT}/core/include",
        "snippet.cpp",
        str(library),
        "-lcurl",
        "-lsqlite3",
        "-pthread",
        "-o",
        "snippet",
    ]
    built = run(command, environment, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    done = run([str(tmp_path / "snippet")], environment)
    assert (done.returncode, done.stderr) == (0, "") and "USD, entry" in done.stdout


@pytest.mark.parametrize("code", [code for kind, code in SNIPPETS if kind == "c"])
def test_c(code: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "snippet.c").write_text(code)
    tree = ROOT / "build/tree"
    command = [
        "gcc",
        "-std=c99",
        "-Wall",
        "-Werror",
        f"-I{ROOT}/capi/include",
        "snippet.c",
        f"-L{tree}",
        f"-Wl,-rpath,{tree}",
        "-lwayfare",
        "-o",
        "snippet",
    ]
    built = run(command, environment, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    done = run([str(tmp_path / "snippet")], environment)
    assert (done.returncode, done.stderr) == (0, "") and '"type":"done"' in done.stdout


def test_the_main_job(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wayfare", "ask", "my prompt", "--model", "openai/gpt-4o-mini"]
    done = run(command, environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "my prompt" in done.stdout
    assert done.stderr.startswith("[openai/gpt-4o-mini: ") and " USD; today " in done.stderr
    assert (tmp_path / "wayfare/ledger.db").exists()


def test_the_main_job_fails_with_one_clear_line(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "wayfare", "ask", "hello", "--model", "no/such-model"]
    done = run(command, environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1 and "not_found" in done.stderr
