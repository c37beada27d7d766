"""Makes what the product runs: the packages of wayfare, the app and the worker.

Nothing is made twice: a stamp beside each part tells what it was made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
WORK = ROOT / "build/product"
APP = WORK / "app"
WORKER = WORK / "worker"
# What the app is made from. The folder of the sources stays free of node_modules and .next.
SOURCES = (
    "app",
    "lib",
    "tests",
    "instrumentation.ts",
    "next.config.ts",
    "tsconfig.json",
    "package.json",
)
OLDEST_NODE = (20, 9)


def make(say: Callable[[str], None]) -> None:
    node_version()
    WORK.mkdir(parents=True, exist_ok=True)
    addon = built("wayfare.node")
    packages = [*files_of(HERE.parent, ("example", "src", "node_modules")), addon]
    once("packages", packages, lambda: pack(addon), "packing wayfare", say)
    installed = [HERE / "package.json", *sorted((WORK / "packages").glob("*.tgz"))]
    once("node_modules", installed, install, "installing the packages of the app", say)
    sources = [path for name in SOURCES for path in files_of(HERE / name)]
    once("app", [*installed, *sources], build_app, "building the app", say)
    library = built("libwayfare_core.a")
    source = HERE / "services/worker/worker.cpp"
    headers = files_of(ROOT / "core/include")
    if max(path.stat().st_mtime for path in headers) > library.stat().st_mtime:
        raise SystemExit("product: the library is older than its headers: run ./run build first")
    worker_of = [source, library, *headers]
    once("worker", worker_of, lambda: build_worker(source, library), "building the worker", say)


def built(name: str) -> Path:
    for folder in ("build/tree", "build/dev"):
        path = ROOT / folder / name
        if path.exists():
            return path
    raise SystemExit(f"product: there is no build/tree/{name}: run ./run build first")


def node() -> str:
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        raise SystemExit("product: there is no node or no npm: install Node.js 20.9 or later")
    return found


def node_version() -> None:
    told = subprocess.run([node(), "--version"], stdout=subprocess.PIPE, text=True, check=True)
    version = told.stdout.strip().lstrip("v")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_NODE:
        raise SystemExit(f"product: Node.js {version} is too old: Next.js needs 20.9 or later")


def files_of(path: Path, without: Iterable[str] = ()) -> list[Path]:
    if path.is_file():
        return [path]
    left_out = {*without, "__pycache__"}
    return sorted(
        one
        for one in path.rglob("*")
        if one.is_file() and not left_out & set(one.relative_to(path).parts)
    )


def once(
    name: str, sources: list[Path], work: Callable[[], None], what: str, say: Callable[[str], None]
) -> None:
    """Does the work if one of the sources is another one than the last time."""
    stamp = WORK / f"stamp-{name}"
    now = hashlib.sha256()
    for path in sources:
        now.update(f"{path}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    if stamp.exists() and stamp.read_text() == now.hexdigest():
        return
    say(what)
    stamp.unlink(missing_ok=True)
    work()
    stamp.write_text(now.hexdigest())


def run(words: list[str], folder: Path) -> None:
    """Runs a command. Its output goes to a log, of which a failure shows the end."""
    log = WORK / "making.log"
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}
    with log.open("wb") as out:
        done = subprocess.run(words, cwd=folder, env=environment, stdout=out, stderr=out)
    if done.returncode != 0:
        print(log.read_text(errors="replace")[-4000:], file=sys.stderr)
        raise SystemExit(f"product: {' '.join(words[:3])} failed; the whole log is {log}")


def pack(addon: Path) -> None:
    shutil.rmtree(WORK / "packages", ignore_errors=True)
    words = [sys.executable, str(HERE.parent / "pack.py"), str(addon), str(WORK / "packages")]
    run(words, ROOT)


def install() -> None:
    """Installs the packages as they are published: from their files, never by a link."""
    APP.mkdir(exist_ok=True)
    shutil.copy(HERE / "package.json", APP)
    # npm takes a package that is there for the same one, if its version is.
    for name in ("wayfare", "wayfare-linux-x64-gnu", "wayfare-linux-x64-musl"):
        shutil.rmtree(APP / "node_modules" / name, ignore_errors=True)
    (APP / "package-lock.json").unlink(missing_ok=True)
    packages = [str(path) for path in sorted((WORK / "packages").glob("*.tgz"))]
    run(["npm", "install", "--no-save", "--no-audit", "--no-fund", *packages], APP)


def build_app() -> None:
    for name in SOURCES:
        if (HERE / name).is_dir():
            shutil.rmtree(APP / name, ignore_errors=True)
            shutil.copytree(HERE / name, APP / name)
        else:
            shutil.copy(HERE / name, APP)
    run([str(APP / "node_modules/.bin/next"), "build"], APP)
    # The server of the standalone output serves these, too, if they are beside it.
    standalone = APP / ".next/standalone/.next/static"
    shutil.copytree(APP / ".next/static", standalone, dirs_exist_ok=True)


def build_worker(source: Path, library: Path) -> None:
    words = ["g++", "-std=c++20", "-O1", f"-I{ROOT}/core/include", str(source), str(library)]
    run([*words, "-lcurl", "-lsqlite3", "-pthread", "-o", str(WORKER)], WORK)
