"""The notices of a client, kept until a call asks for those of its attempts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..errors import Error

if TYPE_CHECKING:
    from .._wayfare import Call, Client, Notice

MOST_KEPT = 4096


class Notices:
    """A notice of the end of an attempt comes before the end of its call. So whoever has the end of
    a call finds those of its attempts here, without waiting.
    """

    def __init__(self, native: Client) -> None:
        self._native = native
        self._watch: Call | None = None
        self._is_over = False
        self._ended: dict[str, Notice] = {}

    def begin(self) -> None:
        """Watches the client from now on. Only a call may begin it: it opens the client."""
        if self._watch is None and not self._is_over:
            with contextlib.suppress(Error):  # that the call will get, too
                self._watch = self._native.submit("watch", {}, None)

    def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel(True)
        self._watch, self._is_over = None, True

    def look(self) -> list[Notice]:
        """Takes the notices that have come, and returns those of costs that were looked up."""
        looked_up: list[Notice] = []
        while self._watch is not None:
            try:
                batch = self._watch.take()
            except Error:  # the client was closed
                batch = ([], True, None)
            if batch is None:
                break
            for notice in batch[0]:
                if notice.type == "looked_up":
                    looked_up.append(notice)
                elif notice.type == "ended" and notice.entry is not None:
                    self._ended[notice.entry] = notice
            if batch[1]:
                self._watch, self._is_over = None, True
        while len(self._ended) > MOST_KEPT:
            del self._ended[next(iter(self._ended))]
        return looked_up

    def of(self, entry: str) -> Notice | None:
        """Returns the notice of the end of an attempt, once."""
        return self._ended.pop(entry, None)
