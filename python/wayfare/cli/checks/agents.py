"""The agents of the ledger: whether their texts can be read, by whom, and whether models stay.

Without agents it finds nothing.
"""

from __future__ import annotations

import os
import shlex
import stat

import wayfare

from .._agents import models
from .._client import is_there
from .._values import now, several
from .._words import nearest
from .finding import NOTE, Finding, fault, note, of_error, ok, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECK = "agents"
_SHOWN = 5  # agents in a line, and faults of texts
_STEERING = ("nitro", "floor", "exacto", "online")  # behind the name of any model
_NEAREST = "; the nearest is "  # in what select tells of a model that is gone


def check(client: wayfare.Client, asking: wayfare.Client) -> list[Finding]:
    """Looks at the agents of the client's ledger. ``asking`` has no ledger and asks the server."""
    if not is_there(client):
        return []
    try:
        agents = [*client.agents(), *client.agents(archived=True)]
        if not agents:
            return []
        found = [*_texts(agents), *_folder(client.ledger_path), *_models(agents, asking)]
    except wayfare.Error as error:
        return [of_error(CHECK, error)]
    if all(one.level == NOTE for one in found):
        text = f"the texts of {several(len(agents), 'agent')} can be read"
        found = [ok(CHECK, text, agents=len(agents)), *found]
    return found


def _named(names: Sequence[str]) -> str:
    """Returns such as 'the agents "a", "b" and 3 more'."""
    more = len(names) - _SHOWN
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    return f"the agent{'s' * (len(names) > 1)} {shown}" + (f" and {more} more" if more > 0 else "")


def _texts(agents: Sequence[wayfare.Agent]) -> list[Finding]:
    """The agents whose calls are refused, since their texts cannot be read."""
    lost = [(agent, agent.fault) for agent in agents if agent.fault]
    for agent in agents:
        path = agent.system_file
        if path and not (os.path.isfile(path) and os.access(path, os.R_OK)):
            lost.append((agent, f"its system file {path} cannot be read"))
    found = [
        fault(
            CHECK,
            f"{_named([agent.name])} cannot be used: {why}",
            "put the file back, such as from a backup"
            + ("" if agent.system_file else ", or import the agent"),
            agent=agent.name,
        )
        for agent, why in lost[:_SHOWN]
    ]
    if rest := [agent.name for agent, _ in lost[_SHOWN:]]:
        text = f"{_named(rest)} cannot be used either"
        found.append(fault(CHECK, text, "put the files back", agents=rest))
    return found


def _folder(ledger: str) -> list[Finding]:
    """Whether others may read the prompts. Those who share the ledger may."""
    folder = f"{ledger}.agents"
    if not os.path.isdir(folder):
        return []
    mode = stat.S_IMODE(os.stat(folder).st_mode)
    shared = stat.S_IMODE(os.stat(ledger).st_mode) & 0o070
    text = f"may read the prompts of agents in {folder} (mode {mode:o})"
    if mode & 0o007:
        text = f"every user of this machine {text}"
        return [warning(CHECK, text, f"chmod -R o= {folder}", mode=f"{mode:o}")]
    if mode & 0o070 and not shared:
        text = f"a group {text}, and not the ledger"
        return [warning(CHECK, text, f"chmod -R g= {folder}", mode=f"{mode:o}")]
    return [note(CHECK, f"a group {text}", mode=f"{mode:o}")] if mode & 0o070 else []


def _models(agents: Sequence[wayfare.Agent], asking: wayfare.Client) -> Iterator[Finding]:
    """The models that are gone or have a last day. Calls warn of them, too."""
    users: dict[str, list[wayfare.Agent]] = {}
    for agent in agents:
        for name in [] if agent.archived else models(agent):
            users.setdefault(name, []).append(agent)
    if not users:
        return
    listed = asking.models()
    if listed.catalogue.source == "built_in" or all(m.prices.prompt is None for m in listed):
        return  # such a list does not have all names that the server takes
    today = f"{now():%Y-%m-%d}"
    for name, theirs in users.items():
        model = _find(name, listed)
        is_gone = model is None or _has_ended(model, today)
        if _chooses(name) if model is None else not model.expires:
            continue
        near = _near_gone(name, asking) if is_gone else _near_living(name, listed, today)
        end = "is gone" if model is None or is_gone else f"has its last day on {model.expires}"
        names = [agent.name for agent in theirs]
        yield warning(
            CHECK,
            f"the model {name} of {_named(names)} {end}",
            _advice(theirs, near),
            model=name,
            agents=names,
            gone=is_gone,
            instead=near,
        )


def _advice(agents: Sequence[wayfare.Agent], near: str | None) -> str:
    if near is None:
        return '"wayfare agent models" lists others'
    if len(agents) > 1 or len(models(agents[0])) > 1:
        return f'the nearest is {near}; "wayfare agent edit" changes an agent'
    edit = f"wayfare agent edit {shlex.quote(agents[0].name)} --model {near}"
    return f"the nearest is {near}: {edit}"


def _find(name: str, listed: Sequence[wayfare.Model]) -> wayfare.Model | None:
    """Returns the model that a call with this name would have."""
    for model in listed:
        variant = model.id.partition(":")[2]
        slug = f"{model.canonical_slug}:{variant}" if variant else model.canonical_slug
        if name in (model.id, slug):
            return model
    plain, _, variant = name.rpartition(":")
    return _find(plain, listed) if plain and variant in _STEERING else None


def _chooses(name: str) -> bool:
    """Whether the name is of a preset, of a router or of a family, which no list need have."""
    return "@" in name or name.startswith(("~", "openrouter/"))


def _has_ended(model: wayfare.Model, today: str) -> bool:
    return model.expires is not None and model.expires[: len(today)] <= today


def _near_gone(name: str, asking: wayfare.Client) -> str | None:
    told = asking.select("x", route={"models": [name]})
    reasons = [candidate.reason for candidate in (*told.ranked, *told.out)]
    return next((one.partition(_NEAREST)[2] or None for one in reasons), None)


def _near_living(name: str, listed: Sequence[wayfare.Model], today: str) -> str | None:
    living = [m.id for m in listed if m.kind == "model" and not m.expires and m.id != name]
    author = name.partition("/")[0]
    same = [one for one in living if one.startswith(f"{author}/")]
    return nearest(name, same) or nearest(name, living)
