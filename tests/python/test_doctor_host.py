"""``wayfare doctor`` and its host: versions, servers that fork, and gevent."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
import wayfare
from wayfare.cli.checks import host, ledger, network, threads
from wayfare.cli.checks.finding import Finding


def found(level: str) -> list[Finding]:
    return [one for one in host.check() if one.level == level]


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Lets only these packages be there."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True if name in names else None)


def test_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    (line,) = host.check()
    versions = wayfare.versions()
    assert line.level == "ok" and line.text.startswith(f"wayfare {versions.wayfare}, Python 3.")
    assert f"libcurl {versions.libcurl}, " in line.text and line.facts["SQLite"] == versions.sqlite


def test_servers_that_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "gunicorn", "celery")
    (line,) = found("note")
    assert line.text.startswith("gunicorn and celery may fork processes")
    assert line.advice == "make the client in each process, after the fork"


def test_gevent(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "gevent")
    (line,) = found("note")
    assert "under it a blocking call holds up the whole process" in line.text
    monkey = types.ModuleType("gevent.monkey")
    monkey.is_module_patched = lambda name: name == "socket"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gevent.monkey", monkey)
    (line,) = found("warning")
    assert line.text.startswith("gevent has patched this process") and line.advice


def machine(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def user(monkeypatch: pytest.MonkeyPatch, number: int, most: int) -> None:
    monkeypatch.setattr("os.getuid", lambda: number)
    monkeypatch.setattr("resource.getrlimit", lambda _: (most, most))


def status(uid: int, threads: int) -> str:
    return f"Name:\tx\nUid:\t{uid}\t0\t0\t0\nThreads:\t{threads}\n"


def test_the_tightest_limit_of_threads_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A group has its own limit and that of each group above it. The user has another one."""
    root = machine(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/pids.max": "max\n",
            "sys/fs/cgroup/a/b/pids.current": "7\n",
            "sys/fs/cgroup/a/pids.max": "50\n",
            "sys/fs/cgroup/a/pids.current": "30\n",
            "proc/1/status": status(7, 3),
            "proc/20/status": status(7, 4),
            "proc/300/status": status(70, 50),
        },
    )
    user(monkeypatch, 7, 1000)
    (line,) = threads.check(root)
    assert (line.level, line.check) == ("warning", "host")
    assert line.facts == {"needed": 5, "limit": "pids.max", "most": 50, "used": 30}
    user(monkeypatch, 7, 11)
    (line,) = threads.check(root)
    assert line.level == "fault" and line.advice.startswith("raise it with ulimit -u")
    assert line.facts == {"needed": 5, "limit": "RLIMIT_NPROC", "most": 11, "used": 7}
    user(monkeypatch, 0, 11)  # the kernel does not hold root to it
    (line,) = threads.check(root)
    assert line.facts["limit"] == "pids.max"


def test_the_groups_of_an_older_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        {
            "proc/self/cgroup": "8:pids:/x\n3:cpuset:/\n0::/\n",
            "sys/fs/cgroup/pids/x/pids.max": "4096\n",
            "sys/fs/cgroup/pids/x/pids.current": "10\n",
        },
    )
    user(monkeypatch, 7, -1)
    (line,) = threads.check(root)
    assert line.level == "ok" and "4086 more may be started" in line.text
    (line,) = threads.check(tmp_path / "nothing")
    assert line.text.endswith("; no limit of their number is set")


def test_a_client_starts_no_more_threads_than_are_told(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    def running() -> list[str]:
        return [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]

    client = open_client(answering)
    client.chat("Hello")
    client.budgets()
    own = [name for name in running() if name.startswith("wayfare-")]
    assert 3 <= len(set(own)) <= threads.NEEDED, own


def test_the_kind_of_a_file_system() -> None:
    assert ledger.file_system("/proc/self") == "proc"
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    is_told = "/" in [line.split()[4] for line in mounts]  # not in a changed root
    assert (ledger.file_system("/") == "unknown") is not is_told
    assert ledger.file_system("/") != "proc"


@pytest.mark.parametrize("proxy", ["http://[::1", "127.0.0.1:port", "http://"])
def test_a_proxy_that_cannot_be_read(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    (line,), answers = network.check("https://llm.example.org/v1")
    assert not answers and line.level == "fault" and line.text.startswith("HTTPS_PROXY ")
    assert line.advice == "write it like http://host:3128"
