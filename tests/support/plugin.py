"""Runs pytest with the plugin of wayfare, in a process of its own."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path


def run_pytest(folder: Path, *options: str) -> str:
    """Runs the tests of a folder. Returns the output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    if not _is_installed():
        command += ["-p", "wayfare.pytest_plugin"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120).stdout


def _is_installed() -> bool:
    """Whether the package has its entry points, which a tree that is only copied has not."""
    try:
        entries = importlib.metadata.distribution("wayfare").entry_points
    except importlib.metadata.PackageNotFoundError:
        return False
    return any(entry.group == "pytest11" for entry in entries)
