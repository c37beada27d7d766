"""`wayfare ask`: the key and the server, and where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cli
import pytest
from echo import BATCH, WEB, Echo

pytestmark = pytest.mark.usefixtures("bare_environment")


def main(folder: Path, *arguments: str, **variables: str) -> cli.Done:
    return cli.run("ask", "hello", *arguments, folder=folder, **variables)


def test_the_main_job_reads_the_files_of_the_working_folder(echo: Echo, tmp_path: Path) -> None:
    (tmp_path / ".env.local").write_text(f"OPENROUTER_API_KEY={WEB}\nWAYFARE_LEDGER=calls.db\n")
    (tmp_path / ".env").write_text(
        f"OPENROUTER_BASE_URL={echo.base_url}\nOPENROUTER_API_KEY={BATCH}\n"
    )
    allowed = ("--model", "m", "--allow-key-to", "127.0.0.1")
    assert main(tmp_path, *allowed).returncode == 0 and (tmp_path / "calls.db").exists()
    assert main(tmp_path, *allowed, OPENROUTER_API_KEY=BATCH).returncode == 0
    assert [headers["authorization"] for headers in echo.seen] == [
        f"Bearer {WEB}",
        f"Bearer {BATCH}",
    ]


def test_the_main_job_sends_no_key_to_the_server_that_a_folder_names(
    echo: Echo, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"OPENROUTER_BASE_URL={echo.base_url}\n")
    done = main(tmp_path, "--model", "m", OPENROUTER_API_KEY=WEB)
    assert done.returncode == 8 and not echo.seen
    assert done.stderr == (
        "wayfare: key_not_allowed: the API key (OPENROUTER_API_KEY in the environment) is not for "
        "the server of the base URL (OPENROUTER_BASE_URL in .env, line 1); nothing was sent; set "
        "both in one place, or name "
        f"{echo.base_url.split('/')[2]} in the option allow_key_to\n"
    )


def test_the_main_job_reads_the_files_of_a_named_folder(echo: Echo, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENROUTER_BASE_URL=http://localhost:1\n")
    (tmp_path / "api").mkdir()
    (tmp_path / "api/.env").write_text(f"OPENROUTER_BASE_URL={echo.base_url}\n")
    assert main(tmp_path, "--model", "m", "--env-folder", "api").returncode == 0
    assert len(echo.seen) == 1 and "authorization" not in echo.seen[0]
    done = main(tmp_path, "--env-folder", "none")
    assert done.returncode == 2 and done.stderr == (
        "wayfare: invalid: env_folder: there is no folder none; name the folder that has "
        ".env.local or .env in it\n"
    )


def test_the_main_job_tells_a_key_that_cannot_work_with_its_place(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nOPENROUTER_API_KEY=sk-or-v1-0123456789\n")
    done = main(tmp_path)
    assert done.returncode == 8 and len(done.stderr.splitlines()) == 1
    assert (
        "OPENROUTER_API_KEY in .env, line 2" in done.stderr
        and "cut short: it has 19 characters" in done.stderr
    )
    assert "0123456789" not in done.stdout + done.stderr


def test_without_a_key_nothing_is_sent_and_the_error_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / ".env.local").write_text("OPENROUTER_API_KEY=\n")
    done = main(tmp_path)
    assert (done.returncode, done.stdout) == (8, "") and len(done.stderr.splitlines()) == 1
    for part in ("nothing was sent", "set OPENROUTER_API_KEY", "--demo calls a sandbox"):
        assert part in done.stderr
    assert not (tmp_path / "state").exists()
    with cli.terminal("chat", folder=tmp_path) as screen:
        screen.wait_for("\n> ")
        screen.send("hello\r")
        assert screen.end() == 8


@pytest.mark.parametrize("option", ["--demo", "--or-demo"])
def test_the_demo_calls_the_sandbox_and_has_a_ledger_of_its_own(
    tmp_path: Path, option: str
) -> None:
    (tmp_path / ".env").mkdir()  # a virtual environment may have this name
    done = main(tmp_path, option)
    assert done.returncode == 0 and "sandbox" in done.stdout
    assert str(tmp_path / "state/wayfare/sandbox.db") in done.stderr
    (tmp_path / ".env.local").write_text("WAYFARE_LEDGER=named.db\nOPENROUTER_API_KEY=\n")
    done = main(tmp_path, option)
    assert done.returncode == 0 and str(tmp_path.resolve() / "named.db") in done.stderr


def test_a_key_or_another_server_goes_before_or_demo(echo: Echo, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENROUTER_BASE_URL={echo.base_url}\n")
    assert main(tmp_path, "--or-demo", "--model", "m").returncode == 0 and len(echo.seen) == 1
    assert main(tmp_path, "--demo").returncode == 0 and len(echo.seen) == 1
    assert main(tmp_path, "--demo", "--or-demo").returncode == 2


def test_the_main_job_asks_another_server_for_a_model_with_the_key(
    raw_server: Any, wire: Any, tmp_path: Path
) -> None:
    requests: list[dict[str, str]] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            requests.append(request[0])
            if "content-length" not in request[0]:
                connection.reply(b'{"data":[{"id":"local"}]}')
            else:
                assert b'"model":"local"' in request[1]
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(wire.delta("pong") + wire.end)
                connection.chunk(b"")

    done = main(tmp_path, OPENROUTER_BASE_URL=raw_server(serve).base_url, OPENROUTER_API_KEY=WEB)
    assert (done.returncode, done.stdout) == (0, "pong\n")
    assert ["authorization" in headers for headers in requests] == [True, True]
