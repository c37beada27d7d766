"""A server of models lists, and the cache file of a client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def model(name: str, prompt: str, completion: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": name.upper(),
        "created": 1,
        "context_length": 8000,
        "architecture": {
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "GPT",
        },
        "pricing": {"prompt": prompt, "completion": completion},
        "top_provider": {"max_completion_tokens": 1000},
        "supported_parameters": ["tools"],
        **more,
    }


LIST = [
    model("a/dear", "0.00001", "0.00002"),
    model("b/cheap", "0.000001", "0.000002"),
    model("c/free:free", "0", "0"),
    model("d/auto", "-1", "-1"),
    model("e/gone", "0.0000001", "0.0000001", expiration_date="2020-01-01"),
    model("f/middle", "0.000003", "0.000004"),
]


class Lists:
    """Answers each GET /models with the next item of `lists`, and repeats the last item. Answers
    chats with a pong. The models in `busy` are overloaded.
    """

    def __init__(self, raw_server: Any, wire: Any, *lists: Any, busy: tuple[str, ...] = ()) -> None:
        self.lists, self.wire, self.busy = list(lists) or [LIST], wire, busy
        self.fetched, self.bodies = 0, list[dict[str, Any]]()
        self.headers: list[dict[str, str]] = []
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                self.fetched += 1
                self.headers.append(request[0])
                answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
                if answer == "close":
                    return
                if isinstance(answer, bytes):
                    connection.reply(answer)
                elif isinstance(answer, int):
                    connection.reply(b"{}", answer)
                else:
                    connection.reply(
                        json.dumps({"data": answer}).encode(),
                        Cache_Control="public, max-age=300, stale-while-revalidate=3600",
                    )
                continue
            self.bodies.append(json.loads(request[1]))
            if self.bodies[-1]["model"] in self.busy:
                connection.reply(b'{"error":{"code":503,"message":"busy"}}', 503)
            else:
                connection.reply(self.wire.completion())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def shelf(cache: Path) -> Path:
    (kept,) = (path for path in (cache / "wayfare").iterdir() if not path.suffix)
    return kept


def make_old(cache: Path) -> None:
    """Makes the cache file a day old."""
    path = shelf(cache)
    head, _, body = path.read_bytes().partition(b"\n")
    words = head.split()
    words[3] = b"%d" % (int(words[3]) - 86_400)
    path.write_bytes(b" ".join(words) + b"\n" + body)
