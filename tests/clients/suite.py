"""The small suite, the same for every client. A case raises AssertionError where something does not
hold.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from decimal import Decimal
from types import TracebackType
from typing import Any, Callable

from known_clients import CACHE, Client, environment
from wayfare.sandbox import Fault, Sandbox, ToolCall

RETRY_AFTER = 1  # second: what the sandbox tells with a 429
PATIENCE = 60  # the most seconds that an answer may take on a busy machine
TEXT = "Grüße aus dem Sandkasten: 1 € = 100 ¢ 😀."
CITY = {"city": "Zürich"}
FORM = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"name": "weather", "description": "Tells the weather of a city.", "parameters": FORM}
AS_JSON = {"type": "json_schema", "json_schema": {"name": "place", "schema": FORM, "strict": True}}


class Program:
    """A client's program. It runs until the block ends, and lines.py tells what it speaks."""

    def __init__(self, client: Client, sandbox: Sandbox) -> None:
        self.client, self.sandbox = client, sandbox

    def __enter__(self) -> Program:
        folder = CACHE / self.client.folder
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self.client.words(),
            cwd=folder,
            env=environment(self.client, self.sandbox.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, prompt: str = "Hello", **body: Any) -> dict[str, Any]:
        """Lets the client make a call. Returns what came of it."""
        asked = {"model": "openai/gpt-4o-mini", "messages": [_user(prompt)], **body}
        assert self._process.stdin and self._process.stdout and self._process.stderr
        late = threading.Timer(PATIENCE, self._process.kill)
        late.start()
        try:
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if not line:
            raise AssertionError(f"its program ended: {self._process.stderr.read()[-300:]}")
        told: dict[str, Any] = json.loads(line)
        return told


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _holds(run: Program, told: dict[str, Any], text: str | None = TEXT) -> None:
    """The text is whole, and the client knows the tokens and the cost that are on the bill."""
    assert not told.get("error"), told
    assert text is None or told["text"] == text, told
    (line,) = run.sandbox.bill
    counts = ("prompt_tokens", "completion_tokens")
    assert [told["usage"][name] for name in counts] == [line[name] for name in counts], told
    assert Decimal(str(told["usage"]["cost"])) == Decimal(line["cost"]), (told, line)


def _refused(told: dict[str, Any], status: int, words: str) -> None:
    error = told.get("error")
    assert error, told
    assert error["status"] == status and words in error["message"], error


def plain(run: Program) -> None:
    run.sandbox.reply(TEXT)
    _holds(run, run.ask())


def streamed(run: Program) -> None:
    run.sandbox.reply(TEXT)
    told = run.ask(stream=True)
    _holds(run, told)
    assert len(told["pieces"]) > 3 and "".join(told["pieces"]) == TEXT, told


def tool_call(run: Program) -> None:
    run.sandbox.reply(ToolCall("weather", CITY))
    told = run.ask("How is the weather?", tools=[{"type": "function", "function": TOOL}])
    _holds(run, told, None)
    assert told["tool"] == {"name": "weather", "arguments": CITY}, told


def as_json(run: Program) -> None:
    run.sandbox.reply(CITY)
    told = run.ask("Where are you?", response_format=AS_JSON)
    _holds(run, told, None)
    assert json.loads(told["text"]) == CITY, told


def unknown_model(run: Program) -> None:
    _refused(run.ask(model="nobody/nothing"), 400, "nobody/nothing is not a valid model ID")
    assert not run.sandbox.bill


def wrong_key(run: Program) -> None:
    _refused(run.ask(key="wrong"), 401, "User not found.")
    assert not run.sandbox.bill


def too_many(run: Program) -> None:
    """A client that does not try again by itself gives the error to its program, which does."""
    run.sandbox.reply(429, TEXT)
    told = run.ask()
    if not run.client.retries:
        _refused(told, 429, "Provider returned error")
        time.sleep(RETRY_AFTER)
        told = run.ask()
    _holds(run, told)
    assert len(run.sandbox.requests) == 2


def lost(run: Program) -> None:
    """The connection is lost in mid-stream: each client tells it."""
    run.sandbox.reply(Fault("cut"))
    told = run.ask(stream=True)
    assert told.get("error") and told["error"]["kind"] == run.client.lost, told


def ended_early(run: Program) -> None:
    """The stream ends in good order, but without its end. Most clients take it for whole, and their
    programs go on with it: then the sandbox tells it.
    """
    run.sandbox.reply(Fault("half"), TEXT)
    told = run.ask(stream=True)
    if run.client.early:
        assert told.get("error") and told["error"]["kind"] == run.client.early, told
        run.ask()
        return
    assert not told.get("error"), told
    turn = [_user("Hello"), {"role": "assistant", "content": told["text"]}, _user("Go on.")]
    run.ask(messages=turn)
    assert [found.rule for found in run.sandbox.verdict] == ["took_a_part_for_the_whole"], (
        run.sandbox.verdict
    )
    run.sandbox.reset()


CASES: dict[str, Callable[[Program], None]] = {
    "a plain text": plain,
    "a stream": streamed,
    "a tool call": tool_call,
    "a JSON object": as_json,
    "a refusal, 400": unknown_model,
    "a refusal, 401": wrong_key,
    "a 429, then good": too_many,
    "a stream that is lost": lost,
    "a stream that ends early": ended_early,
}


def run_case(name: str, run: Program) -> None:
    """Runs a case. The sandbox must have nothing to say against the client at the end."""
    run.sandbox.reset()
    CASES[name](run)
    run.sandbox.check()
