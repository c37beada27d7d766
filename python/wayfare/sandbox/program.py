"""The sandbox as a program: it serves until it is told to end, or while a command runs."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from typing import Any

from . import RULES, Sandbox

PROBLEMS = 1  # the exit code of a check that failed
ABOUT = (
    "play OpenRouter on this machine, for tests: alone it prints its base URL and serves until it "
    "is interrupted. With a command behind -- it runs that with OPENROUTER_BASE_URL and "
    "OPENROUTER_API_KEY set, and then tells answers that nobody asked for and what the client did "
    "wrong"
)


def add_options(parser: Any) -> None:
    """Adds the options to a parser of argparse."""
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--seed", type=int, default=0, help="of every random choice; default: 0")
    parser.add_argument("--no-auth", action="store_true", help="take requests without a key")
    parser.add_argument("--tls", action="store_true", help="serve by https; needs trustme")
    parser.add_argument("--http2", action="store_true", help="offer HTTP/2; implies --tls")
    parser.add_argument("--balance", action="store_true", help="draw providers by their price")
    parser.add_argument(
        "--credits", metavar="USD", help="what the account may spend; default: no limit"
    )
    parser.add_argument(
        "--key-limit", metavar="USD", help="what the key may spend; default: no limit"
    )
    parser.add_argument(
        "--generation-delay",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="from the end of a call until GET /generation knows it; default: 0",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="the share of a provider's latency that answers really wait; default: 0",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:PROBABILITY]",
        help="order a fault for every request",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=sorted(RULES),
        metavar="RULE",
        help=f"let the client do this: {', '.join(sorted(RULES))}",
    )


def run(options: argparse.Namespace, command: list[str], tell: Any) -> int:
    """Serves, and returns the exit code. `tell` is given the sandbox when it serves.

    Raises ValueError for options that cannot be used.
    """
    if options.allow and not command:
        raise ValueError("--allow needs a command behind --, whose client it is about")
    with Sandbox(
        host=options.host,
        port=options.port,
        seed=options.seed,
        auth=not options.no_auth,
        tls=options.tls,
        http2=options.http2,
        credits=options.credits,
        key_limit=options.key_limit,
        generation_delay=options.generation_delay,
        balance=options.balance,
        latency=options.latency,
    ) as sandbox:
        for told in options.fault:
            name, _, probability = told.partition(":")
            sandbox.fault(name, probability=float(probability or 1))
        if command:
            return _run_with(sandbox, command, options.allow)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        tell(sandbox)
        ended.wait()
        return 0


def _run_with(sandbox: Sandbox, command: list[str], allow: list[str]) -> int:
    try:
        child = subprocess.Popen(command, env={**os.environ, **sandbox.environment})
    except OSError as error:
        print(f"wayfare sandbox: {command[0]} does not start: {error}", file=sys.stderr)
        return 127
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: child.send_signal(number))
    code = child.wait()
    problems = sandbox.problems(allow)
    for problem in problems:
        print(f"wayfare sandbox: {problem}", file=sys.stderr)
    if code < 0:  # ended by a signal: the code that a shell gives
        return 128 - code
    return code or (PROBLEMS if problems else 0)
