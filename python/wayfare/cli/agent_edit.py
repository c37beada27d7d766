"""agent create and agent edit: the members of a profile as options.

The library replaces whole parts of a profile, such as its route. An option is one member of a part,
so that an edit puts it into what the agent has.
"""

from __future__ import annotations

import os

from ._agents import show_agents
from ._client import open_ledger
from ._codes import GOOD
from ._files import read_json, read_text
from ._output import put, say
from ._policy import SORTS
from ._values import amount_of, positive
from ._words import UsageError
from .budget import WINDOWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any, Union

    import wayfare

    Path = tuple[str, ...]
    Argument = Union[argparse.ArgumentParser, argparse._ArgumentGroup]

# The member of the profile that an option gives.
MEMBERS: dict[str, Path] = {
    "model": ("model",),
    "policy": ("route", "policy", "sort"),
    "max_tokens": ("max_tokens",),
    "max_cost": ("route", "max_cost"),
    "system": ("system",),
    "system_file": ("system_file",),
    "parameters": ("parameters",),
    "tools": ("tools",),
    "tag": ("tags",),
    "notes": ("notes",),
    "app": ("charge_to", "app"),
    "user": ("charge_to", "user"),
    "charge_tag": ("charge_to", "tags"),
    "budget": ("budget", "limit"),
    "window": ("budget", "window"),
    "assume": ("budget", "assume"),
    "threshold": ("budget", "thresholds"),
}
FILES = {"system_from": "system", "parameters_from": "parameters", "tools_from": "tools"}
OPTIONS = [*(name for name in MEMBERS if name != "tools"), *FILES]
# What --without takes away, where it is not the member of the option with its name.
WITHOUT: dict[str, list[Path]] = {
    **{
        name.replace("_", "-"): [path]
        for name, path in MEMBERS.items()
        if name not in ("system_file", "window")
    },
    "model": [("model",), ("route", "model"), ("route", "models")],
    "system": [("system",), ("system_file",)],
    "budget": [("budget",)],
}
# What takes a part away.
NOTHING: dict[str, Any] = {
    **dict.fromkeys(("model", "system", "system_file", "notes"), ""),
    **{part: [] for part in ("tools", "tags")},
    **{part: {} for part in ("route", "charge_to", "parameters", "budget")},
    "max_tokens": 0,
}


def add_parser(subparsers: Any) -> None:
    create = subparsers.add_parser(
        "agent create",
        description="create an agent, and its budget if it has one",
        epilog=(
            "Example: wayfare agent create support --model openai/gpt-4o-mini \\\n"
            '           --system "Be kind." --budget 5.00 --window day\n\n'
            "The system prompt, the parameters and the tools are stored in private files beside\n"
            "the ledger. A - in the place of a FILE is the standard input."
        ),
    )
    create.add_argument("name", metavar="NAME", help="calls of the agent are charged to it")
    add_profile(create)
    edit = subparsers.add_parser(
        "agent edit",
        description="make the next version of an agent; what is not named stays",
        epilog=(
            "It takes effect at the next call in every process. What may be repeated replaces all\n"
            "that the agent has of it. A - in the place of a FILE is the standard input."
        ),
    )
    edit.add_argument("name", metavar="NAME")
    edit.add_argument(
        "--version",
        metavar="N",
        type=positive,
        help="the version that you have seen: a newer one is not overwritten; default: the newest",
    )
    edit.add_argument(
        "--without",
        metavar="PART",
        choices=[*WITHOUT],
        action="append",
        help=f"take a part away: {', '.join(WITHOUT)}; may be repeated",
    )
    add_profile(edit)


def add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="NAME",
        action="append",
        help='repeated: models to try in this order; "wayfare agent models" lists them',
    )
    parser.add_argument(
        "--policy",
        choices=SORTS,
        help="in which order a call tries the models; cheapest, fastest and best take all models "
        "where none is named",
    )
    parser.add_argument("--max-tokens", metavar="N", type=positive, help="of an answer")
    parser.add_argument(
        "--max-cost", metavar="USD", type=amount_of, help="refuse a call that may cost more"
    )
    system = parser.add_mutually_exclusive_group()
    system.add_argument("--system", metavar="TEXT", help="the system prompt")
    system.add_argument("--system-from", metavar="FILE", help="the same, as FILE has it now")
    system.add_argument(
        "--system-file", metavar="PATH", help="a file with the prompt, which each call reads anew"
    )
    parameters = parser.add_mutually_exclusive_group()
    parameters.add_argument(
        "--parameters", metavar="JSON", help="""members of the body: '{"temperature": 0.2}'"""
    )
    parameters.add_argument("--parameters-from", metavar="FILE", help="the same, from a file")
    parser.add_argument("--tools-from", metavar="FILE", help="a file with a JSON list of tools")
    repeated(parser, "--tag", "to find agents by")
    parser.add_argument("--notes", metavar="TEXT", help="for people")
    account = parser.add_argument_group("to whom the cost is charged, beside the agent")
    account.add_argument("--app", metavar="NAME")
    account.add_argument("--user", metavar="NAME")
    repeated(account, "--charge-tag", "a tag of the calls")
    budget = parser.add_argument_group("the hard budget of the agent")
    budget.add_argument("--budget", metavar="USD", type=amount_of, help="what a window may cost")
    budget.add_argument("--window", choices=WINDOWS, help="in UTC; a new budget needs it")
    budget.add_argument(
        "--assume", metavar="USD", type=amount_of, help="what a call without a bound holds"
    )
    budget.add_argument(
        "--threshold",
        metavar="PERCENT",
        type=positive,
        action="append",
        help="record when so much of it is spent; may be repeated",
    )


def repeated(group: Argument, option: str, told: str) -> None:
    group.add_argument(option, metavar="NAME", action="append", help=f"{told}; may be repeated")


def run(arguments: argparse.Namespace) -> int:
    command = f"wayfare {arguments.command}"
    if arguments.command == "agent create":
        profile = changed({}, given_by(arguments, command), [])
        with open_ledger(arguments, make=True) as client:
            agent = client.create_agent(arguments.name, **profile)
    else:
        agent = edit(arguments, command)
    show_agents([agent])
    put({"agent": agent})
    return GOOD


def edit(arguments: argparse.Namespace, command: str) -> wayfare.Agent:
    away = arguments.without or []
    given = given_by(arguments, command)
    refuse_odd(given, away)
    with open_ledger(arguments) as client:
        before = client.agent(arguments.name, arguments.version)
        known = sparse(vars(before))
        after = changed(known, given, away)
        changes: Any = {
            part: after.get(part, nothing)
            for part, nothing in NOTHING.items()
            if after.get(part) != known.get(part)
        }
        agent = client.edit_agent(arguments.name, before.version, **changes)
    if agent.version == before.version:
        say("nothing is new, so there is no new version")
    return agent


def given_by(arguments: argparse.Namespace, command: str) -> dict[str, Any]:
    """Returns what the options give, with the texts of the files. Refuses an option without a
    value, which would take a part away unseen.
    """
    given = {name: value for name in OPTIONS if (value := getattr(arguments, name)) is not None}
    places = {name: flag(name) for name in given}
    for name in [name for name in FILES if name in given]:
        path = given.pop(name)
        given[FILES[name]] = read_text(command, path)
        places[FILES[name]] = f"{flag(name)} {path}"
    for name, value in given.items():
        empty = value == "" or (isinstance(value, list) and "" in value)
        if not empty and name in ("parameters", "tools"):
            empty = not read_json(command, places[name], value)
        if empty:
            edits = arguments.command == "agent edit"
            advice = "--without takes a part away" if edits else "leave it out"
            raise UsageError(f"{command}: {places[name]} has no value", advice)
    if "system_file" in given:
        given["system_file"] = os.path.abspath(given["system_file"])
    return given


def refuse_odd(given: dict[str, Any], away: list[str]) -> None:
    """Refuses an edit of nothing, and one that gives what it takes away."""
    if not given and not away:
        raise UsageError(
            "wayfare agent edit: nothing is named that changes",
            'name it, such as --model; "wayfare agent edit --help" tells more',
        )
    for part in away:
        for name in given:
            if any(MEMBERS[name][: len(path)] == path for path in WITHOUT[part]):
                raise UsageError(
                    f"wayfare agent edit: {flag(name)} is given, and --without {part}",
                    "leave one of them out",
                )


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def changed(known: dict[str, Any], given: dict[str, Any], away: list[str]) -> dict[str, Any]:
    """Returns a profile with what is given, and without what is taken away."""
    after: dict[str, Any] = sparse(known)
    # The model and the prompt have several places.
    replaced = [part for part in ("model", "system") if {part, f"{part}_file"} & given.keys()]
    for part in {*away, *replaced}:
        for *outer, last in WITHOUT[part]:
            inside: Any = after
            for name in outer:
                inside = inside.get(name, {})
            inside.pop(last, None)
    for name, value in given.items():
        several = name == "model" and len(value) > 1
        *outer, last = ("route", "models") if several else MEMBERS[name]
        inside = after
        for member in outer:
            inside = inside.setdefault(member, {})
        inside[last] = value[0] if name == "model" and not several else value
    return after


def sparse(value: Any) -> Any:
    """Returns a copy without what is not given."""
    if not isinstance(value, dict):
        return value
    copied = {name: sparse(one) for name, one in value.items()}
    return {name: one for name, one in copied.items() if one not in (None, [], {})}
