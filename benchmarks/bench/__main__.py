"""Measures wayfare beside what its users would otherwise run: one run, one machine, a table and
build/bench.json.

The parts are told by --list; README.md tells how each number is taken.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time

import instructions
import machine
import parts
import peers
import report
from context import Context
from workers import BUILD, CLIENT_CORE, SCRATCH, SERVER_CORE, Failed, server


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer rounds and rows: whether it works, not what it costs",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="make the instructions that are counted now the bound (benchmarks/instructions.json)",
    )
    parser.add_argument("--list", action="store_true", help="the parts, and no measuring")
    wanted = parser.parse_args()
    if wanted.list:
        for name, part in parts.ALL.items():
            print(f"{name:15} {(part.__doc__ or '').splitlines()[0]}")
        return 0
    unknown = [name for name in wanted.part if name not in parts.ALL]
    if unknown:
        print(
            f"there is no part {', '.join(unknown)}; there are {', '.join(parts.ALL)}",
            file=sys.stderr,
        )
        return 2

    SCRATCH.mkdir(parents=True, exist_ok=True)
    if wanted.record:
        instructions.record()
        return 0
    facts = {
        **machine.facts(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": f"{machine.load():.2f}",
    }
    facts["quick"] = str(wanted.quick)
    if CLIENT_CORE == SERVER_CORE:
        print(
            "wayfare: one core only: client and server share it, and the wall clock says little",
            file=sys.stderr,
        )
    peers.install_wayfare()
    everything: list[report.Line] = []
    with server() as base:
        for name in wanted.part or parts.ALL:
            print(f"wayfare: {name}", file=sys.stderr)
            began = time.monotonic()
            lines: list[report.Line] = []
            try:
                lines.extend(parts.ALL[name](Context(base, wanted.quick)))
            except Failed as failed:
                lines.append(report.failure(name, "", str(failed)))
            everything += lines
            report.table(lines, f"{name} ({time.monotonic() - began:.0f} s)")
            report.write(BUILD.parent / "bench.json", everything, facts)
    print(
        f"load at the start {facts['load']}; {facts['cpu']}, {facts['cores']} cores; "
        f"written to build/bench.json"
    )
    return int(
        any(line.name.startswith("instructions") and not line.met for line in everything)
    )  # the rest is the machine's as much as ours


sys.exit(main())
