"""``wayfare doctor``: looks at the set-up, and tells for each trouble what to do."""

from __future__ import annotations

import textwrap

import wayfare

from .._terminal import escaped
from . import _codes, _output
from ._client import env_folder, open_client
from ._layout import Cell
from ._values import several
from .checks import account, agents, call, environment, host, key, ledger, models, network, threads
from .checks.finding import FAULT, NOTE, OK, WARNING, hidden, of_error
from .checks.variables import Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any

    from ._layout import Line
    from .checks.finding import Finding

STYLES = {OK: "green", NOTE: "", WARNING: "yellow", FAULT: "bold red"}
LEVEL_WIDTH, CHECK_WIDTH = 9, 13
NARROW = 50  # columns: below them the lines have no margin
REPORT_SECONDS = 10.0  # without --verify: another process may hold the ledger locked

MORE = """\
Looks at variables, key, network, proxy, TLS, clock, account, models, ledger, agents and host, and
tells for each trouble what to do. It costs nothing without --send, and prints no key.

The exit code is 1 if something must be mended. Notes and warnings do not fail."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("doctor", epilog=MORE)
    parser.add_argument(
        "--send", action="store_true", help="make a small call, too, and tell what it has cost"
    )
    parser.add_argument("--model", help="the model of that call; default: as for wayfare ask")
    parser.add_argument(
        "--verify", action="store_true", help="check every entry of the ledger, too"
    )


def run(arguments: argparse.Namespace) -> int:
    variables = Variables(env_folder(arguments))
    secrets = environment.secrets(variables)
    findings = []
    for finding in examine(arguments, variables):
        findings.append(hidden(finding, secrets))
        for line in lines_of(findings[-1], _output.terminal_width()):
            _output.say(line)
    counts = [sum(one.level == level for one in findings) for level in (FAULT, WARNING)]
    _output.say()
    _output.say(summary(*counts))
    _output.put({"ok": counts[0] == 0, "findings": [finding.to_dict() for finding in findings]})
    return _codes.FAILED if counts[0] else _codes.GOOD


def examine(arguments: argparse.Namespace, variables: Variables) -> Iterator[Finding]:
    """Makes every check. One that needs what another has found missing is left out."""
    yield from environment.check(variables)
    options = {} if arguments.verify else {"report_timeout": REPORT_SECONDS}
    try:
        client = open_client(arguments, **options)
    except wayfare.Error as error:
        yield of_error("options", error)
    else:
        with client:
            yield from examine_client(client, arguments, variables)
    yield from host.check()
    yield from threads.check()


def examine_client(
    client: wayfare.Client, arguments: argparse.Namespace, variables: Variables
) -> Iterator[Finding]:
    # Without a file: a client that only asks the server makes no ledger.
    with open_client(arguments, ledger=":memory:") as asking:
        refusal = key.refusal(asking)
        yield key.finding(refusal, client, variables)
        found, answers = network.check(client.base_url)
        yield from found
        if answers and client.has_key and refusal is None:
            told = account.check(asking)
            yield from told
            if told[0].level == OK:  # a server that does not know GET /key is not OpenRouter
                yield models.check_allowed(asking)
        yield models.check_list(asking, answers)
        of_ledger = ledger.check(client, arguments.verify)
        yield from of_ledger
        if not any(finding.level == FAULT for finding in of_ledger):
            yield from agents.check(client, asking)
    if arguments.send and refusal is None:
        yield call.check(client, arguments.model)


def lines_of(finding: Finding, width: int | None) -> Iterator[Line]:
    """Returns the finding in one line, or in several of a terminal that is too narrow for it."""
    told = f"{finding.text}; {finding.advice}" if finding.advice else finding.text
    lines = [escaped(told)]
    margin = LEVEL_WIDTH + CHECK_WIDTH
    if width is not None:
        room = width - (margin if width >= NARROW else 0)
        lines = textwrap.wrap(  # paths and addresses stay whole
            lines[0], max(room, 1), break_long_words=False, break_on_hyphens=False
        )
    level = Cell(finding.level, STYLES[finding.level])
    space = " " * (LEVEL_WIDTH - len(finding.level))
    if width is not None and width < NARROW:
        yield [level, space, finding.check]
        yield from ([line] for line in lines)
        return
    yield [level, space, f"{finding.check:<{CHECK_WIDTH}}", lines[0]]
    yield from ([" " * margin, line] for line in lines[1:])


def summary(faults: int, warnings: int) -> str:
    more = f", {several(warnings, 'warning')}" if warnings else ""
    return (
        f"{several(faults, 'fault')} to mend{more}" if faults else f"nothing must be mended{more}"
    )
