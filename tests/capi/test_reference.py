"""capi/operations.md names every option, every field of a request and every field of an event."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "capi/operations.md").read_text()
NAMES = set(re.findall(r"\b[a-z_]+\b", " ".join(re.findall(r"`([^`]+)`", PAGE))))
OPAQUE = {"message", "metadata", "raw"}  # JSON of others, as it is


def fields(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(fields, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(fields(inner) for name, inner in value.items() if name not in OPAQUE))


def test_every_field_of_the_events_is_told() -> None:
    told = set()
    for line in (ROOT / "tests/golden/operations/events.jsonl").read_text().splitlines():
        event = json.loads(line)
        told |= fields(event) | {event["type"]}
    assert len(told) > 50
    assert told - NAMES == set()


def test_every_field_that_is_read_is_told() -> None:
    source = (ROOT / "core/src/json_api/decode.cpp").read_text()
    lists = re.findall(r"\{(\"\w+\"(?:,\s*\"\w+\")+)\}", source)
    read = {name for names in lists for name in re.findall(r'"(\w+)"', names)}
    assert {"api_key", "proxy", "body", "tags", "since", "limit", "key"} <= read
    assert read - NAMES == set()
