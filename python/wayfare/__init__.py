"""Routes LLM calls through OpenRouter and books each call in a local SQLite ledger.

    import wayfare

    client = wayfare.Client()
    reply = client.chat("Hello", model="openai/gpt-4o-mini", charge_to={"agent": "support"})
    print(reply.text, reply.cost)

The import opens no file, starts no thread and does not use the network. The first call does.
"""

from __future__ import annotations

from . import _wayfare, errors
from ._client import Client
from ._models import ModelList
from ._stream import Stream, Watch
from ._wayfare import *  # noqa: F403 (the records)
from ._wayfare import __version__, versions
from .errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import types
    from ._async import AsyncClient
    from ._async_stream import AsyncStream, AsyncWatch
    from .errors import BudgetExceeded

__all__ = [
    "AsyncClient",
    "AsyncStream",
    "AsyncWatch",
    "BudgetExceeded",
    "Client",
    "Error",
    "ModelList",
    "Stream",
    "Watch",
    "__version__",
    "errors",
    "types",
    "versions",
]
__all__ += _wayfare.__all__


def __getattr__(name: str) -> Any:
    """Loads a module that most programs do not need, when one of its names is first used."""
    if name in ("AsyncClient", "AsyncStream", "AsyncWatch"):
        from . import _async

        return globals().setdefault(name, getattr(_async, name))
    if name == "BudgetExceeded":
        return globals().setdefault(name, errors.BudgetExceeded)
    if name == "types":
        import importlib

        return importlib.import_module(".types", __name__)
    raise AttributeError(f"module 'wayfare' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names also what is loaded when it is first used, for those who complete names."""
    return sorted({*globals(), *__all__})
