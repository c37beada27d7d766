"""The laws of the house, kept true by reading the sources: rooms, the pure middle, thin skins, headers, and sizes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".c", ".cpp", ".h", ".hpp"}
SOURCES = sorted(p for part in ("core", "capi", "python") for p in (ROOT / part).rglob("*") if p.suffix in SUFFIXES)
UNSHIPPED = sorted(p for part in ("tests", "benchmarks") for p in (ROOT / part).rglob("*.?pp"))
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    ("library", "room"),
    [("curl/", "core/src/io/http.cpp"), ("sqlite3", "core/src/ledger/sqlite.cpp"), ("rapidjson/", "core/src/json.cpp")],
)
def test_each_outside_library_is_included_by_one_file(library: str, room: str) -> None:
    assert [name(p) for p in SOURCES if any(i.startswith(library) for i in includes(p))] == [room]


def test_public_headers_include_only_the_standard_library_and_wayfare() -> None:
    headers = sorted((ROOT / "core/include").rglob("*.hpp"))
    assert headers
    for header in headers:
        for include in includes(header):
            assert re.fullmatch(r"wayfare/[a-z_]+\.hpp|[a-z_]+", include), f"{name(header)} includes {include}"


# What has a clock, a thread, a file or chance in it. <chrono> durations are values; clocks of it are looked for by name.
IMPURE = set("thread mutex condition_variable atomic future fstream filesystem iostream cstdio random ctime unistd.h".split())
CLOCKS = re.compile(r"\b(system_clock|steady_clock|clock_gettime|getenv|random_device|std::rand)\b")


@pytest.mark.parametrize("files", ["wire/**/*.?pp", "select/**/*.?pp", "call/**/*.?pp", "dotenv.?pp"])
def test_the_middle_is_pure(files: str) -> None:
    for path in sorted((ROOT / "core/src").glob(files)):
        assert not IMPURE & set(includes(path)), name(path)
        assert not CLOCKS.search(path.read_text()), name(path)
        assert not [i for i in includes(path) if i.startswith(("io/", "os/", "ledger/"))], name(path)


@pytest.mark.parametrize(("room", "strangers"), [("io", ("call/", "ledger/", "wire/")), ("ledger", ("call/", "io/", "wire/"))])
def test_io_ledger_and_call_do_not_know_each_other(room: str, strangers: tuple[str, ...]) -> None:
    for path in sorted((ROOT / "core/src" / room).rglob("*.?pp")):
        assert not [i for i in includes(path) if i.startswith(strangers)], name(path)


def test_the_python_module_includes_public_headers_only() -> None:
    own = {p.name for p in (ROOT / "python/src").glob("*.hpp")}
    for path in sorted((ROOT / "python/src").glob("*.?pp")):
        for include in includes(path):
            allowed = include.startswith(("wayfare/", "pybind11/")) or include in own or re.fullmatch(r"[a-z_]+|Python\.h|structmember\.h|[a-z/]+\.h", include)
            assert allowed, f"{name(path)} includes {include}"
            assert not include.startswith(("core/", "wire/", "call/", "ledger/", "io/", "os/")), name(path)


def test_nothing_with_a_destructor_lives_at_namespace_scope() -> None:
    """Exits and forks may come after static destructors: a registry is a function's static pointer, never freed."""
    types = r"string|vector|map|set|mutex|unordered_\w+|shared_ptr|unique_ptr|function|thread"
    static = re.compile(rf"^(?:static |inline )?std::(?:{types})\b[^()]*[;={{]", re.MULTILINE)
    for path in SOURCES:
        if path.suffix == ".cpp":
            assert not static.search(path.read_text()), name(path)


def test_no_signal_handlers_and_no_exit() -> None:
    banned = re.compile(r"\b(sigaction|std::signal|signal\(SIG|std::exit|abort|quick_exit)\s*\(")
    for path in SOURCES:
        assert not banned.search(path.read_text()), name(path)


def test_the_code_is_formatted() -> None:
    """By clang-format with .clang-format; `.venv/bin/clang-format -i FILES` does it."""
    program = Path(sys.executable).with_name("clang-format")
    if not program.exists():
        pytest.skip("clang-format is not in the environment that runs the tests")
    files = [str(p) for p in [*SOURCES, *UNSHIPPED]]
    done = subprocess.run([str(program), "--dry-run", "--Werror", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]


def test_files_are_short_and_lines_fit() -> None:
    scripts = [p for part in ("python", "tests", "benchmarks") for p in sorted((ROOT / part).rglob("*.py"))]
    for path in [*SOURCES, *UNSHIPPED, *scripts]:
        lines = path.read_text().splitlines()
        assert len(lines) <= 400, f"{name(path)} has {len(lines)} lines: what is it really two of?"
        for number, line in enumerate(lines, 1):
            assert len(line) <= 160, f"{name(path)}:{number} has {len(line)} characters"
            assert "\t" not in line, f"{name(path)}:{number} has a tab"


def test_nothing_speaks_of_the_machine_it_was_made_on() -> None:
    banned = re.compile(r"/(root|work|home/[a-z]+|tmp/bash)[/\b]")
    for path in [*SOURCES, *sorted((ROOT / "python").rglob("*.py")), ROOT / "README.md", ROOT / "run", ROOT / "core/ARCHITECTURE.md"]:
        assert not banned.search(path.read_text()), name(path)
