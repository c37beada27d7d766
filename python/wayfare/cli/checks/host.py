"""The program's host: Python, its libraries, and what does not go well with a client."""

from __future__ import annotations

import importlib.util
import platform
import sys

import wayfare

from .finding import Finding, note, ok, warning

CHECK = "host"
_PREFORKING = ("gunicorn", "celery", "uwsgi")


def check() -> list[Finding]:
    versions = wayfare.versions()
    libraries = {
        "libcurl": versions.libcurl,
        "TLS": versions.tls,
        "SQLite": versions.sqlite,
        "HTTP/2": versions.nghttp2,
    }
    told = ", ".join(f"{name} {version or 'none'}" for name, version in libraries.items())
    found = [
        ok(
            CHECK,
            f"wayfare {versions.wayfare}, Python {platform.python_version()}, {told}",
            wayfare=versions.wayfare,
            python=platform.python_version(),
            **libraries,
        )
    ]
    forking = [name for name in _PREFORKING if importlib.util.find_spec(name)]
    if forking:
        text = f"{' and '.join(forking)} may fork processes, and a used client does not live on"
        found.append(note(CHECK, text, "make the client in each process, after the fork"))
    return [*found, *_gevent()]


def _gevent() -> list[Finding]:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("socket"):
        text = "gevent has patched this process: each blocking call holds up all of it"
        return [warning(CHECK, text, "make calls in a thread of gevent's pool, or use threads")]
    if importlib.util.find_spec("gevent"):
        text = "gevent is installed: under it a blocking call holds up the whole process"
        return [note(CHECK, text, "use workers with threads")]
    return []
