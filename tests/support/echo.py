"""A server that records the headers of its requests."""

from __future__ import annotations

from typing import Any

BATCH = "sk-or-v1-" + "b" * 60 + "0123"
WEB = "sk-or-v1-" + "c" * 60 + "0123"


class Echo:
    """Answers every call and records its headers. Refuses a prompt with "refuse" in it, and repeats
    the key in the refusal.
    """

    def __init__(self, raw_server: Any, wire: Any) -> None:
        self.seen: list[dict[str, str]] = []
        self.wire = wire
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            self.seen.append(request[0])
            if b"refuse" in request[1]:
                connection.reply(
                    b'{"error":{"code":401,"message":"bad %s and %s"}}'
                    % (BATCH.encode(), WEB.encode()),
                    status=401,
                )
            elif b'"stream":true' in request[1]:
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(self.wire.delta("pong") + self.wire.end)
                connection.chunk(b"")
            else:
                connection.reply(self.wire.completion())
