"""A server whose calls are watched, and the notices of a watch."""

from __future__ import annotations

import json
import threading
from typing import Any

import wayfare
from raw_server import Connection, completion


def answer_by_model(connection: Connection) -> None:
    """Answers by the model's name: "x/busy" is refused, and the answer of "x/lost" is lost."""
    while request := connection.read():
        if not request[1]:  # a lookup
            connection.reply(b'{"data":{"id":"gen-lost","total_cost":0.5,"model":"m"}}')
            continue
        model = json.loads(request[1])["model"]
        if model == "x/busy":
            connection.reply(b'{"error":{"code":503,"message":"busy"}}', 503)
        elif model == "x/lost":
            connection.head(200, "text/event-stream", X_Generation_Id="gen-lost")
            return
        else:
            connection.reply(completion(cost="0.25"))


def take(watch: Any, count: int) -> list[wayfare.Notice]:
    """Returns the next notices. Ends the watch if they do not come."""
    notices: list[wayfare.Notice] = []
    ended = threading.Timer(20, watch.cancel)
    ended.start()
    for notice in watch:
        notices.append(notice)
        if len(notices) == count:
            break
    ended.cancel()
    return notices
