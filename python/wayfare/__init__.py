"""LLM calls through OpenRouter, every one of them booked in a local SQLite ledger.

    import wayfare

    client = wayfare.Client()
    reply = client.chat("Hello", model="openai/gpt-4o-mini", charge_to={"agent": "support"})
    print(reply.text, reply.cost)

Importing it does no work: files, threads and the network wait for the first call.
"""

from __future__ import annotations

from ._client import Client
from ._errors import BudgetExceeded, Error
from ._models import ModelList
from ._stream import Stream
from ._wayfare import (
    Attempt,
    Block,
    Budget,
    Candidate,
    Catalogue,
    Entry,
    Event,
    Model,
    Pruned,
    Reconciled,
    Reply,
    Selection,
    Timings,
    ToolCall,
    ToolPiece,
    Usage,
    UsageRow,
    Verification,
    __version__,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._async import AsyncClient, AsyncStream

__all__ = [
    "AsyncClient",
    "AsyncStream",
    "Attempt",
    "Block",
    "Budget",
    "BudgetExceeded",
    "Candidate",
    "Catalogue",
    "Client",
    "Entry",
    "Error",
    "Event",
    "Model",
    "ModelList",
    "Pruned",
    "Reconciled",
    "Reply",
    "Selection",
    "Stream",
    "Timings",
    "ToolCall",
    "ToolPiece",
    "Usage",
    "UsageRow",
    "Verification",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Loads what needs asyncio when it is first asked for."""
    if name not in ("AsyncClient", "AsyncStream"):
        raise AttributeError(f"module 'wayfare' has no attribute {name!r}")
    from . import _async

    globals().update(AsyncClient=_async.AsyncClient, AsyncStream=_async.AsyncStream)
    return globals()[name]
