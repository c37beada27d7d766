"""Makes the packages: see ./run --help."""

from __future__ import annotations

import argparse
import sys

import c_library
import sdist
import wheels
from steps import LOG, Failed, say
from target import GLIBC


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    wheel = commands.add_parser("wheel", help="one wheel for each CPython of this machine")
    wheel.add_argument("python", nargs="*", help="the Pythons; without one, all that are found")
    commands.add_parser("dist", help="the C library")
    commands.add_parser("sdist", help="the sources of the Python package")
    asked = parser.parse_args()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    try:
        if asked.command == "wheel":
            wheels.build(asked.python)
        elif asked.command == "dist":
            c_library.build(GLIBC)
        else:
            sdist.build()
    except Failed as failed:
        say(str(failed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
