"""verify, mend, backup, prune, reconcile and accept-clock: the care of the ledger."""

from __future__ import annotations

from .._terminal import escaped
from ._client import existing, open_client, open_ledger
from ._codes import AGAIN, GOOD, LEDGER
from ._output import note, put, say
from ._values import several, sum_of_dollars, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser("verify")
    subparsers.add_parser(
        "mend",
        description="repair what verify finds in sums and budgets; the entries stay as they are",
        epilog="All calls of the ledger wait meanwhile.",
    )
    backup = subparsers.add_parser(
        "backup",
        epilog='It replaces an earlier copy and no other file. "wayfare restore" takes it back.',
    )
    backup.add_argument("file", metavar="FILE")
    prune = subparsers.add_parser(
        "prune", description="delete the entries booked before a time, and keep the sums by day"
    )
    prune.add_argument("before", metavar="BEFORE", help="such as 2026-01-01, or 90d (days ago)")
    subparsers.add_parser("reconcile")
    subparsers.add_parser(
        "accept-clock",
        description="accept the wall clock after a jump, so that hard budgets let calls by",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "reconcile":
        with open_client(arguments) as client:
            return reconcile(existing(client))
    with open_ledger(arguments) as client:
        if arguments.command in ("verify", "mend"):
            return verify(client, mend=arguments.command == "mend")
        if arguments.command == "backup":
            client.backup(arguments.file)
            say(f"{client.ledger_path} is copied to {arguments.file}")
            put({"ledger": client.ledger_path, "copy": arguments.file})
        elif arguments.command == "prune":
            prune(client, arguments.before)
        else:
            client.accept_clock()
            say("the clock is accepted")
            put({"accepted": True})
    return GOOD


def verify(client: wayfare.Client, *, mend: bool) -> int:
    found = client.mend() if mend else client.verify()
    for problem in found.problems:
        say(escaped(problem))
    entries = several(found.entries, "row")
    whole = "whole" if found.ok else "NOT whole"
    say(f"{client.ledger_path}: {entries}, {found.pending} without an end: {whole}")
    put({"ledger": client.ledger_path, **found.to_dict()})
    return GOOD if found.ok else LEDGER


def prune(client: wayfare.Client, before: str) -> None:
    gone = client.prune(time_of(before))
    say(
        f"{client.ledger_path}: {gone.entries} entries and {gone.windows} windows of budgets are "
        f"deleted"
    )
    put({"ledger": client.ledger_path, **gone.to_dict()})


def reconcile(client: wayfare.Client) -> int:
    """Returns the exit code: AGAIN if the lookups stopped early."""
    done = client.reconcile()
    cost, charged = (sum_of_dollars(amount, done.saturated) for amount in (done.cost, done.charged))
    say(
        f"{done.looked_up} looked up: {done.settled} settled for {cost} USD, "
        f"{done.given_up} given up for {charged} USD, {done.unknown} unknown"
    )
    put(done.to_dict())
    if done.trouble:
        note(f"wayfare: {escaped(done.trouble)}")
    return AGAIN if done.trouble else GOOD
