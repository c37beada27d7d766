"""What the Python clients share that know nothing of the API: they read its answers by hand."""

from __future__ import annotations

import json

from lines import Json, tool, usage


class Refused(Exception):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(json.loads(body)["error"]["message"])
        self.status = status


class Collector:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._usage: Json | None = None

    def whole(self, answer: Json) -> Json:
        message = answer["choices"][0]["message"]
        calls = [one["function"] for one in message.get("tool_calls") or []]
        found = tool(calls[0]["name"], calls[0]["arguments"]) if calls else None
        return {"text": message["content"], "tool": found, "usage": _usage(answer["usage"])}

    def line(self, line: str) -> None:
        """Takes a line of a stream. It asks for no [DONE], as most programs do not."""
        data = line[len("data:") :].strip() if line.startswith("data:") else ""
        if not data or data == "[DONE]":
            return
        chunk = json.loads(data)
        texts = [choice["delta"].get("content") for choice in chunk["choices"]]
        self._pieces += [text for text in texts if text]
        self._usage = chunk.get("usage") or self._usage

    def streamed(self) -> Json:
        told = _usage(self._usage) if self._usage else None
        return {"text": "".join(self._pieces), "pieces": self._pieces, "usage": told}


def _usage(told: Json) -> Json:
    return usage(told["prompt_tokens"], told["completion_tokens"], told["cost"])
