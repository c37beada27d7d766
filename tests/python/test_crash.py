"""The short version of `./run crash`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CAMPAIGN = Path(__file__).resolve().parent.parent / "crash"


def test_workers_that_are_killed_lose_nothing_and_pass_no_budget() -> None:
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--rounds", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
