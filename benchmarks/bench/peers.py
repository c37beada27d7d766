"""The other clients, each in an environment of its own, the newest release of each."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workers import BUILD, Failed


@dataclass(frozen=True)
class Peer:
    requirement: str
    module: str  # what its user imports


PEERS = {
    "httpx": Peer("httpx", "httpx"),
    "aiohttp": Peer("aiohttp", "aiohttp"),
    "pycurl": Peer("pycurl", "pycurl"),
    "openai": Peer("openai", "openai"),
    "litellm": Peer("litellm", "litellm"),
    "liter-llm": Peer("liter-llm", "liter_llm"),
    "openrouter": Peer("openrouter", "openrouter"),
    "langchain-openrouter": Peer("langchain-openrouter", "langchain_openrouter"),
    "pydantic-ai": Peer("pydantic-ai-slim[openrouter]", "pydantic_ai"),
}
INSTALL_SECONDS = 900


def folder(name: str) -> Path:
    return BUILD / "peers" / name


def python(name: str) -> Path:
    return folder(name) / "bin" / "python"


def _run(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Failed(
            next(
                (line for line in lines if line.startswith("ERROR")),
                lines[-1] if lines else "it failed",
            )[:200]
        )
    return done.stdout


def _install(name: str, requirement: str, again: bool = False) -> None:
    stamp = folder(name) / "installed"
    if stamp.exists() and not again:
        return
    try:
        if not python(name).exists():
            _run(sys.executable, "-m", "venv", folder(name))
        _run(
            python(name),
            "-m",
            "pip",
            "install",
            "--quiet",
            *(["--force-reinstall", "--no-deps"] if again else []),
            requirement,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"not installed within {INSTALL_SECONDS} s") from None
    stamp.write_text(requirement + "\n")


def install(name: str) -> Path:
    """The interpreter that has the peer. Raises Failed with the installer's own error."""
    _install(name, PEERS[name].requirement)
    return python(name)


def install_wayfare(name: str = "wayfare", beside: str = "") -> Path:
    """The wheel of this tree, as its users get it; `beside` is what an extra of it needs."""
    wheel = max((BUILD / "wheel").glob("wayfare-*.whl"), key=lambda path: path.stat().st_mtime)
    if beside:
        _install(name, beside)
    _install(name, str(wheel), again=True)
    return python(name)


def version(name: str) -> str:
    package = PEERS[name].requirement.split("[")[0] if name in PEERS else name
    try:
        return _run(
            python(name), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"
        ).strip()
    except Failed:
        return ""
