"""The methods of a client for agents: profiles that calls name."""

from __future__ import annotations

from . import _wayfare
from ._ledger import LedgerMethods

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import Agent, Explanation, Imported
    from .types import AgentFilters, OnConflict, ProfileParts


def encoded(parts: dict[str, Any]) -> dict[str, Any]:
    """Returns the parts of a profile as the native module takes them."""
    texts = {
        name: _wayfare.encode(parts[name])
        for name in ("parameters", "tools")
        if parts.get(name) is not None and not isinstance(parts[name], str)
    }
    return {**parts, **texts}


def exported(agent: Agent) -> dict[str, Any]:
    """Returns an agent as a dict that json.dumps takes."""
    return sparse(vars(agent))


def imported(agents: Sequence[Any], on_conflict: OnConflict) -> dict[str, Any]:
    """Returns the arguments of import_agents."""
    if isinstance(agents, (list, tuple)):
        agents = [_given(one) for one in agents]
    return {"agents": agents, "on_conflict": on_conflict}


# What an export tells and an import does not take: versions count the changes in one ledger.
_OF_ONE_LEDGER = ("version", "change", "created", "changed")


def _given(agent: Any) -> Any:
    """Returns one agent without what is not known of it."""
    known = vars(agent) if isinstance(agent, _wayfare.Agent) else agent
    if not isinstance(known, dict):
        return agent  # which the native module refuses
    parts = {k: v for k, v in known.items() if k not in _OF_ONE_LEDGER}
    return encoded(sparse(parts))


def sparse(agent: dict[str, Any]) -> dict[str, Any]:
    """Returns the same without null members in its parts, as the library writes it.

    A null in charge_to would be refused: it may stand for a value that was lost.
    """
    nested = {
        name: _without_none(agent[name])
        for name in ("route", "charge_to", "budget")
        if agent.get(name) is not None
    }
    return {**agent, **nested}


def _without_none(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_none(one) for name, one in value.items() if one is not None}


class AgentMethods(LedgerMethods):
    """A client with its agents."""

    __slots__ = ()

    def create_agent(self, name: str, **profile: Unpack[ProfileParts]) -> Agent:
        """Creates an agent, and its budget in the same transaction.

            client.create_agent("support", model="openai/gpt-4o-mini", system="Be kind.",
                                budget={"limit": "5.00", "window": "day"})
            client.chat("Hello", agent="support")

        name         1 to 128 bytes. Calls of the agent are charged to it
        model        the model of its calls. Or a choice of models in route
        max_tokens   the most tokens of an answer
        route        members for the route of its calls, such as {"policy": "cheapest"}
        charge_to    parts for their charge_to, but not the agent
        parameters   members for the body, such as {"temperature": 0.2}
        tools        the tools, as the body has them
        system       the system prompt. It is stored in a private file beside the ledger
        system_file  the absolute path of a text file of your own, in its place
        budget       a hard budget: limit, window, assume and thresholds
        tags, notes  for people: to find agents by, and to remember why

        Raises errors.Conflict if the name is taken.
        """
        agent: Agent = self._run("create_agent", {"name": name, **encoded({**profile})})
        return agent

    def edit_agent(self, name: str, version: int, **changes: Unpack[ProfileParts]) -> Agent:
        """Makes the next version of an agent. It takes effect at the next call in every process.

        version    the version that you have seen. Raises errors.Conflict if there is a newer one
        **changes  parts as of create_agent. A part that is given replaces the whole part. An empty
                   str, list or dict, and a max_tokens of 0, takes the part away. None changes
                   nothing
        """
        arguments = {"name": name, "version": version, **encoded({**changes})}
        agent: Agent = self._run("edit_agent", arguments)
        return agent

    def agent(self, name: str, version: int | None = None) -> Agent:
        """Returns an agent, in its newest version or in another one.

        Raises errors.NoAgent if it is not there.
        """
        agent: Agent = self._run("agent", {"name": name, "version": version})
        return agent

    def agents(self, **filters: Unpack[AgentFilters]) -> Iterator[Agent]:
        """Iterates over the agents, in the order of their names.

        text      a part of the name
        model     one of the models that the profile names
        tag       one of its tags
        archived  True for those that are archived. Without it: those that are not
        """
        return self._pages("agents", {**filters})

    def agent_history(self, name: str) -> Iterator[Agent]:
        """Iterates over the versions of an agent, the newest first."""
        return self._pages("agent_history", {"name": name})

    def archive_agent(self, name: str, version: int | None = None) -> Agent:
        """Makes a version of the agent that takes no calls. Its history and its budget stay."""
        agent: Agent = self._run("archive_agent", {"name": name, "version": version})
        return agent

    def restore_agent(self, name: str, version: int | None = None) -> Agent:
        """Makes a version of an archived agent that takes calls again."""
        agent: Agent = self._run("restore_agent", {"name": name, "version": version})
        return agent

    def export_agents(self) -> list[dict[str, Any]]:
        """Returns all agents, archived ones included, as dicts that json.dumps takes.

        They have the system prompts. import_agents takes them.
        """
        return [exported(one) for one in self._pages("export_agents", {})]

    def import_agents(
        self, agents: Sequence[dict[str, Any] | Agent], on_conflict: OnConflict = "refuse"
    ) -> Imported:
        """Creates or changes agents in one transaction: all of them, at most 1000, or none.

        agents       as export_agents gives them
        on_conflict  for a name that is taken by an agent that differs: "refuse" raises
                     errors.Conflict, "skip" leaves it, "replace" makes a new version of it
        """
        done: Imported = self._run("import_agents", imported(agents, on_conflict))
        return done

    def explain(self, entry: str) -> Explanation:
        """Tells about an attempt what the ledger knows, and the profile of its agent as it was.

        entry  an ``Entry.entry`` or ``Reply.entry``
        """
        told: Explanation = self._run("explain", {"entry": entry})
        return told

    def _pages(self, op: str, query: dict[str, Any]) -> Iterator[Agent]:
        while True:
            page = self._run(op, query)
            yield from page.agents
            if page.next is None:
                return
            query = {**query, "after": page.next}
