"""Makes the packages: see ./run --help."""

from __future__ import annotations

import argparse
import sys

import c_library
import node_packages
import release
import sdist
import wheels
from steps import LOG, Failed, say
from target import NAMED, TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    wheel = commands.add_parser("wheel", help="one wheel for each CPython of this machine")
    wheel.add_argument("python", nargs="*", help="the Pythons; without one, all that are found")
    dist = commands.add_parser("dist", help="the C library for each system")
    dist.add_argument("--target", choices=sorted(NAMED), help="this system alone")
    npm = commands.add_parser("npm", help="the packages for Node")
    npm.add_argument("--target", choices=sorted(NAMED), help="this system alone")
    commands.add_parser("sdist", help="the sources of the Python package")
    whole = commands.add_parser("release", help="all of these, tested, with a tag")
    whole.add_argument("--dry-run", action="store_true", help="build and test, and set no tag")
    asked = parser.parse_args()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    try:
        if asked.command == "wheel":
            wheels.build(asked.python)
        elif asked.command == "dist":
            for target in [NAMED[asked.target]] if asked.target else TARGETS:
                c_library.build(target)
        elif asked.command == "npm":
            for target in [NAMED[asked.target]] if asked.target else TARGETS:
                node_packages.build(target)
        elif asked.command == "sdist":
            sdist.build()
        else:
            release.make(dry_run=asked.dry_run)
    except Failed as failed:
        say(str(failed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
