"""``wayfare doctor`` as a program, and servers whose answers a test chooses by their path."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import cli
from cli import WAYFARE, Done, run_in
from raw_server import KEY


class Answers:
    """A server on this machine. ``replies`` has a status, headers and a body for each path."""

    def __init__(self) -> None:
        self.replies: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.date: str | None = None
        self.seen: list[tuple[str, str, str]] = []  # method, path, authorization
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                path = self.path.removeprefix("/api/v1")
                outer.seen.append((self.command, path, self.headers.get("Authorization", "")))
                missing: Any = (
                    404,
                    {},
                    {"error": {"code": 404, "message": "there is no such thing"}},
                )
                status, headers, body = outer.replies.get(path, missing)
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_HEAD = do_POST = answer

            def date_time_string(self, timestamp: float | None = None) -> str:
                return outer.date or super().date_time_string(timestamp)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Told:
    """What the doctor has printed, and its exit code."""

    def __init__(self, done: Done) -> None:
        assert done.stderr == ""
        assert KEY not in done.stdout
        self.code = done.returncode
        self.text = done.stdout

    def lines(self, level: str, check: str = "") -> list[str]:
        """The lines of this level, without it."""
        begin = f"{level:<9}{check}"
        return [line[9:] for line in self.text.splitlines() if line.startswith(begin)]

    def fault(self, check: str) -> str:
        """The one fault of a check."""
        (line,) = self.lines("fault", check)
        return line[13:]


def doctor(folder: Path, *words: str, **variables: str) -> Told:
    """Runs the doctor in this folder. The variables take the place of those of the tests."""
    return Told(run_in(environment(folder, variables), folder, "doctor", *words))


def doctor_behind(before: list[str], folder: Path, **variables: str) -> Told:
    """Runs the doctor behind the words of another command, in a process."""
    done = subprocess.run(
        [*before, *WAYFARE, "doctor"],
        cwd=folder,
        env=environment(folder, variables),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Told(Done(done.returncode, done.stdout, done.stderr))


def environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in cli.environment({}).items()
        if not name.upper().endswith("_PROXY")
        and not name.startswith(("OPENROUTER_", "WAYFARE_", "NEXT_PUBLIC_", "SSL_CERT", "CURL_CA"))
    }
    return {
        **kept,
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        **variables,
    }


def server(base_url: str, **more: str) -> dict[str, str]:
    """The variables that name a server with OpenRouter's rules, and a key."""
    return {
        "OPENROUTER_BASE_URL": base_url,
        "OPENROUTER_API_KEY": KEY,
        "WAYFARE_DIALECT": "openrouter",
        **more,
    }
