"""`run` in a separate folder with fake tools: the steps of the set-up, and the started programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_relative_paths_are_relative_to_the_callers_folder(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    environment = {**os.environ, "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    for folder, command in (
        (elsewhere, str(checkout / "run")),
        (elsewhere, "../check out/run"),
        (checkout, "./run"),
    ):
        words = [command, "a prompt", "--ledger", "calls.db"]
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            str(folder),
            "-I",
            "-m",
            "wayfare",
            "a prompt",
            "--ledger",
            "calls.db",
        ]
    (checkout / ".env").write_text("")
    done = subprocess.run(
        [checkout / "run", "--env-folder", "mine"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    # argparse takes the last --env-folder.
    assert done.stdout.splitlines()[4:] == [
        "--env-folder",
        str(checkout),
        "--env-folder",
        "mine",
    ]
