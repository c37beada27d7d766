"""Holds each kind of request that the client sends, and the sandbox's answer to it, against
OpenRouter's official specification. Prints what passed, and exits with 1 if something did not.

The client calls the sandbox. Each request is then sent once more, byte for byte, through Prism, a
proxy before the sandbox. Prism reads no streams: a library of JSON Schema checks each chunk.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import yaml
from exchange import Sent, again, asked_by_nobody, client_of, sent_by
from jsonschema import Draft202012Validator
from kinds import KINDS, MINI
from looser import LOOSER, Looser
from outside import Missing
from prism import STREAMED, VARIABLE, Violation, prism, specification, violations
from wayfare.sandbox import Reply, Sandbox

CHUNK = "#/components/schemas/ChatStreamChunk"
CHAT = "/chat/completions"
JSON = {"content-type": "application/json"}


class Comparison:
    def __init__(self, document: Path, sandbox: Sandbox, proxy: str) -> None:
        self._sandbox, self._proxy = sandbox, proxy
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        told = yaml.load(document.read_text(), loader)
        self._paths = told["paths"]
        self._chunk = Draft202012Validator({"components": told["components"], "$ref": CHUNK})
        self.used: set[Looser] = set()
        self.failed = self.requests = self.chunks = 0

    def against(self, request: Sent) -> list[Violation]:
        """Returns what the specification has against a request, its answer and its chunks."""
        through = again(self._sandbox, self._proxy, request)
        found = violations(through) or self._unknown_status(request, through.status)
        if any(violation.place.startswith("request") for violation in found):
            request = dataclasses.replace(request, reply=None)  # it is still ready: Prism was first
        direct = again(self._sandbox, self._sandbox.base_url, request)
        if direct.kind == "text/event-stream":
            found = [violation for violation in found if violation.message != STREAMED]
            for event in direct.events():
                self.chunks += 1
                found += [
                    Violation(f"chunk.{'.'.join(map(str, error.path))}", error.message)
                    for error in self._chunk.iter_errors(event)
                ]
        self.requests += 1
        return found

    def _unknown_status(self, request: Sent, status: int) -> list[Violation]:
        """Prism passes what the specification does not know."""
        path = request.path.partition("?")[0]
        known = [
            operations[request.method.lower()]["responses"]
            for form, operations in self._paths.items()
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(form)), path)
            and request.method.lower() in operations
        ]
        if any(str(status) in responses for responses in known):
            return []
        return [Violation("response.status", f"{status} is not among the answers of this path")]

    def tell(self, name: str, requests: list[Sent]) -> None:
        """Prints what came of one kind."""
        found = list(dict.fromkeys(one for request in requests for one in self.against(request)))
        wrong = 0
        for violation in found:
            allowed = [one for one in LOOSER if one.covers(name, violation)]
            self.used.update(allowed)
            wrong += not allowed
            told = f"allowed: {allowed[0].reason}" if allowed else "VIOLATION"
            print(f"{name:<28} {violation.place}: {violation.message[:200]}\n{'':<28} {told}")
        self.failed += wrong
        if not wrong:
            print(f"{name:<28} passed", flush=True)

    def control(self) -> None:
        """A comparison that sees no violation where there is one is worth nothing."""
        bad = b'{"model": "%s", "messages": []}' % MINI.encode()
        key = {**JSON, "authorization": f"Bearer {self._sandbox.api_key}"}
        seen = [found.place for found in self.against(Sent("POST", CHAT, key, bad))]
        if seen != ["request.body.messages"]:
            raise Missing(f"Prism does not see that a request has no messages: {seen}")
        good = bad.replace(b"[]", b'[{"role": "user", "content": "Hello"}]')
        ended = Reply("Hello", finish="exhausted")
        seen = [found.place for found in self.against(Sent("POST", CHAT, key, good, ended))]
        if seen != ["response.body.choices.0.finish_reason"]:
            raise Missing(f"Prism does not see that a finish reason is wrong: {seen}")
        if self._chunk.is_valid({"id": 7}):
            raise Missing("jsonschema does not see that a chunk is wrong")


def _compare(document: Path, folder: Path) -> Comparison:
    with Sandbox() as sandbox, prism(document, sandbox.base_url, folder) as proxy:
        comparison = Comparison(document, sandbox, proxy)
        comparison.control()
        with client_of(sandbox, folder / "through", proxy) as client:
            assert client.chat("Hello", model=MINI).text, "no call comes through Prism"
        for name, kind in KINDS.items():
            own = folder / name
            os.environ["XDG_CACHE_HOME"] = str(own)  # each client fetches its models list
            with client_of(sandbox, own) as client:
                requests = sent_by(kind, client, sandbox)
            comparison.tell(name, requests)
        for name, request in asked_by_nobody(sandbox).items():
            comparison.tell(name, [request])
    return comparison


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specification", nargs="?", help=f"openapi.yaml; else ${VARIABLE}")
    given = parser.parse_args().specification
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = _compare(specification(given), Path(folder))
        except Missing as error:
            print(f"MISSING: {error}")
            return 1
    for unused in [one for one in LOOSER if one not in done.used]:
        print(f"UNUSED: {unused.kind}: {unused.place}: {unused.message}: nothing is so loose")
        done.failed += 1
    print(f"{done.requests} requests and {done.chunks} chunks, {done.failed} wrong")
    return 0 if not done.failed else 1


if __name__ == "__main__":
    sys.exit(main())
