"""Node clients side by side: import, memory, calls, streamed chunks and installed size."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from context import Context
from report import Line, at_most, compare, failure
from workers import BUILD, ROOT, Failed, Makers, Worker, fresh_ledger, in_turn

WORKER = Path(__file__).with_name("node_worker.mjs")
PEERS = ("openai", "@openrouter/sdk")
CHUNKS = 1000  # in a stream of the server


def _packages() -> list[str]:
    """The packages of wayfare, from the addon that is beside the benchmarks."""
    target = BUILD / "npm"
    addon = BUILD / "tree/wayfare.node"
    if not addon.exists():
        raise Failed("there is no addon for Node: Node and its headers were missing at the build")
    pack = ROOT / "capi/hosts/node/pack.py"
    done = subprocess.run(
        [sys.executable, pack, addon, target], capture_output=True, text=True, timeout=120
    )
    if done.returncode != 0:
        raise Failed(done.stderr.strip()[-200:])
    return done.stdout.split()


def _install(name: str) -> Path:
    """A folder with this client alone. wayfare is installed anew each time."""
    folder = BUILD / "node" / name.strip("@").replace("/", "-")
    if name == "wayfare":
        shutil.rmtree(folder, ignore_errors=True)
    if not (folder / "package-lock.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = _packages() if name == "wayfare" else [name]
        words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *wanted]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Failed(done.stderr.strip()[-200:])
    return folder


def _worker(name: str, mode: str, base: str, flight: int) -> Worker:
    options: dict[str, object] = {"base": base, "flight": flight, "folder": _install(name)}
    if name == "wayfare":
        options["ledger"] = fresh_ledger(f"node-{mode}")
    return Worker(name, ["node", WORKER, name, mode], **options)


def _installed_mb(name: str) -> float:
    files = [path for path in _install(name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) / 2**20


def node(c: Context) -> Iterator[Line]:
    """Node: a call and a streamed chunk beside openai and @openrouter/sdk."""
    if not shutil.which("node"):
        yield failure("Node", "", "there is no node")
        return
    for mode, flight, per in (("call", 64, 1), ("stream", 4, CHUNKS)):
        for peer in PEERS:
            makers: Makers = {
                one: partial(_worker, one, mode, c.url(), flight) for one in ("wayfare", peer)
            }
            taken, versions, failed = in_turn(makers, 2 if c.quick else 5)
            what = "a call" if mode == "call" else "a streamed chunk"
            name = f"CPU of {what}, Node, {flight} in flight"
            if failed:
                yield failure(name, peer, "; ".join(failed.values()))
                continue
            ours, theirs = taken["wayfare"], taken[peer]
            yield compare(name, "µs", ours, theirs, peer, per=(per, per), versions=versions)
            if mode == "call":
                yield compare("loading it and its first client", "ms", ours, theirs, peer, "loaded")
                yield compare("memory after the calls", "MB", ours, theirs, peer, "mb")
    yield at_most("installed, wayfare", "MB", _installed_mb("wayfare"))
    for peer in PEERS:
        yield at_most(f"installed, {peer}", "MB", _installed_mb(peer))
