"""What ``wayfare doctor`` prints, at three widths: tests/golden/doctor.txt.

WAYFARE_GOLDEN_WRITE=1 writes that file again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import cli
import pytest
import wayfare
from wayfare.cli.checks import account, ledger, threads
from wayfare.cli.checks.finding import Finding, fault, hidden, note, ok, warning
from wayfare.cli.doctor import lines_of, summary

GOLDEN = Path(__file__).resolve().parent.parent / "golden/doctor.txt"

FINDINGS = [
    ok("environment", ".env.local and .env are read"),
    fault(
        "environment",
        "wayfare does not read OPENROUTER_BASEURL in .env, line 3",
        "rename it to OPENROUTER_BASE_URL",
    ),
    fault(
        "key",
        "the server answered 401: User not found.",
        "check, in order: that the key is whole, current and enabled (openrouter.ai/settings/keys),"
        " that it is not a management key, and that it belongs to this base URL; the key that was "
        "sent came from OPENROUTER_API_KEY in .env.local, line 1",
    ),
    warning(
        "ledger",
        "/srv/wayfare/a-folder-with-a-name-that-is-longer-than-a-narrow-terminal/l.db is old",
        "make a new one",
    ),
    note("host", "the name of a process is \x1b[2Ja\nfault    key"),
    *account.spending(
        wayfare.KeyInfo.make(
            limit=Decimal(10),
            counts_byok=False,
            usage_daily=Decimal("0.10"),
            usage_weekly=Decimal("0.25"),
            usage_monthly=Decimal(3),
            byok_usage=Decimal("1.5"),
            free_requests_used=3,
            free_requests_limit=50,
        )
    ),
    ok("ledger", f"this wayfare reads it: {ledger.Schemas(11, 7)}"),
    threads.finding(None),
    threads.finding(threads.Limit("RLIMIT_NPROC", 96365, 312)),
    threads.finding(threads.Limit("pids.max", 100, 80)),
    threads.finding(threads.Limit("pids.max", 16, 17)),
]


def plain(findings: list[Finding], width: int | None) -> Iterator[str]:
    for finding in findings:
        for line in lines_of(finding, width):
            yield "".join(part if isinstance(part, str) else part.text for part in line)


def test_the_text_at_each_width() -> None:
    parts = []
    for width in (60, 100, 200):
        lines = list(plain(FINDINGS, width))
        parts += [f"---- {width} columns", *lines, summary(2, 1), ""]
        long = [line for line in lines if len(line) > width and "longer-than" not in line]
        assert not long
    text = "\n".join(parts)
    if "WAYFARE_GOLDEN_WRITE" in os.environ:
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_a_pipe_gets_one_line_for_each_finding() -> None:
    lines = list(plain(FINDINGS, None))
    assert len(lines) == len(FINDINGS)
    assert [line.split()[0] for line in lines] == [finding.level for finding in FINDINGS]


def test_a_very_narrow_terminal_gets_every_word() -> None:
    words = " ".join(plain(FINDINGS[:3], 20)).split()
    assert words == " ".join(plain(FINDINGS[:3], None)).split()


@pytest.mark.parametrize(
    ("faults", "warnings", "text"),
    [
        (0, 0, "nothing must be mended"),
        (0, 1, "nothing must be mended, 1 warning"),
        (1, 0, "1 fault to mend"),
        (2, 3, "2 faults to mend, 3 warnings"),
    ],
)
def test_the_last_line(faults: int, warnings: int, text: str) -> None:
    assert summary(faults, warnings) == text


@pytest.mark.usefixtures("bare_environment")
def test_a_terminal_gets_lines_of_its_width(tmp_path: Path) -> None:
    text = cli.shown("doctor", columns=60, folder=tmp_path, HTTPS_PROXY="http://127.0.0.1:1")
    lines = [cli.STYLES.sub("", line) for line in text.splitlines() if str(tmp_path) not in line]
    assert len(lines) > 10 and max(map(len, lines)) <= 60
    assert lines[-1] == "2 faults to mend, 1 warning"


def test_no_part_of_a_finding_keeps_a_secret() -> None:
    secret = "sk-or-v1-0123456789"
    told = fault("key", f"a {secret}", f"b {secret}", c=[{"d": f"{secret}{secret}"}], e=1)
    plain = hidden(told, [secret]).to_dict()
    assert secret not in str(plain)
    assert (plain["text"], plain["advice"]) == ("a [key]", "b [key]")
    assert plain["facts"] == {"c": [{"d": "[key][key]"}], "e": 1}
