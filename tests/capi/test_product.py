"""Programs in C, C++ and Python share one ledger and its hard budgets, and are killed at random."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CAMPAIGN = Path(__file__).resolve().parent.parent / "crash"


def test_c_cpp_and_python_are_killed_and_the_ledger_agrees_with_the_bill(
    installed: Path, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    for command in (
        ["cmake", "-G", "Ninja", "-S", str(CAMPAIGN), "-B", str(build)],
        ["cmake", "--build", str(build)],
    ):
        made = subprocess.run(
            command,
            env={**os.environ, "CMAKE_PREFIX_PATH": str(installed)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    workers = ["--worker", str(build / "worker_c"), "--worker", str(build / "worker_cpp")]
    done = subprocess.run(
        [sys.executable, str(CAMPAIGN), "--rounds", "6", *workers],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
