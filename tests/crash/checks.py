"""Compares a ledger with the results that its clients got and with the sandbox's bill, both
directly in SQLite and through the library.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import wayfare

# One row for each attempt with all that is booked, corrections included. Copied and indexed,
# because the ledger has no index for these queries.
ROWS = """
CREATE TEMP TABLE row AS
  SELECT uid, CASE WHEN kind = 1 THEN 'void' WHEN kind = 2 AND cost_p IS NULL THEN 'unknown'
    ELSE 'settled' END AS state, gen_id,
         coalesce(request_id, '') AS call, coalesce(cost_p, (SELECT c.cost_p FROM l.entry c
           WHERE c.kind = 3 AND c.uid = e.uid)) AS cost_p,
         cost_p AS own_p, cost_source, bound_p, booked_us, kind,
         byok IS 1 OR EXISTS (SELECT 1 FROM l.entry c WHERE c.kind = 3 AND c.uid = e.uid
           AND c.byok = 1) AS byok,
         coalesce(upstream_p, (SELECT c.upstream_p FROM l.entry c
           WHERE c.kind = 3 AND c.uid = e.uid)) AS upstream_p
  FROM l.entry e WHERE kind <> 3
  UNION ALL
  SELECT uid, CASE state WHEN 0 THEN 'reserved' ELSE 'unknown' END, gen_id, coalesce(request_id,
    ''), NULL, NULL, 0, bound_p, marked_us, NULL, 0, NULL
  FROM l.pending;
CREATE INDEX temp.row_uid ON row(uid);
CREATE INDEX temp.row_gen ON row(gen_id);
CREATE INDEX temp.row_call ON row(call);
CREATE TEMP TABLE spent AS
  SELECT app.text AS app, agent.text AS agent, coalesce(run, '') AS run,
    reserved_us / 3600000000 * 3600000000 AS hour_us, total(cost_p) AS cost_p,
    total(upstream_p) AS upstream_p
  FROM l.entry e JOIN l.name app ON app.id = e.app JOIN l.name agent ON agent.id = e.agent
  GROUP BY 1, 2, 3, 4;
"""

_SUMS = """
  sum(kind <> 3), sum(CASE kind WHEN 3 THEN -(cost_p IS NOT NULL) ELSE cost_p IS NULL END),
  total(prompt), total(completion), total(cached), total(cache_write),
  total(reasoning), total(cost_p)"""


def _rollup(table: str, keys: str, entries: str = "l.entry") -> str:
    """The query for the differences between a table of sums and its entries. `keys` are the key
    columns after the day.
    """
    own = (
        f"SELECT reserved_us / 86400000000, {keys}, {_SUMS} FROM {entries} WHERE kind <> 1 "
        f"GROUP BY reserved_us / 86400000000, {keys}"
    )
    return f"""WITH own AS ({own})
        SELECT 'sums', * FROM (SELECT * FROM l.{table} EXCEPT SELECT * FROM own)
        UNION ALL SELECT 'entries', * FROM (SELECT * FROM own EXCEPT SELECT * FROM l.{table})"""


_MODEL = "iif(served = 0, requested, served)"
_TAGGED = (
    "(SELECT DISTINCT e.*, d.id AS tag FROM l.entry e, json_each(e.tags) t JOIN "
    "l.name d ON d.text = t.value)"
)

# Each query selects violations: it must give no row. cost_source 3: charged at the bound.
LAWS = {
    "two rows of one attempt": """
        SELECT uid, count(*) FROM row GROUP BY uid HAVING count(*) > 1
        UNION ALL SELECT uid, count(*) FROM l.entry WHERE kind = 3 GROUP BY uid
          HAVING count(*) > 1""",
    "acknowledged, and not so in the ledger": """
        SELECT a.*, r.state, r.cost_p, r.kind FROM ack a LEFT JOIN row r ON r.uid = a.entry
        WHERE r.uid IS NULL OR (a.state, a.cost_p) IS NOT (r.state, r.cost_p)
        AND NOT (a.state = 'unknown' AND r.state = 'settled' AND r.cost_source IN (2, 3))
          -- looked up meanwhile
        AND NOT (a.state = 'settled' AND a.cost_p IS NULL AND r.state = 'settled'
          AND r.own_p IS NULL)""",
    "billed otherwise than booked": """
        SELECT b.*, r.* FROM bill b JOIN row r ON r.gen_id = b.gen
        WHERE r.state = 'void' OR r.cost_source <> 3 AND (r.cost_p <> b.cost_p
          OR r.byok AND r.upstream_p <> b.upstream_p OR r.byok AND b.upstream_p IS NULL
          OR r.cost_p IS NOT NULL AND NOT r.byok AND b.upstream_p IS NOT NULL)""",
    "billed, and no row for it": """
        SELECT b.call, count(*) AS billed, (SELECT count(*) FROM row r WHERE r.call = b.call
          AND r.gen_id IS NULL AND
          (r.state IN ('reserved', 'unknown') OR r.cost_source = 3)) AS nameless
        FROM bill b WHERE NOT EXISTS (SELECT 1 FROM row r WHERE r.gen_id = b.gen)
          GROUP BY b.call HAVING billed > nameless""",
    "settled, and never billed": """
        SELECT * FROM row r WHERE r.state = 'settled' AND r.cost_source <> 3
        AND NOT EXISTS (SELECT 1 FROM bill b WHERE b.gen = r.gen_id
          AND b.cost_p = coalesce(r.cost_p, b.cost_p))""",
    "a window's sum of holds": """
        SELECT w.*, coalesce(sum(h.held_p), 0) AS held FROM l.budget_window w LEFT JOIN l.hold h
          ON h.window_id = w.id
        GROUP BY w.id HAVING held <> w.reserved_p""",
    "a window's sum of costs": """
        SELECT b.name, w.*, total(s.cost_p) + iif(b.byok = 1, total(s.upstream_p), 0) AS costs
        FROM l.budget_window w
          JOIN l.budget b ON b.id = w.budget LEFT JOIN spent s
          ON (b.app = '' OR b.app = s.app) AND (b.agent = '' OR b.agent = s.agent)
            AND (b.run = '' OR w.value = s.run)
          AND s.hour_us >= w.start_us AND s.hour_us < w.end_us
        WHERE NOT (:moved AND b.span <> 4) AND b.model = ''
        GROUP BY w.id HAVING costs <> w.spent_p""",
    "a hard limit that is passed": """
        SELECT b.name, b.limit_p, w.* FROM l.budget_window w JOIN l.budget b
          ON b.id = w.budget WHERE w.spent_p + w.reserved_p > b.limit_p + w.excess_p""",
    "an attempt without an end that does not hold in each of its budgets": """
        SELECT p.uid, (SELECT count(*) FROM l.hold h WHERE h.uid = p.uid) AS holds,
          (SELECT count(DISTINCT n.value) FROM json_each(iif(p.models IS NULL, '[0]',
             coalesce(json_extract(p.models, '$.""'), '[0]'))) n) - 1 +
          (SELECT count(*) FROM l.budget b WHERE
          (b.app = '' OR b.app = app.text) AND (b.agent = '' OR b.agent = agent.text)) AS budgets
        FROM l.pending p JOIN l.name app ON app.id = p.app JOIN l.name agent
          ON agent.id = p.agent WHERE holds <> budgets""",
    "a hold of an attempt that has its cost, or of none": """
        SELECT h.* FROM l.hold h LEFT JOIN row r ON r.uid = h.uid WHERE r.uid IS NULL
          OR r.state = 'void' OR r.cost_p IS NOT NULL AND NOT (r.byok AND r.upstream_p IS NULL)""",
    "sums by day": _rollup("rollup_day", f"app, agent, {_MODEL}, provider, key"),
    "sums by user": _rollup(
        "rollup_user", f"user, app, {_MODEL}", "(SELECT * FROM l.entry WHERE user <> 0)"
    ),
    "sums by tag": _rollup("rollup_tag", f"tag, app, {_MODEL}", _TAGGED),
    "the file's integrity": (
        "SELECT * FROM pragma_integrity_check WHERE schema = 'l' AND integrity_check <> 'ok'"
    ),
}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def picodollars(text: str) -> int | None:
    return None if text == "-" else int(Decimal(text).scaleb(12))


SUMS = """
SELECT name, limit_picodollars, coalesce(spent_picodollars, 0), coalesce(reserved_picodollars,
  0) FROM l.v1_budgets
"""


class Tail:
    """Reads the lines that were added to a file since the last read."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0
        path.touch()

    def lines(self) -> list[str]:
        with self.path.open() as file:
            file.seek(self.at)
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        self.at += len(whole.encode())
        return whole.splitlines()


class Checks:
    def __init__(self, ledger: Path, acks: Path, bill: Path) -> None:
        self.ledger, self.acks, self.bill = ledger, Tail(acks), Tail(bill)
        self.refused = 0
        self.moved = False  # whether the times of some reservations were moved
        self.database = sqlite3.connect("file::memory:", uri=True, isolation_level=None)
        self.database.executescript("""
            CREATE TABLE ack(call TEXT, entry TEXT, state TEXT, cost_p INTEGER);
            CREATE TABLE bill(call TEXT, gen TEXT, cost_p INTEGER, upstream_p INTEGER,
              looked_up INTEGER);
            CREATE INDEX bill_gen ON bill(gen);""")

    def _load(self) -> None:
        acks = [line.split(" ", 3) for line in self.acks.lines()]
        self.refused += sum(state == "refused" for _, _, state, _ in acks)
        told = [
            (call, entry, state, picodollars(cost))
            for call, entry, state, cost in acks
            if state != "refused"
        ]
        self.database.executemany("INSERT INTO ack VALUES (?, ?, ?, ?)", told)
        bills = [json.loads(line) for line in self.bill.lines()]
        charges = [
            (
                line["call"],
                line["generation_id"],
                picodollars(line["cost"]),
                picodollars(line["upstream_cost"] or "-"),
                line["looked_up"],
            )
            for line in bills
        ]
        self.database.executemany("INSERT INTO bill VALUES (?, ?, ?, ?, ?)", charges)

    @contextmanager
    def _rows(self) -> Iterator[None]:
        """Attaches the ledger file as `l` and copies its rows into `row`.

        The bill is read after the ledger, so it has every call that the ledger has.
        """
        self.database.execute("ATTACH ? AS l", (f"file:{self.ledger}?mode=ro",))
        try:
            self.database.executescript(ROWS)
            self._load()
            yield
        finally:
            self.database.executescript(
                "DROP TABLE IF EXISTS temp.row; DROP TABLE IF EXISTS temp.spent; DETACH l"
            )

    def laws(self) -> list[str]:
        """Returns the violations in the file, as any SQLite tool sees it."""
        wrong = []
        for law, sql in LAWS.items():
            rows = self.database.execute(sql, {"moved": self.moved}).fetchmany(4)
            wrong += [f"{law}: {row}" for row in rows]
        return wrong

    def library(self, client: wayfare.Client, since_us: int) -> list[str]:
        """Returns the differences between the library and the file, for rows that have ended since
        the last call.
        """
        wrong = []
        sql = "SELECT uid, state, own_p FROM row WHERE booked_us >= ? OR state = 'reserved'"
        rows = {uid: (state, cost) for uid, state, cost in self.database.execute(sql, (since_us,))}
        for entry in client.entries(since=EPOCH + datetime.timedelta(microseconds=since_us)):
            if entry.correction:
                continue
            told = (entry.state, None if entry.cost is None else int(entry.cost.scaleb(12)))
            state, cost = rows.pop(entry.entry, ("missing", None))
            # The library makes attempts of a dead process unknown.
            if told != (
                "unknown" if state == "reserved" else state,
                cost,
            ):
                wrong.append(
                    f"the library tells {entry.entry} as {told}, and the file has {(state, cost)}"
                )
        wrong += [
            f"the library does not tell of {uid}: {row}" for uid, row in list(rows.items())[:4]
        ]

        total = self.database.execute("SELECT sum(calls), sum(cost_p) FROM l.rollup_day").fetchone()
        pending = self.database.execute("SELECT count(*) FROM l.pending").fetchone()[0]
        usage = client.usage()
        if (sum(row.calls for row in usage), sum(int(row.cost.scaleb(12)) for row in usage)) != (
            (total[0] or 0) + pending,
            total[1] or 0,
        ):
            wrong.append(
                f"the library's usage is {usage}, and the file has {total} and {pending} "
                f"without an end"
            )
        windows = set(self.database.execute(SUMS))
        for budget in client.budgets():
            told_of = (
                budget.name,
                *(
                    int(amount.scaleb(12))
                    for amount in (budget.limit, budget.spent, budget.reserved)
                ),
            )
            if told_of not in windows:
                wrong.append(f"the library's budget is {told_of}, which the file has not")
        problems = [] if self.moved else client.verify().problems
        return wrong + [f"verify tells: {problem}" for problem in problems]

    def all(self, options: dict[str, Any], since_us: int) -> list[str]:
        """Checks the file as the killed processes left it, and then the same file through the
        library.
        """
        with self._rows():
            wrong = self.laws()
            with wayfare.Client(**options) as client:
                return wrong + self.library(client, since_us)

    def ask(self, sql: str) -> list[Any]:
        with self._rows():
            return self.database.execute(sql).fetchall()
