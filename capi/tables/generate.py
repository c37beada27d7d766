"""Writes the files that are made from the tables of the public headers.

    wayfare_tables | python capi/tables/generate.py            writes the files
    wayfare_tables | python capi/tables/generate.py --check    names the files that are stale

`./run generate` runs the first line. Each maker below returns the text of one file.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import node
import options
import pages
import stubs
from tables import Tables

ROOT = pathlib.Path(__file__).resolve().parents[2]


def raw(tables: Tables) -> str:
    """The tables themselves, for the types of other languages."""
    return json.dumps(tables.raw, indent=1, ensure_ascii=False) + "\n"


MAKERS = {
    "capi/operations.json": raw,
    "capi/operations.md": pages.reference,
    "python/wayfare/_wayfare.pyi": stubs.native,
    "python/wayfare/errors.pyi": stubs.errors,
    "python/wayfare/_error_groups.py": stubs.error_groups,
    "python/wayfare/types.py": stubs.arguments,
    "python/wayfare/_options.py": options.options,
    "capi/hosts/node/index.d.ts": node.types,
    "capi/hosts/node/operations.js": node.operations,
}


def formatted(name: str, text: str) -> str:
    """Returns the text, formatted by ruff if it is Python."""
    if not name.endswith((".py", ".pyi")):
        return text
    ruff = [str(pathlib.Path(sys.executable).with_name("ruff")), "format", "--quiet"]
    done = subprocess.run(
        [*ruff, "--stdin-filename", str(ROOT / name), "-"],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def main() -> int:
    tables = Tables(json.load(sys.stdin))
    stale = []
    for name, maker in MAKERS.items():
        path, text = ROOT / name, formatted(name, maker(tables))
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text)
    if "--check" not in sys.argv:
        return 0
    for name in stale:
        print(f"{name} is stale: run ./run generate")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
