"""python -m wayfare.standin prints the base URL and serves until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading

from . import Standin


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m wayfare.standin", description="A stand-in for OpenRouter on this machine."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--no-auth", action="store_true", help="accept requests without a key")
    parser.add_argument(
        "--generation-delay",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="time from the end of a call until GET /generation knows it",
    )
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    standin = Standin(
        host=options.host,
        port=options.port,
        auth=not options.no_auth,
        generation_delay=options.generation_delay,
        keep_requests=False,
    )
    with standin:
        print(standin.base_url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
