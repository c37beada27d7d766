"""The built C library, and the compiler for its programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build" / "tree"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installs the headers and libraries of the build tree into a folder."""
    prefix = tmp_path_factory.mktemp("prefix")
    for component in ("cpp", "c"):
        subprocess.run(
            ["cmake", "--install", TREE, "--prefix", prefix, "--component", component],
            check=True,
            capture_output=True,
        )
    return prefix
