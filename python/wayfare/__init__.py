"""LLM calls through OpenRouter, every one of them booked in a local SQLite ledger.

    import wayfare

    client = wayfare.Client()
    reply = client.chat("Hello", model="openai/gpt-4o-mini", charge_to={"agent": "support"})
    print(reply.text, reply.cost)

Importing it does no work: files, threads and the network wait for the first call.
"""

from ._client import Client
from ._errors import Error
from ._stream import Stream
from ._wayfare import Attempt, Entry, Event, Reply, Timings, ToolCall, ToolPiece, Usage, UsageRow, __version__

__all__ = [
    "Attempt",
    "Client",
    "Entry",
    "Error",
    "Event",
    "Reply",
    "Stream",
    "Timings",
    "ToolCall",
    "ToolPiece",
    "Usage",
    "UsageRow",
    "__version__",
]
