"""Environments of Python in which a wheel is installed, and the sandbox server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interpreters import Interpreter
from steps import BUILD, PACKAGES, ROOT, Failed, run

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


def wheel_of(interpreter: Interpreter) -> Path | None:
    found = sorted(PACKAGES.glob(f"wayfare-*-{interpreter.tag}-{interpreter.tag}-*.whl"))
    return found[-1] if found else None


def installed(interpreter: Interpreter, wheel: Path, name: str, *more: str) -> Path:
    """Returns the Python of an environment that has the wheel, and `more` for pip to install."""
    folder = BUILD / "environments" / f"{interpreter.tag}-{name}"
    python = folder / "bin/python"
    if not python.exists():
        run(interpreter.program, "-m", "venv", folder)
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip")
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if more:
        run(*pip, *more, cwd=ROOT)
    run(*pip, "--no-index", "--no-deps", "--force-reinstall", wheel)
    return python


def installed_size(folder: Path) -> int:
    """The bytes of the packages of an environment, without bytecode and what pip brings."""
    (packages,) = (folder / "lib").glob("python*/site-packages")
    own = ("pip", "setuptools", "_distutils_hack", "pkg_resources", "distutils-precedence")
    return sum(
        file.stat().st_size
        for top in packages.iterdir()
        if not top.name.startswith(own)
        for file in [top, *top.rglob("*")]
        if file.is_file() and "__pycache__" not in file.parts
    )


def environment(base_url: str, state: str) -> dict[str, str]:
    """The variables of a program that calls the sandbox."""
    return {
        "OPENROUTER_BASE_URL": base_url,
        "OPENROUTER_API_KEY": KEY,
        "WAYFARE_DIALECT": "openrouter",
        "XDG_STATE_HOME": state,
        "XDG_CACHE_HOME": state,
    }


def python_run(python: Path, code: str, variables: dict[str, str]) -> str:
    """Runs a program from a folder that has nothing of ours, and returns what it prints."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENROUTER_", "WAYFARE_", "PYTHON"))
    }
    done = subprocess.run(
        [str(python), "-I", "-c", code],
        cwd="/",
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0 or done.stderr:
        raise Failed(f"{code[:200]}\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def sandbox(python: Path) -> Iterator[str]:
    """Gives the base URL of a sandbox that runs in an environment with aiohttp."""
    server = subprocess.Popen(
        [str(python), "-I", "-m", "wayfare.sandbox"], stdout=subprocess.PIPE, text=True, cwd="/"
    )
    try:
        assert server.stdout
        base_url = server.stdout.readline().strip()
        if not base_url:
            raise Failed("the sandbox did not start")
        yield base_url
    finally:
        server.terminate()
        server.wait(20)


def tested(interpreter: Interpreter, wheel: Path, *words: str) -> str:
    """Runs these tests on the wheel. Returns the last line of pytest, or raises Failed."""
    python = installed(interpreter, wheel, "suite", "--group", "dev")
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", *words], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Failed(done.stdout[-4000:] + done.stderr[-2000:])
    return done.stdout.splitlines()[-1]


def suite(interpreter: Interpreter, wheel: Path, words: list[str]) -> int:
    """Runs pytest on the wheel, in this checkout."""
    python = installed(interpreter, wheel, "suite", "--group", "dev")
    print(f"pytest on {wheel.name}", file=sys.stderr, flush=True)
    return subprocess.run([str(python), "-m", "pytest", *words], cwd=ROOT).returncode
