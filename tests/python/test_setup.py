"""The set-up: the sources of keys, app, base URL and ledger, and the errors for values that cannot
work.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import dotenv
import pytest
import wayfare
from echo import BATCH, WEB, Echo

pytestmark = pytest.mark.usefixtures("bare_environment")


def code_of(call: Any) -> wayfare.Error:
    with pytest.raises(wayfare.Error) as caught:
        call()
    assert "\n" not in str(caught.value)
    return caught.value


# ---- Keys.


def test_each_call_takes_the_key_that_it_names(echo: Echo, open_client: Any, wire: Any) -> None:
    client = open_client(echo.base_url, keys={"batch": BATCH, "web": WEB})
    client.chat("one")
    client.chat("two", route={"key": "batch"})
    list(client.stream("three", route={"key": "web"}))
    client.chat("four", route={"key": "web"})
    assert [headers["authorization"] for headers in echo.seen] == [
        f"Bearer {key}" for key in (wire.key, BATCH, WEB, WEB)
    ]
    calls = {row.key: row.calls for row in client.usage(by=["key"])}
    assert calls == {
        hashlib.sha256(key.encode()).hexdigest()[:12]: count
        for key, count in ((wire.key, 1), (BATCH, 1), (WEB, 2))
    }


def test_calls_of_many_threads_do_not_mix_their_keys(echo: Echo, open_client: Any) -> None:
    client = open_client(echo.base_url, keys={"batch": BATCH, "web": WEB})

    def work(name: str) -> None:
        for _ in range(20):
            client.chat(name, route={"key": name}, headers={"x-name": name})

    threads = [threading.Thread(target=work, args=(name,)) for name in ("batch", "web") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(echo.seen) == 120
    assert {(headers["x-name"], headers["authorization"]) for headers in echo.seen} == {
        ("batch", f"Bearer {BATCH}"),
        ("web", f"Bearer {WEB}"),
    }


def test_an_unknown_key_name_and_a_missing_default_key_are_refused(
    echo: Echo, open_client: Any
) -> None:
    client = open_client(echo.base_url, api_key=None, keys={"batch": BATCH, "web": WEB})
    assert not client.has_key
    error = code_of(lambda: client.chat("x", route={"key": "night"}))
    assert (
        error.code == "invalid"
        and '"night"' in str(error)
        and 'name one of "batch", "web"' in str(error)
    )
    error = code_of(lambda: client.chat("x"))
    assert error.code == "key_missing" and 'name one of "batch", "web" in route.key' in str(error)
    assert WEB not in str(code_of(lambda: client.chat("x", route={"key": WEB})))
    assert WEB not in str(code_of(lambda: wayfare.Client(keys={WEB: "web"})))
    keys: Any = {WEB: None}
    assert WEB not in str(code_of(lambda: wayfare.Client(keys=keys)))
    assert echo.seen == [] and list(client.entries()) == []


def test_no_key_of_the_client_is_in_an_error(echo: Echo, open_client: Any, tmp_path: Path) -> None:
    client = open_client(echo.base_url, keys={"batch": BATCH, "web": WEB})
    for call in (
        lambda: client.chat("refuse", route={"key": "web"}),
        lambda: list(client.stream("refuse")),
    ):
        error = code_of(call)
        assert error.code == "unauthorized" and "bad [key] and [key]" in str(error)
        told = (
            str(error)
            + repr(error)
            + repr(error.reply)
            + str(error.reply and error.reply.raw)
            + repr(client)
        )
        again = pickle.loads(pickle.dumps(error))
        for text in (told, pickle.dumps(error).decode("latin-1"), str(again)):
            assert "bbbbbbbb" not in text and "cccccccc" not in text
    client.close()
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and b"cccccccc" in path.read_bytes()
    ]


def test_no_key_is_in_what_had_come_before_a_call_failed(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    def serve(connection: Any) -> None:
        connection.read()
        connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
        # Then the connection is lost.
        connection.chunk(wire.delta(f"you sent {WEB}") + wire.delta(" to me"))

    client = open_client(raw_server(serve).base_url, keys={"web": WEB})
    error = code_of(lambda: list(client.stream("x", route={"key": "web"})))
    assert error.reply and error.reply.text == "you sent [key] to me"
    assert "cccccccc" not in repr(error.reply) + str(error.reply.raw) + str(
        error.reply.message
    ) + pickle.dumps(error).decode("latin-1")


def test_a_key_that_is_a_common_word_is_left_in_messages(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(b'{"error":{"code":401,"message":"invalid api key"}}', status=401)

    error = code_of(lambda: open_client(raw_server(serve).base_url, api_key="key").chat("x"))
    assert "invalid api key" in str(error) and "[key]" not in str(error)


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (f'"{WEB}"', "is in quotes"),
        (WEB + "\n", "ends with a line break"),
        (" " + WEB, "has white space around it"),
        ("sk-or-v1-your-key-here", "is a placeholder"),
        ("sk-or-v1-...", "is a placeholder"),
        (WEB[:-1], "is cut short: it has 72 characters and should have 73"),
        ("sk-ant-api03-0123456789abcdef", "looks like a key of Anthropic, not of OpenRouter"),
        ("sk-proj-0123456789abcdef", "looks like a key of OpenAI, not of OpenRouter"),
        ("0123456789abcdef", "is not a key of OpenRouter, which begins with sk-or-v1-"),
    ],
)
def test_a_key_that_cannot_work_is_told_with_its_place(
    raw_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, fault: str
) -> None:
    connections: list[Any] = []
    proxy = raw_server(connections.append)
    # The proxy would see a call to OpenRouter.
    monkeypatch.setenv("HTTPS_PROXY", proxy.base_url.removesuffix("/api/v1"))
    (tmp_path / ".env.local").write_text(
        "# mine\nOPENROUTER_API_KEY='" + key.replace("\n", "\r\n") + "'\n"
    )
    ledger = str(tmp_path / "ledger.db")
    with (
        wayfare.Client(ledger=ledger, api_key=key) as by_option,
        wayfare.Client(ledger=ledger, keys={"web": key}) as by_name,
        wayfare.Client(ledger=ledger, env_folder=tmp_path) as by_file,
    ):
        monkeypatch.setenv("OPENROUTER_API_KEY", key)
        with wayfare.Client(ledger=ledger, env_folder=tmp_path) as by_environment:
            places: list[tuple[wayfare.Client, str, Any]] = [
                (by_option, "the option api_key", {}),
                (by_name, 'the option keys, "web"', {"key": "web"}),
                (by_file, f"OPENROUTER_API_KEY in {tmp_path}/.env.local, line 2", {}),
                (by_environment, "OPENROUTER_API_KEY in the environment", {}),
            ]
            for client, place, route in places:
                error = code_of(functools.partial(client.chat, "x", route=route))
                assert (
                    error.code == "key_malformed"
                    and error.message == f"the API key ({place}) {fault}; nothing was sent"
                )
                assert (
                    key.strip('"\n ') not in str(error) + repr(error)
                    and not error.retryable
                    and error.reply is None
                )
            assert list(by_file.entries()) == []
    assert connections == []


# ---- The app.


def test_the_app_is_told_in_headers_and_a_call_may_tell_another(
    echo: Echo, open_client: Any
) -> None:
    client = open_client(
        echo.base_url,
        app_url="https://app.example",
        app_title="My App",
        app_categories=["cli-agent", "legal"],
    )
    client.chat("one")
    client.chat("two", headers={"http-referer": "https://other.example", "X-TITLE": "Other"})
    client.chat("three", headers={"x-openrouter-title": "Third", "x-openrouter-categories": ""})
    names = ("http-referer", "x-openrouter-title", "x-title", "x-openrouter-categories")
    assert [tuple(headers.get(name) for name in names) for headers in echo.seen] == [
        ("https://app.example", "My App", None, "cli-agent,legal"),
        ("https://other.example", None, "Other", "cli-agent,legal"),
        ("https://app.example", "Third", None, ""),
    ]
    open_client(echo.base_url).chat("four")
    assert not set(names) & set(echo.seen[-1])


def test_the_app_comes_of_the_environment(
    echo: Echo, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXT_PUBLIC_APP_URL", "https://next.example")
    monkeypatch.setenv("OPENROUTER_APP_TITLE", "Title")
    monkeypatch.setenv("OPENROUTER_APP_CATEGORIES", "game, legal")
    open_client(echo.base_url).chat("one")
    assert echo.seen[0]["http-referer"] == "https://next.example"
    assert (echo.seen[0]["x-openrouter-title"], echo.seen[0]["x-openrouter-categories"]) == (
        "Title",
        "game,legal",
    )
    monkeypatch.setenv("OPENROUTER_HTTP_REFERER", "https://referer.example")
    open_client(echo.base_url).chat("two")
    assert echo.seen[1]["http-referer"] == "https://referer.example"
    monkeypatch.setenv("OPENROUTER_HTTP_REFERER", "https://referer.example\r\nx-evil: yes")
    error = code_of(lambda: open_client(echo.base_url))
    assert (
        error.code == "invalid"
        and "OPENROUTER_HTTP_REFERER in the environment" in str(error)
        and "evil" not in str(error)
    )


# ---- Files.


def test_the_environment_goes_before_env_local_and_that_before_env(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "services/api"
    folder.mkdir(parents=True)
    (folder / ".env").write_bytes(
        f"export OPENROUTER_BASE_URL={echo.base_url} # here\r\nOPENROUTER_API_KEY=env\r\n".encode()
    )
    (folder / ".env.local").write_bytes(
        b"OPENROUTER_API_KEY = 'local'\rOPENROUTER_APP_TITLE=\"A # B\"\rWAYFARE_LEDGER=../calls.db"
    )
    monkeypatch.chdir(tmp_path)
    # The key and the base URL are in different files.
    with (
        wayfare.Client(env_folder="services/api") as client,
        pytest.raises(wayfare.errors.KeyNotAllowed),
    ):
        client.chat("none", model="m")
    assert not echo.seen
    allowed = ["127.0.0.1"]
    with wayfare.Client(env_folder="services/api", allow_key_to=allowed) as client:
        assert client.base_url == echo.base_url and client.has_key
        assert client.ledger_path == str(folder.resolve()) + "/../calls.db"
        client.chat("one", model="m")
    assert (echo.seen[0]["authorization"], echo.seen[0]["x-openrouter-title"]) == (
        "Bearer local",
        "A # B",
    )
    monkeypatch.setenv("OPENROUTER_API_KEY", "process")
    with wayfare.Client(env_folder=Path("services/api"), allow_key_to=allowed) as client:
        client.chat("two", model="m")
    assert echo.seen[1]["authorization"] == "Bearer process"
    assert "OPENROUTER_APP_TITLE" not in os.environ


def test_processes_with_other_working_folders_have_one_ledger(echo: Echo, tmp_path: Path) -> None:
    (tmp_path / "api/jobs").mkdir(parents=True)
    (tmp_path / "api/.env").write_text(
        f"OPENROUTER_BASE_URL={echo.base_url}\nWAYFARE_LEDGER=calls.db\n"
    )
    code = (
        "import sys, wayfare\nwith wayfare.Client(env_folder=sys.argv[1]) as c: "
        "c.chat('x', model='m')"
    )
    for at, (where, folder) in enumerate(((".", "api"), ("api", "."), ("api/jobs", "..")), 1):
        subprocess.run(
            [sys.executable, "-c", code, folder], cwd=tmp_path / where, check=True, timeout=60
        )
        with wayfare.Client(env_folder=tmp_path / "api") as client:
            assert len(list(client.entries())) == at
    assert sorted(path.parent.name for path in tmp_path.rglob("*.db")) == ["api"]


@pytest.mark.parametrize(
    ("content", "agrees"),
    [
        ("NAME=/x", True),
        ("NAME=/x\n", True),
        ("\n# comment\nexport NAME=/x\r\nOTHER=1\r\n", True),
        ("NAME=/x\rOTHER=1\r", True),
        ("  NAME  =  /x y  ", True),
        ("NAME='/x y' # comment", True),
        ('NAME="/x y"# comment', True),
        ("NAME=/x # comment", True),
        ("NAME=/x#y", True),
        ("NAME=/x=y==", True),
        ("NAME='/x # y'", True),
        ('NAME="/a\\nb\\tc\\"d\\\\e"', True),
        ("NAME='/a\\nb'", True),
        ("NAME=/a\\nb", True),
        ('NAME="/a\nb"\nOTHER=1', True),
        ("NAME=/x's", True),
        ("NAME=/one\nNAME=/two", True),
        ("OTHER\nNAME=/x", True),
        ("OTHER='open\nNAME=/x", True),
        ("NAME=/\xe4\u20ac", True),
        ("NAME: /x", False),  # wayfare and Node's dotenv read it, python-dotenv does not
        ("NAME=`/x`", False),  # the same holds
        # In single quotes python-dotenv reads two escapes, Node's dotenv and wayfare read none.
        ("NAME='/it\\'s'", False),
        ('NAME="/\\$x"', False),  # python-dotenv has no such escape
    ],
)
def test_files_are_read_as_python_dotenv_reads_them(
    tmp_path: Path, content: str, agrees: bool
) -> None:
    (tmp_path / ".env").write_bytes(content.replace("NAME", "WAYFARE_LEDGER").encode())
    path = wayfare.Client(env_folder=tmp_path).ledger_path
    theirs = dotenv.dotenv_values(tmp_path / ".env", interpolate=False).get("WAYFARE_LEDGER")
    assert (path == theirs) is agrees, (path, theirs)
    assert not path.startswith(str(tmp_path))  # the file was read


def test_files_that_cannot_be_read_are_told_at_open(tmp_path: Path) -> None:
    for folder, part in ((tmp_path / "none", "none"), (tmp_path, "neither .env.local nor .env in")):
        error = code_of(functools.partial(wayfare.Client, env_folder=folder))
        assert error.code == "invalid" and part in str(error)
    (tmp_path / ".env").write_bytes("OPENROUTER_API_KEY=x".encode("utf-16"))
    assert "NUL" in str(code_of(lambda: wayfare.Client(env_folder=tmp_path)))


def test_a_proxy_is_not_quoted() -> None:
    error = code_of(lambda: wayfare.Client(proxy="ftp://user:secret@host"))
    assert error.code == "invalid" and "proxy" in str(error) and "secret" not in str(error)
