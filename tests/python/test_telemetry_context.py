"""The trace to which a call belongs: in, out, over a fork, and what instrument() refuses."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import wayfare

if TYPE_CHECKING:
    from seen import Seen
    from wayfare.sandbox import Sandbox

Traced = Callable[..., wayfare.Client]
Fault = Callable[[str], str]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_traceparent_is_the_parent(traced: Traced, seen: Seen) -> None:
    from wayfare import telemetry

    client = traced()
    with telemetry.parent(f"00-{TRACE}-{SPAN}-01", "vendor=1"):
        client.chat("hi")
    client.chat("hi")
    inside, outside = seen.calls
    assert (
        f"{inside.context.trace_id:032x}" == TRACE and inside.context.trace_state["vendor"] == "1"
    )
    assert f"{inside.parent.span_id:016x}" == SPAN and inside.parent.is_remote
    assert outside.parent is None


@pytest.mark.parametrize(
    "text", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01"]
)
def test_what_is_no_traceparent_is_refused(text: str) -> None:
    pytest.importorskip("opentelemetry")
    from wayfare import telemetry

    with pytest.raises(wayfare.errors.Invalid), telemetry.parent(text):
        pass


def test_nothing_is_sent_along_unless_it_is_asked_for(traced: Traced, sandbox: Sandbox) -> None:
    traced().chat("hi")
    [request] = [r for r in sandbox.requests if r.path.endswith("/chat/completions")]
    assert "traceparent" not in request.headers and "trace" not in json.loads(request.body)


def test_the_trace_goes_out(traced: Traced, sandbox: Sandbox, seen: Seen, fault: Fault) -> None:
    client = traced(propagate=("headers", "body"))
    headers = {"X-Mine": "1"}
    client.chat(
        "hi", headers=headers, route={"models": [fault("status-500"), "openai/gpt-4o-mini"]}
    )
    first, second = [r for r in sandbox.requests if r.path.endswith("/chat/completions")]
    of = seen.call.context
    ids = f"{of.trace_id:032x}", f"{of.span_id:016x}"
    for request in (first, second):  # they differ in nothing but the model
        assert request.headers["traceparent"].split("-")[1:3] == list(ids)
        assert request.headers["x-mine"] == "1"
        trace = json.loads(request.body)["trace"]
        assert trace == {"trace_id": ids[0], "parent_span_id": ids[1]}
    assert headers == {"X-Mine": "1"}


def test_what_the_caller_gives_stays(traced: Traced, sandbox: Sandbox, seen: Seen) -> None:
    client = traced(propagate=("headers", "body"))
    own = f"00-{TRACE}-{SPAN}-01"
    client.chat("hi", headers={"Traceparent": own}, trace={"trace_id": "mine"})
    text = '{ "messages": [{"role": "user", "content": "hi"}], "model": "openai/gpt-4o-mini" }'
    client.chat(body_json=text)
    given, raw = [r for r in sandbox.requests if r.path.endswith("/chat/completions")]
    assert given.headers["traceparent"] == own
    assert json.loads(given.body)["trace"] == {"trace_id": "mine"}
    assert raw.body.decode() == text and "traceparent" in raw.headers


@pytest.mark.parametrize(
    "asked",
    [
        {"labels": ("tags",)},
        {"labels": "user"},
        {"label_values": 0},
        {"label_values": 10_001},
        {"label_values": True},
        {"propagate": ("cookies",)},
        {"propagate": "body"},
    ],
)
def test_what_cannot_be_used_is_refused(traced: Traced, asked: dict[str, Any]) -> None:
    with pytest.raises(wayfare.errors.Invalid, match=next(iter(asked))):
        traced(**asked)


@pytest.mark.parametrize(
    ("base_url", "provider", "port"),
    [
        ("https://openrouter.ai/api/v1", "openrouter", 443),
        ("https://eu.openrouter.ai/api/v1", "openrouter", 443),
        ("https://notopenrouter.ai/v1", "openai", 443),
        ("http://127.0.0.1:8080/v1", "openai", 8080),
        ("http://localhost/v1", "openai", 80),
    ],
)
def test_the_provider_and_the_server(base_url: str, provider: str, port: int) -> None:
    pytest.importorskip("opentelemetry")
    from wayfare.telemetry._settings import settings_of

    settings = settings_of(base_url, False, False, (), 1, (), None)
    assert (settings.provider, settings.port) == (provider, port)
    assert settings_of(base_url, False, False, (), 1, (), "mine").provider == "mine"


def test_without_an_sdk_calls_work(open_client: Traced, sandbox: Sandbox) -> None:
    pytest.importorskip("opentelemetry")
    from wayfare import telemetry

    client = open_client(sandbox.base_url)
    with telemetry.instrument(client, propagate=("headers", "body")):
        assert client.chat("hi").text
        with telemetry.parent(f"00-{TRACE}-{SPAN}-01"):
            client.chat("hi")
    first, second = [r for r in sandbox.requests if r.path.endswith("/chat/completions")]
    assert "traceparent" not in first.headers
    assert second.headers["traceparent"] == f"00-{TRACE}-{SPAN}-01"  # it is passed on


def test_a_dropped_client_is_freed(sandbox: Sandbox, seen: Seen, wire: Any) -> None:
    from wayfare import telemetry

    client = wayfare.Client(base_url=sandbox.base_url, api_key=wire.key, ledger=":memory:")
    telemetry.instrument(client, **seen.providers)
    client.chat("hi")
    gone = weakref.ref(client._shared)
    del client
    gc.collect()
    assert gone() is None
    assert seen.points("gen_ai.client.inference.duration")


FORKS = """
sys.path.insert(0, arguments[0])
from seen import Seen
from wayfare import telemetry

seen, used = Seen(), client()
telemetry.instrument(used, **seen.providers)
running = used.stream("hi")
cost = used.chat("hi").cost
child = os.fork()
if child == 0:
    seen.values("wayfare.cost.picodollars")
    used.chat("hi")
    del running
    gc.collect()
    print(len(seen.calls), *seen.values("wayfare.cost.picodollars").values(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
list(running)
print(len(seen.calls), *seen.values("wayfare.cost.picodollars").values(), int(cost * 10**12))
print([call.attributes.get("error.type") for call in seen.calls])
"""


def test_the_child_of_a_fork_counts_its_own(host: Any, sandbox: Sandbox, seen: Seen) -> None:
    support = str(Path(__file__).resolve().parents[1] / "support")
    told = host.run(FORKS, sandbox.base_url, "", support).split("\n")
    calls, twice, once = told[1].split()
    assert told[0] == f"2 {once}"  # the call before the fork and its own; the money of its own
    assert calls == "2" and int(twice) == 2 * int(once)
    assert told[2] == "[None, None]"


def test_what_was_left_is_told_at_the_exit(sandbox: Sandbox, tmp_path: Any) -> None:
    pytest.importorskip("opentelemetry.sdk")
    program = f"""
import wayfare
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from wayfare import telemetry

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
client = wayfare.Client(base_url={sandbox.base_url!r}, api_key="sk-or-v1-x", ledger=":memory:")
telemetry.instrument(client)
for event in client.stream("hi"):
    break
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.count('"name": "chat') == 1 and '"name": "attempt' in done.stdout


def test_the_program_of_the_readme(sandbox: Sandbox, tmp_path: Any) -> None:
    pytest.importorskip("opentelemetry")
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    [program] = re.findall(r"```python\n([^`]*telemetry\.instrument[^`]*)```", readme)
    own = {
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_LEDGER": str(tmp_path / "l.db"),
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **own})
    assert (done.returncode, done.stderr) == (0, "") and len(sandbox.bill) == 1
