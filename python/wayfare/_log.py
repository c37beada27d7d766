"""What the views of one client share, and the log of the client.

If the program has configured ``logging`` when a client makes its first call, the client logs what
``watch`` tells to the logger ``wayfare``: one line for each notice, without prompts and keys.
What the watches of all clients of a ledger get is logged once.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, ClassVar

    from . import _wayfare
    from ._hub import Hub
    from ._wayfare import Call, Notice


class Shared:
    """What the views of one client share."""

    __slots__ = ("__weakref__", "begun", "defaults", "hub", "native")

    def __init__(self, native: _wayfare.Client, defaults: dict[str, Any]) -> None:
        self.native = native
        # What the options give to calls, for those who tell of calls before they have ended.
        self.defaults = defaults
        self.hub: Hub | None = None
        # The processes in which the log was begun, or was found not to be wanted.
        self.begun: dict[int, object] = {}

    def logged(self) -> _wayfare.Client:
        """Returns the native client. At the first call of a process, begins the log if it is
        wanted.
        """
        if os.getpid() not in self.begun:
            self._begin_log(os.getpid())
        return self.native

    def _begin_log(self, process: int) -> None:
        mine = object()  # of several threads, the first one begins
        if self.begun.setdefault(process, mine) is not mine:
            return
        module = sys.modules.get("logging")
        if module is None:
            return
        logger: logging.Logger = module.getLogger("wayfare")
        if not logger.hasHandlers() or not logger.isEnabledFor(module.WARNING):
            return
        import threading
        import weakref

        watch = self.native.submit("watch", {}, None)
        weakref.finalize(self, watch.cancel, False)  # the thread keeps the native client alive
        threading.Thread(target=_log, args=(watch, logger), name="wayfare-log", daemon=True).start()


def level_of(notice: Notice) -> int:
    """DEBUG for an attempt that went well, WARNING for what somebody should look at, else INFO."""
    if notice.type in ("crossing", "setting") or notice.state == "unknown":
        return 30
    return 10 if notice.type == "ended" and notice.error is None else 20


class _Once:
    """Keeps a log from telling what that of another client of the process has told."""

    MOST = 1024
    told: ClassVar[dict[tuple[Any, ...], _Once]] = {}  # by which log

    def __init__(self) -> None:
        self._mine: list[tuple[Any, ...]] = []

    def is_first(self, notice: Notice) -> bool:
        if notice.type not in ("crossing", "looked_up"):
            return True
        crossing = (notice.budget, notice.value, notice.percent)
        key = (notice.type, notice.time, notice.ledger, notice.entry, *crossing)
        if self.told.setdefault(key, self) is not self:
            return False
        self._mine.append(key)
        if len(self._mine) > self.MOST:
            self.told.pop(self._mine.pop(0), None)
        return True


def _log(watch: Call, logger: logging.Logger) -> None:
    from .errors import Error

    once = _Once()
    ended = False
    while not ended:
        try:
            notices, ended, _ = watch.next()
        except Error:  # the client was closed
            return
        for notice in filter(once.is_first, notices):
            logger.log(level_of(notice), "%s", notice.text, extra={"wayfare": notice})
