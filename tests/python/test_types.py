"""The cost of importing wayfare, and its types for a type checker."""

import os
import pathlib
import subprocess
import sys

import pytest

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

client = wayfare.Client(api_key="k", ledger="a.db", durability="sync_all", deadline=30,
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
assert_type(reply.cost_source, wayfare.types.CostSource)
assert_type(reply.metadata, dict[str, Any])
assert_type(reply.message, dict[str, Any])
assert_type(reply.raw, dict[str, Any] | None)
assert_type(reply.generation_id, str | None)
assert_type(reply.entry, str | None)
assert_type(reply.request_id, str | None)
assert_type(reply.timings.total_us, int | None)
assert_type(reply.added, list[str])
assert_type(reply.attempts[0].error, wayfare.types.Code | None)
assert_type(reply.status, int | None)
assert_type(reply.selection, wayfare.Selection | None)
assert_type(reply.to_dict(), dict[str, Any])

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
    assert_type(entry.agent, str | None)
    assert_type(entry.tags, list[str])
    assert_type(entry.booked, datetime.datetime)

models = client.models()
assert_type(models, wayfare.ModelList)
assert_type(models.catalogue, wayfare.CatalogueState)
assert_type(models[0].prices.prompt, Decimal | None)
assert_type(models[0].overrides, list[wayfare.PriceOverride])
selection = client.select("Hello", route={"policy": {"max_price": {"prompt": "1"}}})
assert_type(selection.ranked, list[wayfare.Candidate])
assert_type(client.budget("b", limit="5", window="day", agent="*"), wayfare.Budget | None)
assert_type(client.budgets()[0].resets_at, datetime.datetime | None)
assert_type(client.block(user="42"), None)
assert_type(client.blocks(), list[wayfare.Block])
assert_type(client.reconcile(), wayfare.Reconciled)
assert_type(client.verify().problems, list[str])
assert_type(client.prune("2026-01-01"), wayfare.Pruned)
route: wayfare.types.Route = {"models": ["a/b", "c/d"], "max_cost": Decimal("0.1"), "retries": 1}
whom: wayfare.types.ChargeTo = {"app": "shop", "tags": ["red"]}
client.chat("Hello", route=route, charge_to=whom)


async def awaited(client: wayfare.AsyncClient) -> None:
    assert_type(await client.chat("Hello", route=route), wayfare.Reply)
    async with client.stream("Hello") as stream:
        async for event in stream:
            assert_type(event, wayfare.Event)
    assert_type(await stream.reply, wayfare.Reply)
    async for entry in client.entries():
        assert_type(entry, wayfare.Entry)
    assert_type(await client.budget("b", delete=True), wayfare.Budget | None)
    await client.chat("Hello", route={"modle": "x"})  # type: ignore[arg-type]
    await client.block(colour="red")  # type: ignore[call-arg]


try:
    client.chat(body_json="{}")
except wayfare.errors.RateLimited as error:
    assert_type(error, wayfare.errors.RateLimited)
    assert_type(error.retry_after, float | None)
    assert_type(error.limit, str | None)
except wayfare.BudgetExceeded as error:
    assert_type(error.budget, str | None)
    assert_type(error.left, Decimal | None)
    assert_type(error.resets_at, datetime.datetime | None)
except (wayfare.errors.Dns, wayfare.errors.Tls) as error:
    assert_type(error.provider, str | None)
except wayfare.Error as error:
    assert_type(error.code, wayfare.types.Code)
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
wayfare.Client(colour="red")  # type: ignore[call-arg]
client.chat("Hello", route={"modle": "x"})  # type: ignore[arg-type]
client.chat("Hello", route={"retries": "2"})  # type: ignore[arg-type]
client.stream("Hello", route={"max_cost": 0.5})  # type: ignore[arg-type]
client.select("Hello", route={"policy": "quickest"})  # type: ignore[arg-type]
client.select("Hello", route={"policy": {"sort": "fast"}})  # type: ignore[arg-type]
client.chat("Hello", charge_to={"team": "red"})  # type: ignore[arg-type]
client.stream("Hello", charge_to={"agent": 3})  # type: ignore[arg-type]
client.budget("b", limit=0.5)  # type: ignore[arg-type]
client.budget("b", mode="off")  # type: ignore[arg-type]
client.budget("b", colour="red")  # type: ignore[call-arg]
client.block(agent=3)  # type: ignore[arg-type]
client.prune(None)  # type: ignore[arg-type]
wayfare.errors.RateLimted  # type: ignore[attr-defined]
reply.text = ""  # type: ignore[misc]
reply.attempts[0].code  # type: ignore[attr-defined]
"""


def checker_environment():
    return {**os.environ, "MYPYPATH": str(SOURCES)}


@pytest.mark.slow
def test_a_strict_type_checker_knows_every_name(tmp_path):
    (tmp_path / "snippet.py").write_text(SNIPPET)
    run(
        ["-m", "mypy", "--strict", "--config-file=", "snippet.py"],
        cwd=tmp_path,
        env=checker_environment(),
    )


@pytest.mark.slow
def test_the_stub_of_the_native_module_is_true(tmp_path):
    run(["-m", "mypy.stubtest", "wayfare._wayfare"], cwd=tmp_path, env=checker_environment())
