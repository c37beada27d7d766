"""The parts of the benchmark, by the names that the command takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import instructions
import lines_agents
import lines_command
import lines_cpp
import lines_import
import lines_lateness
import lines_ledger
import lines_node
import lines_python
import lines_sandbox
from context import Context
from report import Line

ALL: dict[str, Callable[[Context], Iterator[Line]]] = {
    "calls": lines_cpp.calls,
    "alone": lines_cpp.alone,
    "chunks": lines_cpp.chunks,
    "python-calls": lines_python.python_calls,
    "telemetry": lines_python.telemetry,
    "python-chunks": lines_python.python_chunks,
    "node": lines_node.node,
    "streams": lines_cpp.streams,
    "lateness": lines_lateness.lateness,
    "python-streams": lines_python.python_streams,
    "imports": lines_import.imports,
    "commands": lines_command.commands,
    "ledger": lines_ledger.ledger,
    "report": lines_ledger.report,
    "agents": lines_agents.agents,
    "growth": lines_ledger.growth,
    "contention": lines_ledger.contention,
    "sandbox": lines_sandbox.sandbox,
    "selection": lines_cpp.selection,
    "instructions": instructions.instructions,
}
