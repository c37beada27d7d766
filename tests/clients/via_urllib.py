"""urllib of Python: nothing that knows the API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from by_hand import Collector, Refused
from lines import BASE_URL, Json, serve


def call(body: Json, key: str) -> Json:
    request = urllib.request.Request(
        f"{BASE_URL}/chat/completions",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    collector = Collector()
    try:
        with urllib.request.urlopen(request) as answer:
            if not body.get("stream"):
                return collector.whole(json.load(answer))
            for line in answer:
                collector.line(line.decode())
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read()) from None
    return collector.streamed()


serve(call)
