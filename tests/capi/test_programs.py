"""Programs of users: the examples, and projects that find the installed package. They are compiled
and run against the sandbox.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Sandbox

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = wayfare.versions().wayfare
STRICT = [
    "-std=c99",
    "-D_POSIX_C_SOURCE=200809L",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-Wno-deprecated-declarations",
]


def run(*command: object, **more: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=600, **more
    )
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    )
    return done


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path, installed: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "OPENROUTER_API_KEY": "sk-or-v1-sandbox",
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
        "LD_LIBRARY_PATH": str(installed / "lib"),
        "PKG_CONFIG_PATH": str(installed / "lib/pkgconfig"),
        "CMAKE_PREFIX_PATH": str(installed),
        **{
            name: os.environ[name]
            for name in ("CCACHE_DIR", "CMAKE_CXX_COMPILER_LAUNCHER")
            if name in os.environ
        },
    }


def flags(environment: dict[str, str]) -> list[str]:
    """Returns the flags of pkg-config for the installed library."""
    assert shutil.which("pkg-config")
    return run("pkg-config", "--cflags", "--libs", "wayfare", env=environment).stdout.split()


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


def build_example(name: str, folder: Path, environment: dict[str, str]) -> Path:
    program = folder / name
    if not program.exists():
        run(
            "gcc",
            *STRICT,
            ROOT / f"capi/examples/{name}.c",
            *flags(environment),
            "-o",
            program,
            env=environment,
        )
    return program


def test_a_chat_in_c(examples: Path, environment: dict[str, str], tmp_path: Path) -> None:
    ledger = tmp_path / "named.db"
    lines = run(
        build_example("chat", examples, environment), ledger, env=environment
    ).stdout.splitlines()
    (chat,), (usage,) = json.loads(lines[0]), json.loads(lines[1])
    assert chat["type"] == "done" and chat["reply"]["text"]
    assert usage["result"][0]["cost"] == chat["reply"]["cost"]
    assert ledger.exists()


def test_a_stream_in_c(examples: Path, environment: dict[str, str]) -> None:
    lines = run(build_example("stream", examples, environment), env=environment).stdout.splitlines()
    events = [event for line in lines for event in json.loads(line)]
    assert [event["type"] for event in events[:-1]].count("text") > 1
    assert (
        "".join(event["text"] for event in events if event["type"] == "text")
        == events[-1]["reply"]["text"]
    )


def test_many_streams_in_one_thread_in_c(examples: Path, environment: dict[str, str]) -> None:
    words = run(build_example("many", examples, environment), 50, env=environment).stdout.split()
    assert (words[0], words[-2]) == ("50", "0") and int(words[2]) > 50


def build_cpp_example(name: str, folder: Path, environment: dict[str, str]) -> Path:
    """One of core/examples, which find the installed package. The first one builds them all."""
    tree = folder / "cpp"
    if not (tree / name).exists():
        source = ROOT / "core/examples"
        run("cmake", "-G", "Ninja", "-S", source, "-B", tree, env=environment)
        run("cmake", "--build", tree, env=environment)
    return tree / name


def test_a_chat_in_cpp(examples: Path, environment: dict[str, str]) -> None:
    program = build_cpp_example("chat", examples, environment)
    text, cost, *usage = run(program, "Hello", env=environment).stdout.splitlines()
    assert text and cost.startswith("openai/gpt-4o-mini: ")
    assert len(usage) == 1 and "openai/gpt-4o-mini: 1 calls" in usage[0]


def test_a_stream_in_cpp(examples: Path, environment: dict[str, str]) -> None:
    program = build_cpp_example("stream", examples, environment)
    *text, last = run(program, "Hello", env=environment).stdout.splitlines()
    assert "".join(text) and re.fullmatch(r"\d+ \+ \d+ tokens, [\d.]+ USD", last)


def test_budgets_in_cpp(examples: Path, environment: dict[str, str]) -> None:
    """Costs are bounded where the server follows OpenRouter's rules."""
    program = build_cpp_example("budgets", examples, environment)
    environment["WAYFARE_DIALECT"] = "openrouter"
    lines = run(program, "1", env=environment).stdout.splitlines()
    assert lines[0] == "5 calls were sent" and lines[-1].startswith("refused: blocked")
    assert re.fullmatch(r"example-agent-day: 0\.\d+ of 1 USD are spent", lines[1])
    lines = run(program, "0.000000001", env=environment).stdout.splitlines()
    assert lines[0].startswith("refused: budget_exceeded") and lines[1] == "0 calls were sent"


def test_many_calls_in_one_thread_in_cpp(examples: Path, environment: dict[str, str]) -> None:
    words = run(
        build_cpp_example("many", examples, environment), 50, env=environment
    ).stdout.split()
    assert (words[0], words[2]) == ("50", "0") and int(words[4]) > 50


def test_each_example_is_run() -> None:
    there = {p.stem for p in [*ROOT.glob("capi/examples/*.c"), *ROOT.glob("core/examples/*.cpp")]}
    assert there == {"chat", "stream", "budgets", "many"}


def configure_consumer(name: str, folder: Path, environment: dict[str, str], *more: str) -> None:
    run(
        "cmake",
        "-G",
        "Ninja",
        "-S",
        ROOT / f"tests/consumer/{name}",
        "-B",
        folder,
        *more,
        env=environment,
    )


def build_consumer(name: str, folder: Path, environment: dict[str, str]) -> Path:
    configure_consumer(name, folder, environment)
    run("cmake", "--build", folder, env=environment)
    return folder / "consumer"


def test_cpp_finds_the_package(environment: dict[str, str], tmp_path: Path) -> None:
    assert (
        len(
            run(build_consumer("cpp", tmp_path / "b", environment), env=environment).stdout.split()[
                -1
            ]
        )
        == 26
    )


def test_cpp_finds_the_package_by_pkg_config(
    environment: dict[str, str], installed: Path, tmp_path: Path
) -> None:
    """Also where the installed folder was moved. pkg-config tells libcurl and SQLite as well."""
    moved = tmp_path / "moved"
    shutil.copytree(installed, moved)
    environment["PKG_CONFIG_PATH"] = str(moved / "lib/pkgconfig")
    told = run("pkg-config", "--cflags", "--libs", "wayfare-cpp", env=environment).stdout.split()
    assert f"-I{moved}/lib/pkgconfig/../../include" in told
    assert {"-lwayfare_core", "-lcurl", "-lsqlite3"} <= set(told) and "-lwayfare" not in told
    version = run("pkg-config", "--modversion", "wayfare-cpp", env=environment).stdout
    assert version == f"{VERSION}\n"
    source = ROOT / "tests/consumer/cpp/main.cpp"
    run("g++", "-std=c++20", source, "-o", tmp_path / "program", *told, env=environment)
    entry = run(tmp_path / "program", env=environment).stdout.split()[-1]
    assert len(entry) == 26


def test_c_finds_the_package(environment: dict[str, str], tmp_path: Path) -> None:
    program = build_consumer("c", tmp_path / "b", environment)
    assert run(program, env=environment).stdout == f"{VERSION}\n"


def test_cpp_takes_the_sources_in(environment: dict[str, str], tmp_path: Path) -> None:
    """The library is not compiled once more, which takes minutes: `./run packages` does that."""
    folder = tmp_path / "b"
    configure_consumer(
        "subdirectory",
        folder,
        environment,
        f"-DWAYFARE_SOURCE={ROOT}",
        "-DCMAKE_BUILD_TYPE=Release",
    )
    made = run("ninja", "-C", folder, "-t", "targets", "all").stdout
    (program,) = re.findall(r"^(\S*consumer\.dir\S*main\.cpp\.o):", made, re.MULTILINE)
    run("ninja", "-C", folder, program)  # with the headers that the target tells
    assert re.search(r"^wayfare/libwayfare\w*\.a:", made, re.MULTILINE)
    assert "wayfare_tests" not in made and "bench" not in made
    cache = (folder / "CMakeCache.txt").read_text()
    assert "CMAKE_BUILD_TYPE:STRING=Release" in cache


def test_c_cpp_and_two_pythons_on_one_ledger_at_once(
    examples: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    rounds = 10
    many = build_example("many", examples, environment)
    consumer = build_consumer("cpp", tmp_path / "b", environment)
    python = (
        f"import wayfare\nclient = wayfare.Client()\nfor _ in range({rounds}): "
        f"client.chat('Hello', charge_to={{'app': 'python'}})\nclient.close()"
    )
    loop = f"for i in $(seq {rounds}); do {consumer} > {tmp_path}/out || exit 1; done"
    running = [
        subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL)
        for command in (
            [many, str(rounds)],
            ["sh", "-c", loop],
            [sys.executable, "-c", python],
            [sys.executable, "-c", python],
        )
    ]
    assert [process.wait(120) for process in running] == [0] * 4
    connection = sqlite3.connect(environment["WAYFARE_LEDGER"])
    rows = connection.execute(
        "SELECT app, sum(calls), sum(unknown) FROM v1_usage_day GROUP BY app ORDER BY app"
    ).fetchall()
    connection.close()
    assert [(app or "", calls, unknown) for app, calls, unknown in rows] == [
        ("", rounds, 0),
        ("cpp", rounds, 0),
        ("python", 2 * rounds, 0),
    ]
