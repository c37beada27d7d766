"""The files that are generated from the tables of the public headers are up to date."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
OPAQUE = {"message", "metadata", "raw"}  # fields with JSON that wayfare passes on


def check(tables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "capi/tables/generate.py"), "--check"]
    return subprocess.run(command, input=tables, capture_output=True, text=True)


def test_no_generated_file_is_stale() -> None:
    program = ROOT / "build/tree/wayfare_tables"
    tables = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    done = check(tables)
    assert done.returncode == 0, done.stdout + done.stderr
    # Each file becomes stale when a field, an option, an attribute of errors and an operation are
    # renamed, except that of the groups of errors.
    for name in ("waited_us", "proxy", "retry_after", "verify"):
        tables = tables.replace(f'"{name}"', f'"other_{name}"')
    assert len(check(tables).stdout.splitlines()) == 8


def test_a_group_of_errors_has_the_codes_that_are_there() -> None:
    tables = (ROOT / "capi/operations.json").read_text()
    for changed in (
        tables.replace('"deadline",', '"end_time",'),
        tables.replace('"malformed",', '"other_timeout",'),
    ):
        assert changed != tables
        done = check(changed)
        assert done.returncode == 1
        assert done.stderr.startswith("capi/tables/groups.py is wrong about ")


def fields(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(fields, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(fields(inner) for name, inner in value.items() if name not in OPAQUE))


def test_every_field_of_the_events_is_told() -> None:
    tables = json.loads((ROOT / "capi/operations.json").read_text())
    records = [*tables["records"], tables["error"]]
    told = {field["name"] for record in records for field in record["fields"]}
    told |= {"v", "id", "type", "reply", "result", "error", "text", "usage", "cost", "tool_call"}
    seen = set()
    for line in (ROOT / "tests/golden/operations/events.jsonl").read_text().splitlines():
        seen |= fields(json.loads(line))
    assert len(seen) > 50
    assert seen - told == set()


def test_an_edit_of_an_agent_takes_what_its_creation_takes() -> None:
    """So that one set of keywords serves both in Python."""
    operations = json.loads((ROOT / "capi/operations.json").read_text())["operations"]
    parts = {
        one["name"]: {field["name"]: (field["type"], field["doc"]) for field in one["fields"]}
        for one in operations
    }
    created, edited = parts["create_agent"], parts["edit_agent"]
    assert len(created) > 10
    assert {**created, "version": edited["version"]} == {**edited, "name": created["name"]}
