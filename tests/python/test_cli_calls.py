"""`wayfare ask` and `wayfare chat`: pipes, terminals, Ctrl-C and what is booked."""

from __future__ import annotations

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import cli
import pytest
from raw_server import completion

pytestmark = pytest.mark.usefixtures("bare_environment")
COST_LINE = (
    r"\[openai/gpt-4o-mini: \d+ \+ \d+ tokens, 0\.\d+ USD; today 0\.\d+ USD; entry \w{26}\]\n"
)


@pytest.fixture
def variables(sandbox: Any, tmp_path: Path) -> dict[str, Any]:
    return {
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_DIALECT": "openrouter",
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
    }


def entries(variables: dict[str, Any]) -> list[Any]:
    code, told = cli.told("entries", **variables)
    assert code == 0
    return told["entries"]


def bodies(sandbox: Any) -> list[Any]:
    return [json.loads(received.body) for received in sandbox.requests if received.body]


# ---- ask.


@pytest.mark.parametrize("words", [(), ("--no-stream",)])
def test_a_pipe_gets_the_answer_and_nothing_else(
    sandbox: Any, variables: dict[str, Any], words: tuple[str, ...]
) -> None:
    done = cli.run("ask", "two", "words", *words, **variables)
    assert done.returncode == 0 and done.stdout.startswith("You said: \u201ctwo words\u201d.")
    assert done.stdout.count("\n") == 1 and re.fullmatch(COST_LINE, done.stderr)
    assert bodies(sandbox)[-1].get("stream", False) is not bool(words)


@pytest.mark.parametrize(
    ("words", "given", "prompt"),
    [
        (["Review this"], "the diff\n", "Review this\n\nthe diff\n"),
        ([], "all of it", "all of it"),
        (["-"], "all of it", "all of it"),
        (["before", "-", "after"], "between", "before\n\nbetween\n\nafter"),
        (["--", "--json"], "", "--json"),
        (["usage"], "", "usage"),
        (["--max-tokens", "5", "one", "--agent", "a", "two"], "", "one two"),
    ],
)
def test_the_prompt_is_the_words_and_the_standard_input(
    sandbox: Any, variables: dict[str, Any], words: list[str], given: str, prompt: str
) -> None:
    assert cli.run("ask", *words, given=given, **variables).returncode == 0
    assert bodies(sandbox)[-1]["messages"] == [{"role": "user", "content": prompt}]


def test_what_is_asked_for_is_sent_and_charged(sandbox: Any, variables: dict[str, Any]) -> None:
    words = (
        "ask hello --system brief --max-tokens 50 --max-cost 0.01 --app shop --agent a --user ann "
        "--run r --tag x --tag y --model sandbox/status-404 --model openai/gpt-4o-mini"
    )
    done = cli.run(*words.split(), **variables)
    assert done.returncode == 0, done.stderr
    body = bodies(sandbox)[-1]
    assert (body["model"], body["max_tokens"]) == ("openai/gpt-4o-mini", 50)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    entry = entries(variables)[0]
    assert [entry[name] for name in ("app", "agent", "user", "run", "tags")] == [
        "shop", "a", "ann", "r", ["x", "y"],
    ]  # fmt: skip


def test_the_first_model_of_another_server_is_asked_for_with_the_key(
    raw_server: Any, tmp_path: Path
) -> None:
    models = b'{"data": [{"id": "qwen:7b", "object": "model"}, {"id": "b"}]}'
    asked = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            headers, body = request
            if headers.get("authorization") != "Bearer of-this-server":
                connection.reply(b"{}", status=401)
            elif body:
                asked.append(json.loads(body)["model"])
                connection.reply(completion(cost=None))
            else:
                connection.reply(models)

    own = {"OPENROUTER_BASE_URL": raw_server(serve).base_url, "XDG_CACHE_HOME": str(tmp_path / "c")}
    words = ("ask", "hello", "--no-stream", "--ledger", str(tmp_path / "ledger.db"))
    done = cli.run(*words, folder=tmp_path, OPENROUTER_API_KEY="of-this-server", **own)
    assert (done.returncode, done.stdout, asked) == (0, "pong\n", ["qwen:7b"])


def test_with_json_the_answer_and_its_cost_are_one_object(variables: dict[str, Any]) -> None:
    code, told = cli.told("ask", "hello", "--agent", "a", **variables)
    (entry,) = entries(variables)
    assert code == 0 and told["text"].startswith("You said")
    for name in ("entry", "cost", "generation_id", "model"):
        assert told[name] == entry[name]
    assert told["today"] == {"cost": told["cost"], "unknown": 0}


def test_input_that_is_not_text_is_refused(sandbox: Any, variables: dict[str, Any]) -> None:
    done = cli.run("ask", "x", given=b"ab\xff", **variables)
    assert done.returncode == 2 and "byte 3 of the standard input is not UTF-8" in done.stderr
    assert bodies(sandbox) == []


def test_a_reader_that_goes_gets_no_traceback(variables: dict[str, Any]) -> None:
    process = subprocess.Popen(
        [*cli.WAYFARE, "ask", "hello", "--model", "sandbox/slow-20"],
        env=cli.environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    assert process.stdout.read(3) == b"You"
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), complaint) == (141, b"")


def test_ctrl_c_ends_ask(variables: dict[str, Any]) -> None:
    with cli.terminal("ask", "hello", "--model", "sandbox/slow-200", **variables) as screen:
        screen.wait_for("  You said")
        screen.send("\x03")
        assert screen.end() == 130
    assert screen.text.endswith("\nwayfare: interrupted\n") and "Traceback" not in screen.text
    assert [entry["state"] for entry in entries(variables)] == ["unknown"]


def test_a_terminal_is_asked_for_no_input(variables: dict[str, Any]) -> None:
    shown = cli.shown("ask", "hello", **variables)
    assert shown.startswith("  You said: \u201chello\u201d") and "\n[openai/gpt-4o-mini: " in shown
    assert 'wayfare ask "Say hello"' in cli.shown("ask", **variables)


# ---- chat.


def test_a_conversation_on_a_terminal(sandbox: Any, variables: dict[str, Any]) -> None:
    with cli.terminal("chat", "--system", "brief", **variables) as screen:
        keys = (
            "one\r",
            "tw\x7fwo\\\rthree\r",  # a key that deletes, and a line that goes on
            "\x1b[A\x1b[A\x1b[A\r",  # the arrow up: the first line again
            "/quti\r",
            "/new\r",
            "four\r",
            "\x04",
        )
        for at, typed in enumerate(keys, 1):
            screen.wait_for("\n> ", at)
            screen.send(typed)
        assert screen.end() == 0
    assert "did you mean /quit?" in screen.text and "a new conversation" in screen.text
    sent = [[message["content"] for message in body["messages"]] for body in bodies(sandbox)]
    assert sent[0] == ["brief", "one"] and sent[3] == ["brief", "four"]
    assert [content for content in sent[2] if not content.startswith("You")] == [
        "brief", "one", "two\nthree", "one",
    ]  # fmt: skip
    total = sum(Decimal(entry["cost"]) for entry in entries(variables))
    assert f"so far {total:f}".rstrip("0") in screen.text


def test_ctrl_c_ends_the_answer_and_not_the_conversation(
    sandbox: Any, variables: dict[str, Any]
) -> None:
    with cli.terminal("chat", "--model", "sandbox/slow-200", **variables) as screen:
        screen.wait_for("\n> ")
        screen.send("one\r")
        screen.wait_for("  You")
        screen.send("\x03")
        screen.wait_for("stopped; what it costs is not known yet\n> ")
        screen.send("a line that is dropped")
        screen.wait_for("dropped")
        screen.interrupt("\n> ", 3)
        screen.send("/model openai/gpt-4o-mini\r")
        screen.wait_for("4o-mini now\n> ")
        screen.send("two\r")
        screen.wait_for(" USD and 1 unknown; entry ")
        screen.wait_for("]\n> ")
        screen.send("\x04")
        assert screen.end() == 0
    last = [message["content"] for message in bodies(sandbox)[-1]["messages"]]
    assert last[0] == "one" and last[1].startswith("You") and last[2:] == ["two"]
    assert sorted(entry["state"] for entry in entries(variables)) == ["settled", "unknown"]


def test_a_failure_does_not_end_the_conversation_on_a_terminal(variables: dict[str, Any]) -> None:
    with cli.terminal("chat", "--model", "no/such", **variables) as screen:
        screen.wait_for("\n> ")
        screen.send("one\r")
        screen.wait_for("wayfare: not_found: ")
        screen.wait_for("\n> ", 2)
        screen.send("/quit\r")
        assert screen.end() == 0


def test_a_conversation_with_pipes(sandbox: Any, variables: dict[str, Any]) -> None:
    done = cli.run("chat", given="one\n\ntwo\n", **variables)
    assert done.returncode == 0 and done.stdout.count("You said: ") == 2
    assert "> " not in done.stdout and done.stderr.count("so far ") == 2
    assert len(bodies(sandbox)[-1]["messages"]) == 3
    done = cli.run("chat", "--model", "no/such", given="one\ntwo\n", **variables)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(bodies(sandbox)) == 3  # the second line was not sent
    code, told = cli.told("chat", given="one\ntwo\n", **variables)
    assert (code, told["calls"], told["unknown"], len(told["messages"])) == (0, 2, 0, 4)


def test_a_conversation_whose_answers_go_to_a_pipe(variables: dict[str, Any]) -> None:
    command = [*cli.WAYFARE, "chat", "--model", "openai/gpt-4o-mini"]
    with cli.terminal(program=("sh", "-c", '"$@" | cat >answers', "sh", *command), **variables,
                      folder=Path(variables["WAYFARE_LEDGER"]).parent) as screen:  # fmt: skip
        screen.wait_for("\n> ")
        screen.send("one\r")
        screen.wait_for("\n> ", 2)
        screen.send("\x04")
        assert screen.end() == 0
    answers = Path(variables["WAYFARE_LEDGER"]).with_name("answers").read_text()
    assert answers.startswith("You said: \u201cone\u201d") and answers.count("\n") == 1


def test_no_prompt_is_stored(variables: dict[str, Any], tmp_path: Path) -> None:
    with cli.terminal("chat", HOME=str(tmp_path), **variables) as screen:
        screen.wait_for("\n> ")
        screen.send("canary-prompt\r")
        screen.wait_for("\n> ", 2)
        screen.send("\x04")
        assert screen.end() == 0
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert found and not [path for path in found if b"canary-prompt" in path.read_bytes()]
