"""Calls servers that others wrote: llama.cpp's server with a tiny model, and a mock of the API from
npm, each alone and behind nginx. Prints what held, and exits with 1 if something did not, or if a
server is missing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import wayfare

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from outside import Missing
from programs import llama, mock, nginx
from tries import CHECKS, OF_LLAMA, options

SERVERS = {"llama.cpp": (llama, OF_LLAMA), "mock": (mock, CHECKS)}


@contextlib.contextmanager
def _ways(server: str, folder: Path) -> Iterator[dict[str, str]]:
    """Runs a server. Gives the addresses at which it answers, by what stands before it."""
    with contextlib.ExitStack() as running:
        address = running.enter_context(SERVERS[server][0](folder))
        yield {
            "alone": address,
            "nginx, gzip, buffering": running.enter_context(nginx(folder, address, "on")),
            "nginx, gzip, no buffering": running.enter_context(nginx(folder, address, "off")),
        }


def _try(check: Callable[[wayfare.Client], None], base_url: str, ledger: Path) -> str:
    """Runs one check with a ledger of its own. Returns "held", or what went wrong."""
    try:
        with wayfare.Client(**options(base_url, ledger)) as client:
            check(client)
    except (AssertionError, wayfare.Error) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"FAILED at {Path(place.filename).name}:{place.lineno}: {str(error)[:200]}"
    return "held"


def _campaign(server: str, folder: Path) -> list[str]:
    """Tries one server in each way, and prints a line for each check. Returns what came of them."""
    told: list[str] = []
    with _ways(server, folder) as ways:
        for way, address in ways.items():
            for name, check in SERVERS[server][1].items():
                told.append(_try(check, address, folder / f"{len(told)}.db"))
                print(f"{server:<10} {way:<26} {name:<32} {told[-1]}", flush=True)
    return told


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    told: list[str] = []
    missing = 0
    for server in SERVERS:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder  # for the models list
            try:
                told += _campaign(server, Path(folder))
            except Missing as error:
                print(f"{server:<10} MISSING: {error}", flush=True)
                missing += 1
    held = told.count("held")
    print(f"{held} held, {len(told) - held} failed, {missing} of {len(SERVERS)} servers missing")
    return 0 if held == len(told) and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
