"""Usage by hour, day, week and month, in UTC and in a time zone, beside sums made here."""

from __future__ import annotations

import datetime
import random
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare

try:
    import zoneinfo
except ImportError:  # Python 3.8
    zoneinfo = None  # type: ignore[assignment]

UTC = datetime.timezone.utc
Opens = Callable[..., wayfare.Client]


@pytest.fixture
def client(raw_server: Any, open_client: Opens, wire: Any, tmp_path: Path) -> wayfare.Client:
    """A client whose entries are spread over the nights in which the clocks of Berlin change."""

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost="0.001"))

    first = open_client(raw_server(serve).base_url)
    for at in range(60):
        first.chat("Hi", model=f"a/m{at % 2}", charge_to={"agent": f"agent-{at % 3}"})
    first.close()
    draw = random.Random(5)
    nights = [
        datetime.datetime(2026, 3, 29, tzinfo=UTC),
        datetime.datetime(2026, 10, 25, tzinfo=UTC),
    ]
    with sqlite3.connect(tmp_path / "ledger.db") as file:
        file.execute("DROP TRIGGER entry_stands")
        for at, (entry,) in enumerate(file.execute("SELECT id FROM entry").fetchall()):
            moment = draw.choice(nights) + datetime.timedelta(minutes=draw.randrange(-2000, 2000))
            if at < 2:  # the two hours from 02:00 on of the night in October
                moment = nights[1] + datetime.timedelta(minutes=30 + 60 * at)
            us = int(moment.timestamp()) * 1_000_000
            file.execute("UPDATE entry SET reserved_us = ? WHERE id = ?", (us, entry))
    second = open_client(raw_server(serve).base_url)
    second.mend()  # the sums by day follow the entries
    return second


def period(moment: datetime.datetime, kind: str) -> str:
    if kind == "hour":
        text = moment.replace(minute=0, second=0, microsecond=0).isoformat()
        return text.replace("+00:00", "Z")
    if kind == "week":
        return (moment.date() - datetime.timedelta(days=moment.weekday())).isoformat()
    return moment.date().isoformat()[: 7 if kind == "month" else 10]


def expected(client: wayfare.Client, kind: str, zone: Any) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in client.entries():
        sums[period(entry.reserved.astimezone(zone), kind)] += entry.cost or 0
    return dict(sums)


def told(rows: list[wayfare.UsageRow], kind: str) -> dict[str, Decimal]:
    assert len({getattr(row, kind) for row in rows}) == len(rows)
    return {getattr(row, kind): row.cost for row in rows}


@pytest.mark.parametrize("kind", ["hour", "day", "week", "month"])
def test_periods_in_utc(client: wayfare.Client, kind: Any) -> None:
    rows = client.usage(kind)
    assert told(rows, kind) == expected(client, kind, UTC)
    assert [getattr(row, kind) for row in rows] == sorted(getattr(row, kind) for row in rows)


@pytest.mark.parametrize("kind", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("offset", ["+02:00", "-03:30"])
def test_periods_at_an_offset(client: wayfare.Client, kind: Any, offset: str) -> None:
    zone = datetime.datetime.fromisoformat(f"2026-01-01T00:00:00{offset}").tzinfo
    rows = client.usage([kind], time_zone=offset)
    assert told(rows, kind) == expected(client, kind, zone)


@pytest.mark.parametrize("kind", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("name", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
def test_periods_in_a_zone(client: wayfare.Client, kind: Any, name: str) -> None:
    if not Path("/usr/share/zoneinfo", name).exists():
        with pytest.raises(wayfare.errors.Invalid, match="package tzdata"):
            client.usage(kind, time_zone=name)
        return
    rows = client.usage(kind, time_zone=name)
    assert told(rows, kind) == expected(client, kind, zoneinfo.ZoneInfo(name))


def test_the_two_hours_of_a_night_stay_apart(client: wayfare.Client) -> None:
    if not Path("/usr/share/zoneinfo/Europe/Berlin").exists():
        pytest.skip("there are no time zone files")
    hours = [row.hour or "" for row in client.usage("hour", time_zone="Europe/Berlin")]
    night = [hour for hour in hours if hour.startswith("2026-10-25T02:")]
    assert night == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
    assert not any(hour.startswith("2026-03-29T02:") for hour in hours)


def test_periods_go_with_other_dimensions(client: wayfare.Client) -> None:
    rows = client.usage(["week", "agent", "requested_model"])
    assert sum(row.calls for row in rows) == 60
    assert {row.requested_model for row in rows} == {"a/m0", "a/m1"}
    assert {row.agent for row in rows} == {"agent-0", "agent-1", "agent-2"}
    by_week = client.usage(["week", "agent"])
    assert sum(row.cost for row in by_week) == Decimal("0.06")
    since = datetime.datetime(2026, 3, 29, 5, 30, tzinfo=UTC)
    few = client.usage("hour", since=since, until=since + datetime.timedelta(hours=3))
    wanted = [
        entry
        for entry in client.entries()
        if since <= entry.reserved < since + datetime.timedelta(hours=3)
    ]
    assert sum(row.calls for row in few) == len(wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "agent", "time_zone": "UTC"}, "without an hour, day, week or month"),
        ({"by": "day", "time_zone": "Mars/Olympus"}, "neither an offset such as"),
        ({"by": "day", "time_zone": "../../etc/passwd"}, "neither an offset such as"),
        ({"by": "week", "since": "2026-11-23T01:00:00Z"}, "not a UTC midnight"),
        ({"by": "year"}, "is not a known value"),
    ],
)
def test_what_cannot_be_used_is_refused(open_client: Opens, arguments: Any, message: str) -> None:
    client = open_client("http://127.0.0.1:1/api/v1")
    with pytest.raises(wayfare.errors.Invalid, match=message):
        client.usage(**arguments)
