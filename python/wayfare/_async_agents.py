"""The methods of AgentMethods, as coroutines."""

from __future__ import annotations

from ._agents import encoded, exported, imported
from ._options import Opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import Agent, Explanation, Imported
    from .types import AgentFilters, OnConflict, ProfileParts


class AsyncAgentMethods(Opened):
    """A client with its agents."""

    __slots__ = ()

    async def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        raise NotImplementedError  # of AsyncClient

    async def create_agent(self, name: str, **profile: Unpack[ProfileParts]) -> Agent:
        """Creates an agent. See ``Client.create_agent``."""
        agent: Agent = await self._run("create_agent", {"name": name, **encoded({**profile})})
        return agent

    async def edit_agent(self, name: str, version: int, **changes: Unpack[ProfileParts]) -> Agent:
        """Makes the next version of an agent. See ``Client.edit_agent``."""
        arguments = {"name": name, "version": version, **encoded({**changes})}
        agent: Agent = await self._run("edit_agent", arguments)
        return agent

    async def agent(self, name: str, version: int | None = None) -> Agent:
        """Returns an agent. See ``Client.agent``."""
        agent: Agent = await self._run("agent", {"name": name, "version": version})
        return agent

    def agents(self, **filters: Unpack[AgentFilters]) -> AsyncIterator[Agent]:
        """Iterates over the agents. See ``Client.agents``."""
        return self._pages("agents", {**filters})

    def agent_history(self, name: str) -> AsyncIterator[Agent]:
        """Iterates over the versions of an agent, the newest first."""
        return self._pages("agent_history", {"name": name})

    async def archive_agent(self, name: str, version: int | None = None) -> Agent:
        """Makes a version of the agent that takes no calls. See ``Client.archive_agent``."""
        agent: Agent = await self._run("archive_agent", {"name": name, "version": version})
        return agent

    async def restore_agent(self, name: str, version: int | None = None) -> Agent:
        """Makes a version of an archived agent that takes calls again."""
        agent: Agent = await self._run("restore_agent", {"name": name, "version": version})
        return agent

    async def export_agents(self) -> list[dict[str, Any]]:
        """Returns all agents as dicts. See ``Client.export_agents``."""
        return [exported(one) async for one in self._pages("export_agents", {})]

    async def import_agents(
        self, agents: Sequence[dict[str, Any] | Agent], on_conflict: OnConflict = "refuse"
    ) -> Imported:
        """Creates or changes agents, all or none. See ``Client.import_agents``."""
        done: Imported = await self._run("import_agents", imported(agents, on_conflict))
        return done

    async def explain(self, entry: str) -> Explanation:
        """Tells what is known about an attempt. See ``Client.explain``."""
        told: Explanation = await self._run("explain", {"entry": entry})
        return told

    async def _pages(self, op: str, query: dict[str, Any]) -> AsyncIterator[Agent]:
        while True:
            page = await self._run(op, query)
            for agent in page.agents:
                yield agent
            if page.next is None:
                return
            query = {**query, "after": page.next}
