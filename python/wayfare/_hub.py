"""Connects a client to an event loop of asyncio."""

from __future__ import annotations

import asyncio
import os

from .errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import _wayfare
    from ._wayfare import Call


class Hub:
    """Connects a client to its event loop: wakes the coroutine of each call that has events."""

    def __init__(self, native: _wayfare.Client) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = os.getpid()
        self.native = native
        self.waiters: dict[int, asyncio.Future[None]] = {}
        self.descriptor = native.fd()
        self.loop.add_reader(self.descriptor, self.drain)

    def drain(self) -> None:
        try:
            ready = self.native.ready()
        except Error:  # closed: each waiter gets the end of its call, or this error
            self.leave()
            ready = list(self.waiters)
        for call in ready:
            waiter = self.waiters.pop(call, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def is_over(self) -> bool:
        """Whether the loop is closed, or is that of a process of which this one is a fork."""
        return self.loop.is_closed() or self.process != os.getpid()

    def leave(self) -> None:
        if self.descriptor >= 0 and not self.loop.is_closed():
            self.loop.remove_reader(self.descriptor)
        self.descriptor = -1

    async def take(self, call: Call) -> tuple[list[Any], bool, Any]:
        """Waits for events of a call. Returns them, whether the call has ended, and its result.

        If the wait is cancelled, no event is lost.
        """
        batch = call.take()
        if batch is not None:
            await asyncio.sleep(0)  # lets other tasks run, even if events come fast
            return batch
        while batch is None:
            waiter = self.waiters[call.id] = self.loop.create_future()
            try:
                await waiter
            finally:
                self.waiters.pop(call.id, None)
            batch = call.take()
        return batch

    async def finish(self, call: Call) -> Any:
        """Waits for the result of a call. Raises its Error. Cancelling the wait cancels it."""
        end, has_ended = None, False
        try:
            while not has_ended:
                _, has_ended, end = await self.take(call)
        except BaseException:
            call.cancel(True)
            raise
        if isinstance(end, Error):
            raise end
        return end
