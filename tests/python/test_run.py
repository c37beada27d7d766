"""`run` in a separate folder with fake tools: the steps of the set-up, and the started programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from wayfare.cli._commands import COMMANDS

RUN = Path(__file__).parents[2] / "run"

# Replaces python3. Makes a .venv whose python prints its folder and its arguments, except for pip.
PYTHON = """#!/bin/sh
[ "$1" = --version ] && exit
mkdir -p "$3/bin"
printf '#!/bin/sh\\n[ "$2" = pip ] || printf "%%s\\\\n" "$PWD" "$@"\\n' >"$3/bin/python"
chmod +x "$3/bin/python"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    for name in (
        "benchmarks/cpp",
        "bin",
        "capi",
        "core",
        "python",
        "tests/capi",
        "tests/core",
        "tests/fuzz",
        "tests/simulation",
        "tests/support",
    ):
        (folder / name).mkdir(parents=True)
    for name in ("CMakeLists.txt", "benchmarks/CMakeLists.txt", "pyproject.toml"):
        (folder / name).write_text("")
    for name, text in (
        ("python3", PYTHON),
        ("dpkg-query", "#!/bin/sh\necho install ok installed\n"),
    ):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    shutil.copy(RUN, folder / "run")
    return folder


def run(folder: Path, command: str, *words: str, **options: Any) -> list[str]:
    """Returns the folder and the words that the Python of the environment gets."""
    tools = Path(command if command.startswith("/") else folder / command).resolve().parent / "bin"
    done = subprocess.run(
        [command, *words],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_relative_paths_are_relative_to_the_callers_folder(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    words = ("ask", "a prompt", "--ledger", "calls.db")
    for folder, command in (
        (elsewhere, str(checkout / "run")),
        (elsewhere, "../check out/run"),
        (checkout, "./run"),
    ):
        assert run(folder, command, *words) == [str(folder), "-I", "-m", "wayfare", *words]
    (checkout / ".env").write_text("")
    # The last --env-folder counts.
    named = ["--env-folder", str(checkout), "status", "--env-folder", "mine"]
    assert run(elsewhere, str(checkout / "run"), *named[2:])[4:] == named


def test_without_words_it_asks_the_sandbox_if_there_is_no_key(checkout: Path) -> None:
    words = run(checkout, "./run", input="what is piped is not read")[4:]
    assert words == ["ask", "--or-demo", "Say hello in five words."]
    assert run(checkout, "./run", "--options")[4:] == ["--help"]


def test_every_other_word_goes_to_wayfare(checkout: Path) -> None:
    """So a typing error is refused, and is never sent as a prompt."""
    for words in (["tset"], ["Say", "hello"], ["--version"], ["budget", "set", "b"]):
        assert run(checkout, "./run", *words)[4:] == words


def test_no_command_of_run_hides_one_of_wayfare() -> None:
    own = re.findall(r"^  ([a-z| -]+)\)$", RUN.read_text(), re.MULTILINE)
    names = {name.strip() for line in own for name in line.split("|")}
    assert {"test", "lint", "wheel"} <= names
    assert not names & {name.split()[0] for name in COMMANDS}
