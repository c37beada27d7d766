"""agent export and agent import."""

from __future__ import annotations

import json

from .._terminal import escaped
from ._client import open_ledger
from ._codes import GOOD, LEDGER
from ._files import INPUT, read_json, read_text, write_private
from ._output import for_program, note, put, say
from ._values import several
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare

ON_CONFLICT = ("refuse", "skip", "replace")


def add_parser(subparsers: Any) -> None:
    export = subparsers.add_parser(
        "agent export",
        epilog=(
            "The file is private and has the system prompts, but not the text of a --system-file.\n"
            "An export has the newest versions, and those that are archived."
        ),
    )
    export.add_argument("file", metavar="FILE", nargs="?", help="default: the standard output")
    taken = subparsers.add_parser(
        "agent import",
        epilog='It takes what "wayfare agent export" writes: every agent, at most 1000, or none.',
    )
    taken.add_argument("file", metavar="FILE", help="- is the standard input")
    taken.add_argument(
        "--on-conflict",
        choices=ON_CONFLICT,
        default="refuse",
        help="for a name that is taken by an agent that differs: import nothing (the default), "
        "leave that agent, or make a new version of it",
    )


def run(arguments: argparse.Namespace) -> int:
    return take(arguments) if arguments.command == "agent import" else export(arguments)


def export(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        agents = client.export_agents()
    lost = [agent for agent in agents if agent["fault"]]
    if arguments.file is None and for_program():
        put({"agents": agents})
    elif arguments.file in (None, INPUT):
        say(text_of(agents))
    else:
        write_private(arguments.file, text_of(agents) + "\n")
        say(f"{several(len(agents), 'agent')} written to {escaped(arguments.file)}")
        put({"file": arguments.file, "agents": len(agents), "faults": len(lost)})
    for agent in lost:
        note(f"wayfare: {escaped(agent['name'])} is exported without its texts: {agent['fault']}")
    return LEDGER if lost else GOOD


def text_of(agents: list[dict[str, Any]]) -> str:
    """Returns the export. It is ASCII alone: a terminal obeys nothing in it."""
    return json.dumps({"agents": agents}, indent=1)


def take(arguments: argparse.Namespace) -> int:
    command = "wayfare agent import"
    place = "the standard input" if arguments.file == INPUT else arguments.file
    given = read_json(command, place, read_text(command, arguments.file))
    agents = given.get("agents") if isinstance(given, dict) else given  # as the library exports it
    if not isinstance(agents, list):
        raise UsageError(f"{command}: {place} is no export of agents")
    with open_ledger(arguments, make=True) as client:
        done = client.import_agents(agents, arguments.on_conflict)
    say(told(done))
    put(done.to_dict())
    return GOOD


def told(done: wayfare.Imported) -> str:
    counts = {
        "created": done.created,
        "replaced": done.replaced,
        "skipped": done.skipped,
        "equal": done.equal,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "no agents"
