"""The clients of the suite: how each is installed and run, and what it does on its own."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Callable

from outside import do, npm, program, python

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build" / "clients"


@dataclasses.dataclass(frozen=True)
class Client:
    words: Callable[[], list[str]]  # installs it, unless it is there. Returns the command
    lost: str  # its error where the connection is lost in mid-stream
    early: str | None = None  # its error where a stream ends early. None: it takes it for whole
    retries: bool = False  # whether it tries again by itself after a 429
    folder: str = "."  # of the cache, where it runs


def _of_python(name: str, package: str) -> Callable[[], list[str]]:
    folder = CACHE / package.split("[")[0].replace("==", "-")
    return lambda: [str(python(folder, package)), str(HERE / name)]


def _of_this_python(name: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, str(HERE / name)]


def _of_node(name: str, package: str | None = None) -> Callable[[], list[str]]:
    def words() -> list[str]:
        if package:
            npm(package, CACHE / package.replace("@", "-"))
        return [program("node", "nodejs"), str(HERE / name)]

    return words


def _of_go() -> list[str]:
    made = CACHE / "net_http"
    source = HERE / "via_net_http.go"
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        made.parent.mkdir(parents=True, exist_ok=True)
        do([program("go", "golang-go"), "build", "-o", str(made), str(source)], "net/http of Go")
    return [str(made)]


# They run wherever the tests run.
ALWAYS = {
    "wayfare": Client(
        _of_this_python("via_wayfare.py"), "StreamBroken", "StreamBroken", retries=True
    ),
    "urllib": Client(_of_this_python("via_urllib.py"), "ConnectionResetError"),
    "aiohttp": Client(_of_this_python("via_aiohttp.py"), "ClientPayloadError"),
}

OPENAI_OF_NODE = "openai@7.55.0"
CLIENTS = {
    **ALWAYS,
    "openai": Client(
        _of_python("via_openai.py", "openai==3.51.0"), "APIConnectionError", retries=True
    ),
    "openrouter": Client(_of_python("via_openrouter.py", "openrouter==1.3.84"), "ReadError"),
    "langchain-openrouter": Client(
        _of_python("via_langchain.py", "langchain-openrouter==0.2.9"), "ReadError"
    ),
    "pydantic-ai": Client(
        _of_python("via_pydantic_ai.py", "pydantic-ai-slim[openrouter]==2.68.0"),
        "ModelConnectionError",
        retries=True,
    ),
    "fetch of Node": Client(_of_node("via_fetch.mjs"), "TypeError"),
    "openai for Node": Client(
        _of_node("via_openai.mjs", OPENAI_OF_NODE),
        "TypeError",
        retries=True,
        folder=OPENAI_OF_NODE.replace("@", "-"),
    ),
    "net/http of Go": Client(_of_go, "*net.OpError"),
}


def environment(client: Client, given: dict[str, str]) -> dict[str, str]:
    """The environment of a client's program: modules of this process are none of the others'."""
    kept = dict(os.environ)
    if client not in ALWAYS.values():
        kept.pop("PYTHONPATH", None)
    return {**kept, **given}
