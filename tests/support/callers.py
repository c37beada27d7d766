"""Processes that make calls one after the other, as a test asks for them."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

# Makes a call with the arguments of each line that it reads, and prints what it gave.
SCRIPT = """
import json
one = client()
print("ready", flush=True)
for line in sys.stdin:
    try:
        reply = one.chat("Hi", **json.loads(line))
        told = ["ok", {told}]
    except wayfare.Error as error:
        told = [error.code, error.message, error.retry_after]
    print(json.dumps(told), flush=True)
"""


class Caller:
    """A process that makes calls."""

    def __init__(self, host: Any, base_url: str, told: str) -> None:
        script = SCRIPT.replace("{told}", told)
        self.process = host.start(script, base_url, stdin=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n"

    def begin(self, **call: Any) -> None:
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()

    def end(self) -> Any:
        """Returns ["ok", what was told of the reply], or the code, message and wait of an error."""
        return json.loads(self.process.stdout.readline())

    def call(self, **call: Any) -> Any:
        self.begin(**call)
        return self.end()


Starts = Callable[[str], Caller]


@contextlib.contextmanager
def callers(host: Any, told: str) -> Iterator[Starts]:
    """start(base_url) starts such a process. `told`: expressions of the reply of a good call."""
    begun: list[Caller] = []

    def start(base_url: str) -> Caller:
        begun.append(Caller(host, base_url, told))
        return begun[-1]

    yield start
    for one in begun:
        if one.process.returncode is None:
            one.process.communicate(timeout=30)
