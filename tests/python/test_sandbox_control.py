"""The sandbox as other languages use it: by its control paths, its headers and its program."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import KEY, Got, ask, connect, fetch
from wayfare.sandbox import Sandbox


def post(sandbox: Sandbox, name: str, body: Any) -> Got:
    return fetch(sandbox, "POST", f"/_sandbox/{name}", json.dumps(body).encode(), key="")


def test_answers_by_a_path(sandbox: Sandbox) -> None:
    assert post(sandbox, "replies", "Short.").json == {"replies": 1}
    post(sandbox, "replies", [429, "Good."])
    post(sandbox, "replies", {"replies": [{"json": {"city": "Paris"}}], "model": "openai/gpt-4o"})
    post(sandbox, "replies", {"tool": "weather", "arguments": {"city": "Paris"}})
    post(sandbox, "replies", {"text": "Hm.", "finish": "length", "completion_tokens": 7})
    post(sandbox, "replies", {"fault": "no-usage"})
    post(sandbox, "replies", {"status": 402, "message": "Pay first"})

    def text(got: Got) -> str:
        return str(got.json["choices"][0]["message"]["content"])

    assert text(ask(sandbox)) == "Short."
    refused = ask(sandbox)
    assert refused.status == 429 and refused.headers["retry-after"] == "1"
    assert text(ask(sandbox, "b")) == "Good."
    called = ask(sandbox, "c").json["choices"][0]["message"]["tool_calls"][0]
    assert called["function"] == {"name": "weather", "arguments": '{"city": "Paris"}'}
    assert json.loads(text(ask(sandbox, "d", model="openai/gpt-4o"))) == {"city": "Paris"}
    cut = ask(sandbox, "e").json
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 7
    assert "usage" not in ask(sandbox, "f").json
    pay = ask(sandbox, "g")
    assert pay.status == 402 and pay.json["error"]["message"] == "Pay first"
    assert text(ask(sandbox, "h")).startswith("You said: “h”")


def test_faults_by_a_path_and_by_a_header(sandbox: Sandbox) -> None:
    assert post(sandbox, "faults", {"fault": "status-503", "times": 2}).json == {"faults": 1}
    assert [ask(sandbox, prompt).status for prompt in "abc"] == [503, 503, 200]
    connection = connect(sandbox)
    headers = {"Authorization": f"Bearer {KEY}", "X-Sandbox-Fault": "status-529"}
    body = '{"messages":[{"role":"user","content":"x"}]}'
    connection.request("POST", "/api/v1/chat/completions", body, headers)
    assert connection.getresponse().status == 529
    connection.close()


@pytest.mark.parametrize(
    "name, body, words",
    [
        ("replies", True, "is no answer"),
        ("replies", {"txt": "x"}, "unknown txt: known are"),
        ("replies", {"replies": "x"}, "give a list"),
        ("replies", {"fault": "status-4290"}, "there is no fault 'status-4290'"),
        ("replies", {"status": 200}, "no status of an error"),
        ("faults", {"fault": "ct"}, "do you mean 'cut'"),
        ("faults", {"fault": "cut", "times": 0}, "times is 0"),
        ("faults", {"fault": "cut", "probability": 1.5}, "probability is 1.5"),
        ("faults", {"often": 1}, "unknown often"),
        ("settings", {"delay": 1}, "unknown delay"),
        ("nothing", {}, "there is no POST nothing"),
    ],
)
def test_mistakes_are_told(sandbox: Sandbox, name: str, body: Any, words: str) -> None:
    got = post(sandbox, name, body)
    assert got.status in (400, 404) and words in got.json["error"]["message"], got.raw


def test_what_it_saw(sandbox: Sandbox) -> None:
    post(sandbox, "replies", "unused")
    post(sandbox, "replies", {"replies": ["for one model"], "model": "openai/gpt-4o"})
    reply = ask(sandbox, "Hello").json
    seen = fetch(sandbox, "GET", "/_sandbox/requests", key="").json
    assert seen["count"] == 1 and seen["requests"][0]["body"]["messages"][0]["content"] == "Hello"
    assert KEY not in json.dumps(seen)
    bill = fetch(sandbox, "GET", "/_sandbox/bill", key="").json
    assert [line["generation_id"] for line in bill["bill"]] == [reply["id"]]
    check = fetch(sandbox, "GET", "/_sandbox/check", key="")
    assert check.status == 409 and "for one model" in check.json["problems"][0]
    post(sandbox, "reset", {})
    assert fetch(sandbox, "GET", "/_sandbox/check", key="").json == {"problems": []}
    assert sandbox.bill == [] and sandbox.requests == []


def test_settings_by_a_path(sandbox: Sandbox) -> None:
    reply = ask(sandbox).json
    path = f"/generation?id={reply['id']}"
    post(sandbox, "settings", {"generation_delay": 60})
    assert fetch(sandbox, "GET", path).status == 404
    post(sandbox, "settings", {"advance": 61})
    assert fetch(sandbox, "GET", path).status == 200


def test_pages_in_a_browser_may_call_it(sandbox: Sandbox) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Headers": "authorization"}
    got = fetch(sandbox, "OPTIONS", "/chat/completions", key="", more=asked)
    assert got.status == 204 and got.raw == b""
    assert got.headers["access-control-allow-headers"] == "authorization"
    assert got.headers["access-control-allow-origin"] == "*"
    assert ask(sandbox).headers["access-control-allow-origin"] == "*"
    assert [request.method for request in sandbox.requests] == ["POST"]


# ---- the program

ASK = """
import json, os, sys, urllib.request
for prompt in sys.argv[1:]:
    body = json.dumps({"messages": [{"role": "user", "content": prompt}]}).encode()
    key = {"Authorization": "Bearer " + os.environ["OPENROUTER_API_KEY"]}
    url = os.environ["OPENROUTER_BASE_URL"] + "/chat/completions"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, key)) as got:
            print(json.load(got)["choices"][0]["message"]["content"][:9])
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def beside(*options: str, code: str = ASK, words: tuple[str, ...] = ()) -> Any:
    command = [sys.executable, "-m", "wayfare.sandbox", *options, "--"]
    command += [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_command_runs_beside_it() -> None:
    good = beside(words=("a", "b"))
    assert (good.returncode, good.stdout, good.stderr) == (0, "You said:\nYou said:\n", "")
    failed = beside(code="raise SystemExit(7)")
    assert failed.returncode == 7


def test_a_command_that_does_wrong_fails() -> None:
    again = beside("--fault", "status-400", words=("a", "a"))
    assert again.returncode == 1 and again.stdout == "400\n400\n"
    assert again.stderr.startswith("wayfare sandbox: retried_what_is_final: ")
    allowed = beside("--fault", "status-400", "--allow", "retried_what_is_final", words=("a", "a"))
    assert (allowed.returncode, allowed.stderr) == (0, "")


@pytest.mark.parametrize(
    "words, told",
    [
        (["--allow", "key_in_body"], "--allow needs a command"),
        (["--fault", "ct"], "do you mean 'cut'"),
        (["--credits", "much"], "much"),
    ],
)
def test_options_that_cannot_be_used(words: list[str], told: str) -> None:
    for program in (["wayfare.sandbox"], ["wayfare", "sandbox"]):
        done = subprocess.run(
            [sys.executable, "-m", *program, *words], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2 and told in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_a_command_that_is_not_there() -> None:
    command = [sys.executable, "-m", "wayfare.sandbox", "--", "/no/such/program"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert told.returncode == 127 and "/no/such/program does not start" in told.stderr


def test_the_command_line_serves(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wayfare", "sandbox", "--json"], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        base_url = json.loads(program.stdout.readline())["base_url"]
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(base_url).netloc, timeout=5)
        connection.request("GET", "/api/v1/models/count")
        assert json.loads(connection.getresponse().read())["data"]["count"] >= 8
        connection.close()
        program.terminate()
        assert program.wait(5) == 0
