"""What is behind its registry. The registries are servers on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import outdated
import pytest
from outdated import Pinned

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "core/packaging/outdated.py"
PINNED = outdated.pinned()


class Registry:
    """Speaks as PyPI and as the index of crates.io, of packages that have no file."""

    def __init__(self) -> None:
        self.versions = {one.package: [one.version] for one in PINNED}
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text = registry.answer(self.path.rstrip("/").split("/"))
                self.send_response(200 if text else 404)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: list[str]) -> str:
        name = path[-1]
        if name == "config.json":
            return json.dumps({"dl": f"{self.url}/none"})
        versions = self.versions.get(name, [])
        if path[1] == "simple":
            wheels = [f"{name.replace('-', '_')}-{one}-py3-none-any.whl" for one in versions]
            return "".join(f'<a href="/files/{wheel}">{wheel}</a>' for wheel in wheels)
        lines = [
            {"name": name, "vers": version, "deps": [], "cksum": "0" * 64, "features": {}}
            for version in versions
        ]
        return "".join(json.dumps({**line, "yanked": False}) + "\n" for line in lines)


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def run(registry: Registry, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the command, with clients that know only this registry."""
    (folder / "config.toml").write_text(
        f'[source.crates-io]\nreplace-with = "here"\n'
        f'[source.here]\nregistry = "sparse+{registry.url}/index/"\n'
    )
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **inherited,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{registry.url}/simple",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "CARGO_HOME": str(folder),
            "CARGO_NET_RETRY": "0",
        },
    )


def test_each_part_and_each_pinned_tool_is_asked_for() -> None:
    packages = {one.package for one in PINNED}
    assert {"curl-sys", "aws-lc-sys", "ziglang", "pybind11", "ruff", "clang-tidy"} <= packages
    assert {one.registry for one in PINNED} == {"crates.io", "PyPI"}


@pytest.mark.parametrize(
    ("version", "newest", "behind"),
    [
        ("1.9.0", "1.10.0", True),
        ("1.10.0", "1.9.0", False),
        ("0.4.91+curl-8.22.0", "0.4.91+curl-8.23.0", True),
        ("1.0", "1.0", False),
        ("1.0", None, None),
    ],
)
def test_versions_are_compared_by_their_numbers(
    version: str, newest: str | None, behind: bool | None
) -> None:
    assert Pinned("one", "one", "PyPI", version, newest).is_behind is behind


def test_what_cargo_chose_is_read() -> None:
    lock = 'version = 4\n\n[[package]]\nname = "one-sys"\nversion = "1.2.0+3"\nsource = "here"\n'
    assert outdated.chosen(lock, ["one-sys", "other"]) == {"one-sys": "1.2.0+3"}


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("cargo") or (Path.home() / ".cargo/bin/cargo").exists()),
    reason="cargo is not installed",
)
def test_what_is_behind_is_told(registry: Registry, tmp_path: Path) -> None:
    done = run(registry, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1 + len(PINNED) and "behind" not in done.stdout

    registry.versions["ruff"].append("999.1")
    registry.versions["curl-sys"] += ["999.1.0+curl-999.0.0", "999.2.0-rc.1"]
    del registry.versions["pybind11"]
    done = run(registry, tmp_path)
    assert done.returncode == 1 and "pip: pybind11: " in done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert lines["ruff"][-2:] == ["999.1", "behind"]
    assert lines["libcurl"][-2:] == ["999.1.0+curl-999.0.0", "behind"]
    assert lines["pybind11"][-3:] == ["?", "not", "known"]
    assert done.stdout.count("behind") == 2

    registry.versions["ruff"].pop()
    del registry.versions["curl-sys"]  # cargo then chooses none
    done = run(registry, tmp_path, "--json")
    assert done.returncode == 2 and "cargo: " in done.stderr
    behind = {one["package"]: one["is_behind"] for one in json.loads(done.stdout)}
    assert behind == {
        one.package: None if one.registry == "crates.io" or one.package == "pybind11" else False
        for one in PINNED
    }
