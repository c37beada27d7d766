"""agent, agent list, agent show, agent history, agent archive and agent restore."""

from __future__ import annotations

import itertools

from ._agents import differences, show_agents, show_profile
from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import given_of, positive, second

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    import wayfare

FILTERS = ("text", "model", "tag")
PAGE_MAX = 1000


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "agent",
        description="list the agents that are not archived",
        epilog=(
            "An agent is a profile in the ledger that calls name: wayfare ask --agent NAME. Its\n"
            "other commands are agent list, show, models, create, edit, history, archive,\n"
            "restore, export and import."
        ),
    )
    listed = subparsers.add_parser("agent list", epilog="Times are in UTC. --json has every field.")
    listed.add_argument("--text", metavar="TEXT", help="only agents with this in their name")
    listed.add_argument("--model", metavar="NAME", help="only agents whose profile names it")
    listed.add_argument("--tag", metavar="NAME", help="only agents with this tag of their own")
    listed.add_argument("--archived", action="store_true", help="the archived ones alone")
    listed.add_argument("--limit", metavar="N", type=positive, help="the most; default: all")
    show = subparsers.add_parser("agent show", epilog="It has the system prompt. Times: in UTC.")
    show.add_argument("name", metavar="NAME")
    show.add_argument("--version", metavar="N", type=positive, help="default: the newest one")
    history = subparsers.add_parser("agent history", epilog="Times are in UTC.")
    history.add_argument("name", metavar="NAME")
    history.add_argument(
        "--limit", metavar="N", type=positive, default=20, help="the most versions; default: 20"
    )
    for name, epilog in (
        ("archive", "Its name stays taken, and its history and its budget stay."),
        ("restore", "It has the profile that it had. A restored agent takes calls at once."),
    ):
        parser = subparsers.add_parser(f"agent {name}", epilog=epilog)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--version",
            metavar="N",
            type=positive,
            help="the version that you have seen: a newer one is left as it is",
        )


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        if arguments.command in ("agent", "agent list"):
            filters = given_of(arguments, FILTERS) if arguments.command == "agent list" else {}
            agents = listed(client, arguments, filters)
            show_agents(agents, "no agent passes the filters" if filters else "there are no agents")
            put({"agents": agents})
        elif arguments.command == "agent show":
            agent = client.agent(arguments.name, arguments.version)
            show_profile(agent)
            put({"agent": agent})
        elif arguments.command == "agent history":
            # One more tells what the last one has changed.
            found = [*itertools.islice(client.agent_history(arguments.name), arguments.limit + 1)]
            show_history(found, arguments.limit)
            put({"agents": found[: arguments.limit]})
        else:
            change(client, arguments)
    return GOOD


def listed(
    client: wayfare.Client, arguments: argparse.Namespace, filters: dict[str, Any]
) -> list[wayfare.Agent]:
    if arguments.command == "agent":
        return [*client.agents()]
    if arguments.archived:
        filters["archived"] = True
    page = {} if arguments.limit is None else {"limit": min(arguments.limit, PAGE_MAX)}
    return [*itertools.islice(client.agents(**filters, **page), arguments.limit)]


def show_history(agents: Sequence[wayfare.Agent], limit: int) -> None:
    table(
        [">version", "made", "by", "what is new"],
        [
            [f"{agent.version}", second(agent.changed), agent.change, differences(agent, before)]
            for agent, before in itertools.zip_longest(agents, agents[1:])
        ][:limit],
    )


def change(client: wayfare.Client, arguments: argparse.Namespace) -> None:
    archives = arguments.command == "agent archive"
    one = client.archive_agent if archives else client.restore_agent
    agent = one(arguments.name, arguments.version)
    state = "is archived and takes no calls" if archives else "takes calls again"
    say(f"the agent {arguments.name} {state}, as version {agent.version}")
    put({"agent": agent})
