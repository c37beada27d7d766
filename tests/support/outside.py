"""Programs that others wrote: looked for, installed and run."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 60  # the most seconds that any step may take on a busy machine, beside the installation


class Missing(Exception):
    """It cannot run on this machine. The text says what is missing."""


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Missing(f"{name} is missing: install {package}")
    return found


def do(words: list[str], what: str) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"{what} cannot be had: {words[0]} takes more than 600 seconds") from None
    if done.returncode != 0:
        raise Missing(f"{what} cannot be had: {(done.stderr or done.stdout).strip()[-300:]}")


def npm(package: str, folder: Path) -> Path:
    """Installs a package of npm into the folder, unless it is there. Returns its programs."""
    programs = folder / "node_modules" / ".bin"
    if not (folder / "package-lock.json").exists():
        program("node", "nodejs")
        folder.mkdir(parents=True, exist_ok=True)
        words = [program("npm", "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        do([*words, "--prefix", str(folder), package], package)
    return programs


def python(folder: Path, *packages: str) -> Path:
    """Installs packages into an environment, unless they are there. Returns its Python."""
    interpreter, whole = folder / "bin" / "python", folder / "whole"
    if not whole.exists():
        do([sys.executable, "-m", "venv", "--clear", str(folder)], "a virtual environment")
        install = [str(interpreter), "-m", "pip", "install", "-q", "--only-binary=:all:"]
        do([*install, *packages], packages[0])
        whole.touch()
    return interpreter


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(words: list[str], port: int, log: Path) -> Iterator[str]:
    """Runs a server until the block ends. Gives its address once it listens."""
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        late = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if process.poll() is not None or time.monotonic() > late:
                code = process.poll()  # below 0: the signal that ended it
                told = log.read_text(errors="replace").strip()[-300:]
                raise Missing(f"{words[0]} does not listen (exit code {code}): {told}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
