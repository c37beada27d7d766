"""Mounts of a test's own, in a namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def among(mounts: str) -> list[str]:
    """The words before a command that runs it among these mounts, made by a shell; skips the test
    where they cannot be made."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare, to mount with")
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", "--mount", "--propagation", "unchanged", *root, "sh", "-c"]
    tried = subprocess.run([*words, mounts], check=False, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"it cannot be mounted here: {tried.stderr.strip()}")
    return [*words, mounts + ' && exec "$0" "$@"']
