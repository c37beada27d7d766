"""Prism: a proxy that holds each request and its answer against the specification."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

from exchange import Answer
from outside import Missing, free_port, npm, running

ROOT = Path(__file__).resolve().parents[2]
PRISM = "@stoplight/prism-cli@5.16.0"
CACHE = ROOT / "build" / "conformance" / "prism-cli"
VARIABLE = "WAYFARE_SPECIFICATION"
USUAL = ROOT.parent / "shared" / "openrouter" / "openapi.yaml"
STREAMED = "Response body must be object"  # what Prism says of every stream


@dataclasses.dataclass(frozen=True)
class Violation:
    place: str  # such as "request.body.provider"
    message: str


def specification(given: str | None) -> Path:
    """Returns the specification that is given by an argument or the variable, or lies at hand."""
    named = given or os.environ.get(VARIABLE)
    path = Path(named) if named else USUAL
    if not path.is_file():
        raise Missing(f"{path} is not there: name OpenRouter's openapi.yaml, or set {VARIABLE}")
    return path


@contextlib.contextmanager
def prism(document: Path, upstream: str, folder: Path) -> Iterator[str]:
    """Runs Prism before a server. Gives its address."""
    port = free_port()
    program = npm(PRISM, CACHE) / "prism"
    words = [str(program), "proxy", str(document), upstream, "--port", str(port), "--errors"]
    with running(words, port, folder / "prism.log") as address:
        yield address


def violations(answer: Answer) -> list[Violation]:
    """Returns what Prism has against a request or its answer."""
    if answer.kind != "application/problem+json":
        return []
    told = json.loads(answer.body)
    found = [_violation(one) for one in told.get("validation", [])]
    return found or [Violation("prism", told["title"])]


def _violation(told: dict[str, object]) -> Violation:
    location = told["location"]
    assert isinstance(location, list)
    named = [str(step) for step in location]
    side = [] if named[:1] == ["response"] else ["request"]
    return Violation(".".join([*side, *named]), str(told["message"]))
