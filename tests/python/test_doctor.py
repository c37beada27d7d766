"""``wayfare doctor`` and the troubles of a set-up: each has one line that says what to do."""

from __future__ import annotations

import datetime
import email.utils
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from doctor import Answers, doctor, server
from raw_server import KEY
from wayfare.cli.checks import environment

MODELS = {"data": [{"id": "openai/gpt-4o-mini", "pricing": {"prompt": "0", "completion": "0"}}]}
KEY_INFO = {"label": "sk-or-v1-012...def", "limit": None, "usage": 0.25, "is_free_tier": False}


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    made.replies["/models"] = (200, {}, MODELS)
    made.replies["/key"] = (200, {}, {"data": KEY_INFO})
    yield made
    made.close()


def closed_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# ---- A set-up without trouble.


def test_all_is_good_with_the_sandbox(sandbox: Any, tmp_path: Path) -> None:
    told = doctor(tmp_path, **server(sandbox.base_url))
    assert told.code == 0 and not told.lines("fault") and not told.lines("warning")
    assert told.text.endswith("\nnothing must be mended\n")
    assert "account      the server accepts the key" in told.lines("ok", "account")
    assert "this key may call every default model that the server lists" in told.text
    assert not (tmp_path / "state").exists()  # looking makes no ledger
    assert not [one for one in sandbox.requests if one.method == "POST"]


def test_send_makes_one_call_and_tells_its_cost(sandbox: Any, tmp_path: Path) -> None:
    told = doctor(tmp_path, "--send", **server(sandbox.base_url))
    (line,) = told.lines("ok", "call")
    assert "openai/gpt-4o-mini has answered; entry 01" in line and line.endswith(" USD")
    (call,) = [one for one in sandbox.requests if one.method == "POST"]
    assert json.loads(call.body)["max_tokens"] == 16
    told = doctor(tmp_path, "--verify", **server(sandbox.base_url))
    assert told.code == 0 and "it is whole: 1 row, 0 without an end" in told.text


def test_json_has_the_same_as_data(answers: Answers, tmp_path: Path) -> None:
    told = doctor(tmp_path, "--json", **server(answers.base_url))
    data = json.loads(told.text)
    assert told.code == 0 and data["ok"] is True
    lines = doctor(tmp_path, **server(answers.base_url)).text.splitlines()[:-2]
    assert [(one["level"], one["check"]) for one in data["findings"]] == [
        (line[:9].strip(), line[9:22].strip()) for line in lines
    ]
    assert {"advice", "check", "facts", "level", "text"} == set(data["findings"][0])


# ---- Variables.


def test_the_files_and_the_place_of_each_variable_are_told(tmp_path: Path) -> None:
    (tmp_path / ".env.local").write_text(f"# mine\nOPENROUTER_API_KEY='{KEY}' # the key\n")
    (tmp_path / ".env").write_text("export OPENROUTER_API_KEY=other\nWAYFARE_LEDGER=l.db\n")
    (tmp_path / ".env.local").chmod(0o600)
    told = doctor(tmp_path, OPENROUTER_BASE_URL=f"http://127.0.0.1:{closed_port()}/v1")
    assert ".env.local and .env are read" in told.text
    assert told.lines("warning", "environment") == [
        "environment  .env has a key, and other users of this machine may read it; chmod 600 .env",
        "environment  OPENROUTER_API_KEY has other values in .env, line 1: that of .env.local, "
        "line 2 counts; remove the one that you do not mean",
        "environment  WAYFARE_LEDGER in .env, line 2 is a relative path, so services in other "
        "folders have other ledgers and other budgets; write an absolute path, the same for all "
        "services",
    ]
    assert "OPENROUTER_BASE_URL in the environment is read" in told.text


@pytest.mark.parametrize(
    "name", ["OPENROUTER_KEY", "openrouter_api_key", "OPENROUTER_API_KYE", "OPENROUTER_TOKEN"]
)
def test_a_near_miss_of_the_keys_name_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{name}={KEY}\n")
    told = doctor(tmp_path, HTTPS_PROXY=f"http://127.0.0.1:{closed_port()}")
    assert told.code == 1
    line = told.fault("key")
    assert f"; {name} is set in .env, line 1; " in line
    assert line.endswith("; did you mean OPENROUTER_API_KEY? Set the key under that name")


def test_a_near_miss_beside_the_right_name_is_a_note(answers: Answers, tmp_path: Path) -> None:
    told = doctor(tmp_path, **server(answers.base_url, OPENROUTER_KEY="another-key-of-mine"))
    assert told.code == 0 and not told.lines("warning")
    assert told.lines("note", "environment")[-1] == (
        "environment  wayfare does not read OPENROUTER_KEY in the environment; remove it: "
        "OPENROUTER_API_KEY is set"
    )
    assert "another-key-of-mine" not in told.text


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL"),
        ("OPENROUTER_BASEURL", "OPENROUTER_BASE_URL"),
        ("OPENROUTER_SITE_URL", "OPENROUTER_HTTP_REFERER"),
        ("OPENROUTER_APP_NAME", "OPENROUTER_APP_TITLE"),
        ("WAYFARE_LEGDER", "WAYFARE_LEDGER"),
        ("WAYFARE_DB", "WAYFARE_LEDGER"),
        ("OPENROUTER_API_KEY", None),
        ("OPENROUTER_APIKEY", "OPENROUTER_API_KEY"),
        ("OpenRouter_Token", "OPENROUTER_API_KEY"),
        ("OPENROUTER_API_KYE", "OPENROUTER_API_KEY"),
        ("OPENROUTER_API_KEY_FILE", None),
        ("OPENROUTER_MANAGEMENT_KEY", None),
        ("OPENROUTER_MODEL", None),
        ("OPENROUTER_MAX_TOKENS", None),
        ("WAYFARE_ROUNDS", None),
        ("PATH", None),
    ],
)
def test_what_a_name_means(name: str, variable: str | None) -> None:
    assert environment.meant(name) == variable


def test_only_a_key_is_hidden_from_browsers() -> None:
    assert environment.shown_to_browsers("VITE_OPENROUTER_KEY")
    assert not environment.shown_to_browsers("NEXT_PUBLIC_OPENROUTER_MAX_TOKENS")
    assert not environment.shown_to_browsers("NEXT_PUBLIC_APP_URL")


def test_a_key_that_is_sent_to_browsers_is_a_fault(answers: Answers, tmp_path: Path) -> None:
    told = doctor(tmp_path, **server(answers.base_url, NEXT_PUBLIC_OPENROUTER_API_KEY=KEY))
    assert told.code == 1
    assert told.fault("environment") == (
        "NEXT_PUBLIC_OPENROUTER_API_KEY in the environment is sent to every browser, and the key "
        "with it; rename it to OPENROUTER_API_KEY, make a new key, and delete the old one"
    )


def test_a_proxy_in_a_file_has_no_effect(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTPS_PROXY=http://127.0.0.1:1\n")
    told = doctor(tmp_path, **server(answers.base_url))
    (line,) = told.lines("warning")
    assert "HTTPS_PROXY in .env, line 1 has no effect" in line and "set it in the environ" in line


# ---- The key.


def test_no_key(tmp_path: Path) -> None:
    told = doctor(tmp_path, HTTPS_PROXY=f"http://127.0.0.1:{closed_port()}")
    assert told.code == 1
    line = told.fault("key")
    assert line.startswith("there is no API key: ") and "settings/keys" in line
    assert line.endswith(" and set OPENROUTER_API_KEY to it")


def test_a_key_that_was_cut(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENROUTER_API_KEY={KEY[:40]}\n")
    told = doctor(tmp_path, HTTPS_PROXY=f"http://127.0.0.1:{closed_port()}")
    line = told.fault("key")
    assert "(OPENROUTER_API_KEY in .env, line 1) is cut short: it has 40 characters and " in line
    assert "; put the bare key there, whole and without quotes or blanks, or make a key " in line
    assert KEY[:40] not in told.text


def test_a_key_from_another_place_is_not_sent(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENROUTER_BASE_URL={answers.base_url}\n")
    told = doctor(tmp_path, OPENROUTER_API_KEY=KEY)
    assert "set both in one place, or name 127.0.0.1:" in told.fault("key")
    assert {key for _, _, key in answers.seen} == {""}
    words = ("--allow-key-to", "127.0.0.1")
    told = doctor(tmp_path, *words, OPENROUTER_API_KEY=KEY, WAYFARE_DIALECT="openrouter")
    assert told.code == 0
    assert {path for _, path, key in answers.seen if key == f"Bearer {KEY}"} == {
        "/key",
        "/credits",
        "/models/user",
    }


def test_a_key_that_the_server_does_not_accept(sandbox: Any, tmp_path: Path) -> None:
    wrong = "sk-xx-v1-of-another-server"
    told = doctor(tmp_path, **server(sandbox.base_url, OPENROUTER_API_KEY=wrong))
    assert told.code == 1 and wrong not in told.text
    line = told.fault("key")
    assert line.startswith("the server answered 401: User not found.; check, in order: ")
    assert "(openrouter.ai/settings/keys)" in line and "belongs to this base URL" in line
    assert line.endswith("; the key that was sent came from OPENROUTER_API_KEY in the environment")


def test_a_server_that_repeats_the_key_does_not_show_it(answers: Answers, tmp_path: Path) -> None:
    answers.replies["/key"] = (401, {}, {"error": {"message": f"no: {KEY}\u001b[2J"}})
    for words in ([], ["--json"]):
        told = doctor(tmp_path, *words, **server(answers.base_url))  # looks for the key itself
        assert "no: [key]" in told.text and "\u001b" not in told.text


# ---- Limits.


def test_a_rate_limit_tells_whose_it_is_and_when_it_ends(answers: Answers, tmp_path: Path) -> None:
    metadata = {"limit_source": "openrouter_free_tier_daily"}
    body = {"error": {"code": 429, "message": "Rate limit exceeded", "metadata": metadata}}
    answers.replies["/chat/completions"] = (429, {"Retry-After": "90"}, body)
    told = doctor(tmp_path, "--send", **server(answers.base_url))
    line = told.fault("call")
    assert line.startswith("status 429: the limit of the free models of your account is reached: ")
    assert "try again in 90 s" in line
    end = datetime.datetime.strptime(line[-12:-4], "%H:%M:%S").time()
    now = datetime.datetime.now(datetime.timezone.utc)
    seconds = (datetime.datetime.combine(now, end, now.tzinfo) - now).total_seconds() % 86400
    assert line.endswith(" UTC") and 60 < seconds <= 91


def test_a_rate_limit_of_the_look_up_itself(answers: Answers, tmp_path: Path) -> None:
    answers.replies["/key"] = (429, {"Retry-After": "7"}, {"error": {"message": "too many"}})
    line = doctor(tmp_path, **server(answers.base_url)).fault("account")
    assert line.startswith("status 429: the limit of an owner whom the server does not name is ")
    assert ": too many; " in line and "try again in 7 s" in line and "; come back at " in line


@pytest.mark.parametrize(
    ("told", "level", "line"),
    [
        (
            {"limit": 10, "limit_remaining": 0, "limit_reset": "monthly"},
            "fault",
            "the key's monthly limit is 10 USD, and nothing is left; raise it at "
            "https://openrouter.ai/settings/keys, or wait for midnight UTC",
        ),
        (
            {"limit": 10, "limit_remaining": 2.5},
            "ok",
            "the key's limit is 10 USD, and 2.5 USD are left; it has spent 0.25 USD",
        ),
        (
            {"usage_daily": 0.5, "usage_monthly": 2, "limit": 9, "include_byok_in_limit": True},
            "ok",
            "the key has spent 0.5 USD today, 2 USD this month (UTC); its limit counts BYOK costs",
        ),
        (
            {"is_free_tier": True},
            "warning",
            "the account has never bought credits: it may call free models, and few a day; buy "
            "credits at https://openrouter.ai/settings/credits",
        ),
        (
            {"is_management_key": True},
            "fault",
            "the key is a management key, which makes no calls; make an ordinary key at "
            "https://openrouter.ai/settings/keys",
        ),
        (
            {"expires_at": "2020-02-03T04:05:06Z"},
            "fault",
            "the key has expired, on 2020-02-03 04:05 UTC; make a new key at "
            "https://openrouter.ai/settings/keys",
        ),
        (
            {"free_model_daily_requests": {"used": 50, "limit": 50, "remaining": 0}},
            "warning",
            "the 50 calls of free models that the account has a day are used up; come back after "
            "midnight UTC, or use a model with a price",
        ),
    ],
)
def test_what_the_server_says_of_the_key(
    told: dict[str, Any], level: str, line: str, answers: Answers, tmp_path: Path
) -> None:
    answers.replies["/key"] = (200, {}, {"data": {**KEY_INFO, **told}})
    found = doctor(tmp_path, **server(answers.base_url))
    assert f"account      {line}" in found.lines(level)
    assert found.code == (1 if level == "fault" else 0)


@pytest.mark.parametrize(
    ("used", "level", "line"),
    [
        (4, "ok", "the account has 6 USD of credits left"),
        (9.5, "warning", "the account has 0.5 USD of credits left; buy credits at https://open"),
        (10.01, "fault", "the account is 0.01 USD overdrawn, so even free models are refused"),
    ],
)
def test_credits(used: float, level: str, line: str, answers: Answers, tmp_path: Path) -> None:
    answers.replies["/credits"] = (200, {}, {"data": {"total_credits": 10, "total_usage": used}})
    found = doctor(tmp_path, **server(answers.base_url)).lines(level, "account")
    assert [one for one in found if one.startswith(f"account      {line}")]


def test_the_default_models_that_this_key_may_call(answers: Answers, tmp_path: Path) -> None:
    answers.replies["/models/user"] = (200, {}, MODELS)
    every = [*MODELS["data"], {**MODELS["data"][0], "id": "openai/gpt-4"}]
    answers.replies["/models"] = (200, {}, {"data": every})
    (line,) = doctor(tmp_path, **server(answers.base_url)).lines("warning", "models")
    assert line.startswith(
        "models       this key may not call openai/gpt-4: 1 of 2 listed models may be called; name "
        "other models, "
    )
    answers.replies["/models/user"] = answers.replies["/models"]
    told = doctor(tmp_path, **server(answers.base_url))
    assert (
        "models       this key may call every default model that the server lists: 2 of 2 listed "
        "models may be called"
    ) in told.lines("ok", "models")


# ---- The clock.


@pytest.mark.parametrize(("hours", "side"), [(1, "behind"), (-1, "ahead of")])
def test_a_clock_that_is_an_hour_off(
    hours: int, side: str, answers: Answers, tmp_path: Path
) -> None:
    answers.date = email.utils.formatdate(time.time() + 3600 * hours, usegmt=True)
    told = doctor(tmp_path, **server(answers.base_url))
    assert told.code == 1
    assert told.fault("clock") == (
        f"the clock is 1 h {side} that of the server; let NTP set it (timedatectl set-ntp true): "
        "budgets and certificates depend on it"
    )


def test_a_clock_that_is_two_minutes_off_does_not_fail(answers: Answers, tmp_path: Path) -> None:
    answers.date = email.utils.formatdate(time.time() + 120, usegmt=True)
    told = doctor(tmp_path, **server(answers.base_url))
    assert told.code == 0 and "the clock is 2 min behind" in told.lines("warning", "clock")[0]


def test_the_client_itself_is_not_needed_to_be_right(tmp_path: Path) -> None:
    """An option that the library refuses is a finding, and the other checks go on."""
    told = doctor(tmp_path, "--base-url", "http://example.org/v1", OPENROUTER_API_KEY=KEY)
    assert "is plain http to example.org" in told.fault("options")
    assert told.lines("ok", "host")[0].split()[:2] == ["host", "wayfare"]
    assert wayfare.versions().sqlite in told.text


def test_a_key_that_another_server_refuses_is_a_fault(answers: Answers, tmp_path: Path) -> None:
    variables = {"OPENROUTER_BASE_URL": answers.base_url, "OPENROUTER_API_KEY": "not-of-this-one"}
    for status, says in ((401, "unauthorized"), (403, "forbidden")):
        body = {"error": {"message": "Invalid API Key"}}
        answers.replies["/models"] = answers.replies["/models/user"] = (status, {}, body)
        told = doctor(tmp_path, "--json", **variables)
        (line,) = [one for one in json.loads(told.text)["findings"] if one["level"] == "fault"]
        assert (line["check"], line["facts"]["code"]) == ("key", says)
        assert line["text"] == f"the server answered {status}: Invalid API Key"


def test_a_server_that_is_not_openrouter_is_not_asked_about_an_account(
    answers: Answers, tmp_path: Path
) -> None:
    del answers.replies["/key"]
    answers.replies["/chat/completions"] = (
        200,
        {},
        {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]},
    )
    told = doctor(tmp_path, "--send", OPENROUTER_BASE_URL=answers.base_url)
    assert told.code == 0 and not told.lines("warning")
    assert f"there is no key, and {answers.base_url} may need none" in told.text
    (line,) = told.lines("note", "call")
    assert "has answered" in line and "its cost is not known; see wayfare unknown" in line
    told = doctor(
        tmp_path, OPENROUTER_BASE_URL=answers.base_url, OPENROUTER_API_KEY="of-this-server"
    )
    assert told.code == 0
    assert "the server does not tell about its keys: only OpenRouter does" in told.text
    # The list of models was fetched by the run before.
    assert [path for _, path, key in answers.seen if key] == ["/models/user"]
