"""Runs a small suite with real clients of several languages against the sandbox. Prints what held,
and exits with 1 if something did not, or if a client is missing.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from known_clients import CLIENTS
from outside import Missing
from suite import CASES, Program, run_case
from wayfare.sandbox import Sandbox


def _try(case: str, run: Program) -> str:
    """Runs one case. Returns "held", or what went wrong."""
    try:
        run_case(case, run)
    except AssertionError as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"FAILED at {Path(place.filename).name}:{place.lineno}: {str(error)[:300]}"
    return "held"


def _campaign(name: str) -> list[str]:
    """Runs the suite with one client, and prints a line for each case. Returns what came of it."""
    told: list[str] = []
    with Sandbox() as sandbox, Program(CLIENTS[name], sandbox) as run:
        for case in CASES:
            told.append(_try(case, run))
            print(f"{name:<20} {case:<26} {told[-1]}", flush=True)
    return told


def _table(told: dict[str, list[str]], missing: dict[str, Missing]) -> None:
    print(f"\n{'client':<20} {'held':<8} {'after a 429':<13} a stream that ends early")
    for name, results in told.items():
        client = CLIENTS[name]
        held = f"{results.count('held')} of {len(results)}"
        again = "tries again" if client.retries else "tells it"
        print(f"{name:<20} {held:<8} {again:<13} {client.early or 'is taken for whole'}")
    for name, error in missing.items():
        print(f"{name:<20} MISSING: {error}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", nargs="*", help=f"only these: {', '.join(CLIENTS)}")
    names = parser.parse_args().client or list(CLIENTS)
    unknown = set(names) - set(CLIENTS)
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    told: dict[str, list[str]] = {}
    missing: dict[str, Missing] = {}
    for name in names:
        try:
            told[name] = _campaign(name)
        except Missing as error:
            missing[name] = error
    _table(told, missing)
    good = all(result == "held" for results in told.values() for result in results)
    return 0 if good and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
