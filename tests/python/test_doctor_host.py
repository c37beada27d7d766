"""``wayfare doctor`` and its host: versions, servers that fork, and gevent."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import pytest
import wayfare
from wayfare.cli.checks import host, ledger, network
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
