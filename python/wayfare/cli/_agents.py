"""How agents are shown: in a table, and one with its whole profile."""

from __future__ import annotations

import json

from .._terminal import MARGIN, escaped
from ._layout import Cell
from ._output import say, table
from ._policy import CHOOSING
from ._values import dollars, minute, second

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from wayfare import Agent

NAME_WIDTH = 13  # of the names in front of the parts of a profile
# What differs between two versions without an edit.
OF_A_VERSION = ("version", "archived", "change", "created", "changed", "fault")


def show_agents(agents: Sequence[Agent], empty: str = "there are no agents") -> None:
    faulty = any(agent.fault for agent in agents)
    table(
        ["agent", "version", "model", "budget", "tags", "changed", *["trouble"] * faulty],
        [
            [
                agent.name,
                f"{agent.version}" + (" (archived)" if agent.archived else ""),
                model(agent),
                budget(agent),
                ", ".join(agent.tags),
                minute(agent.changed),
                *[Cell(agent.fault or "", "red")] * faulty,
            ]
            for agent in agents
        ],
        empty=empty,
    )


def show_profile(agent: Agent) -> None:
    """Prints every part that the profile has."""
    for name, text in parts(agent):
        say(f"{name:<{NAME_WIDTH}}{escaped(text)}")
    if agent.tools:
        say(f"{'tools':<{NAME_WIDTH}}{len(agent.tools)}")
        for tool in agent.tools:
            say(MARGIN + escaped(plain_json(tool)))
    if agent.system:
        say("system prompt")
        for line in escaped(agent.system, "\n\t").split("\n"):
            say((MARGIN + line).rstrip())


def parts(agent: Agent) -> Iterator[tuple[str, str]]:
    """Returns the names and the texts of the parts that the profile has, in one line each."""
    known = vars(agent)
    route, accounts = dict(known["route"]), known["charge_to"]
    route.update(model=None, models=None, policy={**route["policy"], "sort": None})
    told = {
        "agent": agent.name + (" (archived)" if agent.archived else ""),
        "version": f"{agent.version}, {agent.change} {second(agent.changed)}",
        "created": second(agent.created),
        "trouble": agent.fault,
        "model": model(agent),
        "max tokens": agent.max_tokens and f"{agent.max_tokens}",
        "route": " ".join(pairs(route)),
        "charged to": " ".join(pairs(accounts)),
        "budget": budget(agent),
        "tags": ", ".join(agent.tags),
        "notes": agent.notes,
        "parameters": agent.parameters and plain_json(agent.parameters),
        "system file": agent.system_file,
    }
    return ((name, text) for name, text in told.items() if text)


def pairs(values: dict[str, Any], before: str = "") -> Iterator[str]:
    """Returns such as retries=2 and policy.max_price.prompt=1 for what is given."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from pairs(value, f"{before}{name}.")
        elif value not in (None, []):
            yield f"{before}{name}={','.join(value) if isinstance(value, list) else value}"


def models(agent: Agent) -> list[str]:
    """Returns the models that the profile names."""
    one = agent.model or agent.route.model
    return [one] if one else list(agent.route.models)


def chooses(agent: Agent) -> bool:
    """Whether the profile tells the model of a call."""
    return bool(models(agent)) or agent.route.policy.sort in CHOOSING


def model(agent: Agent) -> str:
    named = ", ".join(models(agent))
    if agent.route.policy.sort in CHOOSING:
        return f"{CHOOSING[agent.route.policy.sort]} of {named or 'all'}"
    return named or "the default"


def budget(agent: Agent) -> str:
    its = agent.budget
    if its is None:
        return ""
    more = [
        *([f"assume {dollars(its.assume)}"] if its.assume is not None else []),
        *([f"thresholds {', '.join(f'{one} %' for one in its.thresholds)}"] * bool(its.thresholds)),
    ]
    return "; ".join([f"{dollars(its.limit)} USD / {its.window}", *more])


def differences(agent: Agent, before: Agent | None) -> str:
    """Returns the names of the parts in which a version differs from the one before it."""
    if before is None or agent.fault or before.fault:
        return ""
    new, old = vars(agent), vars(before)
    return ", ".join(name for name in new if name not in OF_A_VERSION and new[name] != old[name])


def plain_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
