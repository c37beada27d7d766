"""Builds and starts the product: the app, the API service and the worker, on one ledger.

    python3 capi/hosts/node/example/product.py            until Ctrl-C
    python3 capi/hosts/node/example/product.py --test     the test in a browser (chromium)

Everything is made in build/product. Without a key in .env.local all three call the sandbox.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable

import making

HERE = making.HERE
WORK = making.WORK
WAYFARE = making.ROOT / ".venv/bin/wayfare"
PYTHON = making.ROOT / ".venv/bin/python"
START_SECONDS = 60
END_SECONDS = 15
DAY = "1.00"  # US dollars: the budget product-day of a new ledger


def say(text: str) -> None:
    print(f"product: {text}", flush=True)


def has_key(path: Path) -> bool:
    """Tells whether a file of variables has a key. What the key is nobody reads here."""
    if not path.exists():
        return False
    found = re.search(
        r"^(?:export )?OPENROUTER_API_KEY=\s*[\"']?\w", path.read_text(), re.MULTILINE
    )
    return found is not None


def free_port(wanted: int = 0) -> int:
    """Returns this port, or any other one if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


class Product:
    """The running programs."""

    def __init__(self, data: Path, ports: tuple[int, int, int], sandboxed: bool) -> None:
        self.data, self.sandboxed = data, sandboxed
        self.app_port, self.api_port, self.sandbox_port = (free_port(port) for port in ports)
        self.app_url = f"http://127.0.0.1:{self.app_port}"
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}/api/v1"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        (data / "queue").mkdir(parents=True, exist_ok=True)

    def environment(self, folder: Path) -> dict[str, str]:
        """What each program gets. A key of yours stays in its own file."""
        made = {
            **os.environ,
            "WAYFARE_LEDGER": str(self.data / "ledger.db"),
            "PRODUCT_ENV_FOLDER": str(folder),
            "PRODUCT_DATA": str(self.data),
            "PRODUCT_API": self.api_url,
            "NEXT_TELEMETRY_DISABLED": "1",
        }
        if self.sandboxed:
            made["OPENROUTER_BASE_URL"] = self.sandbox_url
            made["OPENROUTER_API_KEY"] = "sk-or-v1-sandbox"
            made["WAYFARE_DIALECT"] = "openrouter"
        return made

    def start(self, name: str, words: list[str], environment: dict[str, str]) -> None:
        """Starts a program in a session of its own, so that Ctrl-C does not end it by half."""
        log = (self.data / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            words,
            env=environment,
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def wait_for(self, name: str, url: str) -> None:
        """Waits until the program answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                self.check(name)
                time.sleep(0.1)
        raise SystemExit(f"product: {name} does not answer at {url}: see {self.data}/{name}.log")

    def check(self, name: str) -> None:
        status = self.running[name].poll()
        if status is not None:
            raise SystemExit(f"product: {name} ended ({status}): see {self.data}/{name}.log")

    def start_app(self, with_key: bool = True) -> None:
        environment = self.environment(HERE)
        environment.update(
            PORT=str(self.app_port), HOSTNAME="127.0.0.1", NEXT_MANUAL_SIG_HANDLE="1"
        )
        if not with_key:
            del environment["OPENROUTER_API_KEY"]
        server = making.APP / ".next/standalone/server.js"
        self.start("app", [making.node(), str(server)], environment)
        self.wait_for("app", f"{self.app_url}/api/health")

    def start_api(self) -> None:
        folder = HERE / "services/api"
        words = [str(PYTHON), "-m", "uvicorn", "--app-dir", str(folder), "main:app"]
        words += ["--host", "127.0.0.1", "--port", str(self.api_port)]
        self.start("api", words, self.environment(folder))
        self.wait_for("api", f"{self.api_url}/health")

    def start_worker(self) -> None:
        """Starts the worker. It serves nothing: it answers by its summaries."""
        words = [str(making.WORKER), str(self.data / "queue")]
        self.start("worker", words, self.environment(HERE / "services/worker"))

    def start_all(self) -> None:
        if self.sandboxed:
            words = [str(WAYFARE), "sandbox", "--port", str(self.sandbox_port), "--latency", "0.3"]
            self.start("sandbox", words, dict(os.environ))
            self.wait_for("sandbox", f"{self.sandbox_url}/models")
        self.set_budget()
        self.start_worker()
        self.start_api()
        self.start_app()
        self.check("worker")

    def set_budget(self) -> None:
        """Sets the hard budget of all three before anything can call, unless it is there."""
        environment = self.environment(HERE)
        told = subprocess.run(
            [WAYFARE, "budget", "--json"], env=environment, stdout=subprocess.PIPE
        )
        budgets = json.loads(told.stdout or b"{}").get("budgets", [])
        if any(one["name"] == "product-day" for one in budgets):
            return
        words = ["budget", "set", "product-day", "--limit", DAY, "--window", "day"]
        subprocess.run(
            [WAYFARE, *words, "--app", "product"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def end(self, name: str, by: int = signal.SIGTERM) -> None:
        process = self.running.pop(name)
        if process.poll() is None:
            process.send_signal(by)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"{name} does not end: it is killed")
            process.kill()
            process.wait()

    def end_all(self) -> None:
        for name in ("app", "worker", "api", "sandbox"):
            if name in self.running:
                self.end(name)


def serve(product: Product) -> int:
    product.start_all()
    where = "the sandbox on this machine" if product.sandboxed else "OpenRouter"
    say(f"all three call {where}; the ledger is {product.data / 'ledger.db'}")
    say(f"the API for other programs: {product.api_url}/docs")
    say(f"the app: {product.app_url}   (Ctrl-C ends all of them)")
    while True:
        for name in product.running:
            product.check(name)
        time.sleep(0.5)


def test(product: Product) -> int:
    """Runs the story in a browser. It asks by lines for what only this program can do."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("product: there is no chromium: install it, or name it in CHROMIUM")
    product.start_all()
    orders: dict[str, Callable[[], None]] = {
        "kill app": lambda: product.end("app", signal.SIGKILL),
        "kill api": lambda: product.end("api", signal.SIGKILL),
        "kill worker": lambda: product.end("worker", signal.SIGKILL),
        "end app": lambda: product.end("app"),
        "start app": product.start_app,
        "start api": product.start_api,
        "start worker": product.start_worker,
        "start app without a key": lambda: product.start_app(with_key=False),
    }
    environment = {
        **product.environment(HERE),
        "APP": product.app_url,
        "SANDBOX": product.sandbox_url,
        "WAYFARE": str(WAYFARE),
        "CHROMIUM": chromium,
        "SCREENSHOTS": str(WORK / "screenshots"),
    }
    with subprocess.Popen(
        [making.node(), str(making.APP / "tests/story.mjs")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as story:
        assert story.stdin and story.stdout
        for line in story.stdout:
            order = line.strip()
            if not order.startswith("please "):
                print(order, flush=True)
                continue
            orders[order[len("please ") :]]()
            story.stdin.write("done\n")
            story.stdin.flush()
    return story.returncode


def main() -> int:
    if sys.argv[1:] not in ([], ["--test"]):
        print(__doc__, file=sys.stderr)
        return 2
    testing = bool(sys.argv[1:])
    making.make(say)
    sandboxed = testing or not has_key(HERE / ".env.local")
    for folder in () if sandboxed else (HERE / "services/api", HERE / "services/worker"):
        if not has_key(folder / ".env"):
            raise SystemExit(f"product: {folder}/.env has no key: copy .env.example, and add it")
    data = WORK / ("test" if testing else "sandbox" if sandboxed else "data")
    if testing:
        shutil.rmtree(data, ignore_errors=True)
    product = Product(data, (0, 0, 0) if testing else (3000, 8001, 8002), sandboxed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return test(product) if testing else serve(product)
    except KeyboardInterrupt:
        say("ends")
        return 130
    finally:
        product.end_all()


if __name__ == "__main__":
    sys.exit(main())
