"""Runs the programs of a build. Their output goes into one log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/wheel"  # what is made on the way, and kept for the next time
PACKAGES = ROOT / "build/packages"  # what is made
LOG = ROOT / "build/packages.log"
JOBS = str(min(2, os.cpu_count() or 1))


class Failed(Exception):
    """What went wrong, for the person who started the build."""


def say(text: str) -> None:
    print(f"wayfare: {text}", file=sys.stderr, flush=True)


def run(*command: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(words)}\n")
        log.flush()
        try:
            done = subprocess.run(
                words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=log, stderr=log
            )
        except FileNotFoundError:
            raise Failed(f"{words[0]} is not installed") from None
    if done.returncode != 0:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-40:])
        raise Failed(f"{tail}\n{words[0]} failed; the whole log is {LOG.relative_to(ROOT)}")


def output(*command: object) -> str:
    """Returns what a program prints."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failed(f"{words[0]} is not installed") from None
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
