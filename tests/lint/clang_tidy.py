"""clang-tidy over the sources that are shipped, by the compile commands of build/lint.

    python tests/lint/clang_tidy.py             what has changed since it was last found clean
    python tests/lint/clang_tidy.py --all       everything
    python tests/lint/clang_tidy.py FILE…       these, in any case

A file that is clean is not read again until it, a header that it includes, its compile command,
.clang-tidy or clang-tidy itself changes.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build/lint"  # only configured; it compiles each file by itself
CLEAN = ROOT / "build/clang-tidy.json"  # the key under which each file was found clean
SHIPPED = ("core", "capi", "python")
FOLDERS = ("core/include", "core/src", "capi/include", "python/src")
TOOL = Path(sys.executable).with_name("clang-tidy")


def commands() -> dict[Path, str]:
    """The compile command of each file that is shipped."""
    listed = json.loads((TREE / "compile_commands.json").read_text())
    found = {Path(one["directory"], one["file"]).resolve(): one["command"] for one in listed}
    return {
        path: command
        for path, command in found.items()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in SHIPPED
    }


def includes(path: Path, known: dict[Path, set[Path]]) -> set[Path]:
    """The files of the project that a file includes, directly or not."""
    if path not in known:
        known[path] = set()  # against circles
        for name in re.findall(r'^#include [<"](.+)[>"]', path.read_text(), re.MULTILINE):
            for folder in FOLDERS:
                if (ROOT / folder / name).is_file():
                    header = ROOT / folder / name
                    known[path] |= {header} | includes(header, known)
    return known[path]


def key(path: Path, command: str, included: set[Path], common: bytes) -> str:
    hashed = hashlib.sha256(common + command.encode())
    for one in [path, *sorted(included)]:
        hashed.update(one.read_bytes() if one.exists() else b"")
    return hashed.hexdigest()


def check(path: Path) -> tuple[Path, str]:
    """What clang-tidy finds in a file; nothing is clean."""
    done = subprocess.run(
        [str(TOOL), "-p", str(TREE), "--quiet", "--warnings-as-errors=*", str(path)],
        capture_output=True,
        text=True,
    )
    return path, "" if done.returncode == 0 else done.stdout or done.stderr


def main() -> int:
    version = subprocess.run([str(TOOL), "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    known: dict[Path, set[Path]] = {}
    keys = {
        path: key(path, command, includes(path, known), common)
        for path, command in commands().items()
    }
    clean: dict[str, str] = json.loads(CLEAN.read_text()) if CLEAN.exists() else {}
    asked = [Path(word).resolve() for word in sys.argv[1:] if word != "--all"]
    paths = asked or [
        path
        for path in sorted(keys)
        if "--all" in sys.argv or clean.get(str(path.relative_to(ROOT))) != keys[path]
    ]
    seen: set[str] = set()  # a finding in a header is told once
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, found in pool.map(check, paths):
            name = str(path.relative_to(ROOT))
            if not found:
                clean[name] = keys[path]
            else:
                failed += 1
                clean.pop(name, None)
                blocks = [block for block in split(found) if block not in seen]
                seen.update(blocks)
                print("".join(blocks), end="", flush=True)
            CLEAN.write_text(json.dumps(clean, indent=1))
    print(f"clang-tidy: {len(paths)} files read, {failed} of them with findings")
    return 1 if failed else 0


def split(told: str) -> list[str]:
    """Each finding with the lines that belong to it."""
    blocks: list[str] = []
    for line in told.splitlines(keepends=True):
        if " error: " in line or not blocks:
            blocks.append("")
        blocks[-1] += line.replace(f"{ROOT}/", "")
    return blocks


if __name__ == "__main__":
    sys.exit(main())
