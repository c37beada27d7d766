"""The C library as it was built, and the compiler that uses it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build" / "tree"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headers and libraries of the tree, installed into a folder of their own."""
    prefix = tmp_path_factory.mktemp("prefix")
    for component in ("cpp", "c"):
        subprocess.run(
            ["cmake", "--install", TREE, "--prefix", prefix, "--component", component],
            check=True,
            capture_output=True,
        )
    return prefix
