"""What importing wayfare costs, and what a type checker knows of it."""

import os
import pathlib
import subprocess
import sys

SOURCES = pathlib.Path(__file__).parents[2] / "python"


def run(arguments, **options):
    done = subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


# ---- Importing does no work.

IMPORT = """
import os, sys
before = set(sys.modules)
import wayfare
heavy = "asyncio dataclasses datetime decimal inspect json logging re socket threading typing"
heavy = (heavy + " urllib enum collections.abc").split()
print("heavy:", *sorted(set(heavy) & (set(sys.modules) - before)))
print("threads:", len(os.listdir("/proc/self/task")))
client = wayfare.Client(api_key="sk-or-v1-secret", ledger="ledger.db")
print("threads:", len(os.listdir("/proc/self/task")))
print("files:", *os.listdir("."))
told = [client, *(getattr(client, name) for name in dir(client))]
print("key:", any("secret" in repr(what) for what in told))
"""


def test_importing_and_opening_do_no_work(tmp_path):
    told = run(["-c", IMPORT], cwd=tmp_path)
    assert told.splitlines() == ["heavy:", "threads: 1", "threads: 1", "files:", "key: False"]


# ---- Types.

SNIPPET = """
import datetime
from decimal import Decimal
from typing import Any

from typing_extensions import assert_type

import wayfare

client = wayfare.Client(api_key="k", ledger="a.db", durability="power", deadline=30,
                        allow_http=False, max_open_calls=10)
reply = client.chat("Hello", model="openai/gpt-4o-mini", max_tokens=100,
                    charge_to={"agent": "support", "user": "42"})
assert_type(reply, wayfare.Reply)
assert_type(reply.text, str)
assert_type(reply.reasoning, str)
assert_type(reply.tool_calls, list[wayfare.ToolCall])
assert_type(reply.tool_calls[0].arguments, str)
assert_type(reply.finish_reason, str | None)
assert_type(reply.native_finish_reason, str | None)
assert_type(reply.model, str)
assert_type(reply.provider, str | None)
assert_type(reply.usage.prompt_tokens, int | None)
assert_type(reply.cost, Decimal | None)
assert_type(reply.cost_source, str)
assert_type(reply.metadata, dict[str, Any])
assert_type(reply.message, dict[str, Any])
assert_type(reply.raw, dict[str, Any] | None)
assert_type(reply.generation_id, str | None)
assert_type(reply.entry, str)
assert_type(reply.request_id, str | None)
assert_type(reply.timings.total_us, int | None)
assert_type(reply.added, list[str])
assert_type(reply.attempts[0].code, str | None)
assert_type(reply.status, int | None)

with client.stream([{"role": "user", "content": "Hello"}], route={"deadline": 30}) as stream:
    for event in stream:
        assert_type(event, wayfare.Event)
        assert_type(event.text, str | None)
        if event.tool_call:
            assert_type(event.tool_call.name, str | None)
assert_type(stream.reply, wayfare.Reply)
stream.cancel()

for row in client.usage(by=["model", "day"], since=datetime.date(2026, 11, 23), until="2026-11-24"):
    assert_type(row.model, str | None)
    assert_type(row.calls, int)
    assert_type(row.cost, Decimal)
for entry in client.entries(since=datetime.datetime.now(datetime.timezone.utc)):
    assert_type(entry, wayfare.Entry)
    assert_type(entry.cost, Decimal | None)
    assert_type(entry.charge_to, dict[str, Any])
    assert_type(entry.booked, datetime.datetime)

try:
    client.chat(body_json="{}")
except wayfare.Error as error:
    assert_type(error.code, str)
    assert_type(error.retryable, bool)
    assert_type(error.status, int | None)
    assert_type(error.generation_id, str | None)
    assert_type(error.advice, str | None)
    assert_type(error.reply, wayfare.Reply | None)
assert_type(client.ledger_path, str)
assert_type(client.base_url, str)
assert_type(wayfare.__version__, str)
with client:
    client.close()

client.usage(by=["colour"])  # type: ignore[list-item]
wayfare.Client(durability="never")  # type: ignore[arg-type]
wayfare.Client("key")  # type: ignore[call-arg]
reply.text = ""  # type: ignore[misc]
"""


def checker_environment():
    return {**os.environ, "MYPYPATH": str(SOURCES)}


def test_a_strict_type_checker_knows_every_name(tmp_path):
    (tmp_path / "snippet.py").write_text(SNIPPET)
    run(
        ["-m", "mypy", "--strict", "--config-file=", "snippet.py"],
        cwd=tmp_path,
        env=checker_environment(),
    )


def test_the_stub_of_the_native_module_is_true(tmp_path):
    run(["-m", "mypy.stubtest", "wayfare._wayfare"], cwd=tmp_path, env=checker_environment())
