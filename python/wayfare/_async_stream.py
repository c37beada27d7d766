"""The streams for asyncio."""

from __future__ import annotations

from .errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._hub import Hub
    from ._wayfare import Call, Event, Notice, Reply


class AsyncStream:
    """The stream for asyncio. ``AsyncClient.stream`` makes it.

    Leaving the ``async with`` block, or dropping the stream, cancels a call that has not ended.
    Only one task may read a stream. A timeout while waiting for an event loses no event.
    """

    __slots__ = ("_batch", "_call", "_end", "_hub", "_raised")
    __module__ = "wayfare"

    def __init__(self, hub: Hub, call: Call) -> None:
        self._hub = hub
        self._call = call
        self._batch: Iterator[Event] = iter(())
        self._end: Reply | Error | None = None
        self._raised = False

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> Event:
        """Waits for the next event. If the call failed, raises its Error once."""
        while True:
            for event in self._batch:
                return event
            if isinstance(self._end, Error) and not self._raised:
                self._raised = True
                raise self._end
            if self._end is not None:
                raise StopAsyncIteration
            events, _, self._end = await self._hub.take(self._call)
            self._batch = iter(events)

    @property
    async def reply(self) -> Reply:
        """The whole answer: ``await stream.reply``.

        Waits for the end of the call and drops the events that were not read. Raises Error if the
        call failed.
        """
        while self._end is None:
            _, _, self._end = await self._hub.take(self._call)
        self._batch = iter(())
        if isinstance(self._end, Error):
            self._raised = True
            raise self._end.with_traceback(None)
        return self._end

    def cancel(self) -> None:
        """Ends the call early: the reader gets errors.Cancelled.

        Any thread may call it at any time.
        """
        self._call.cancel(False)

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._end is None:
            self._call.cancel(True)
            self._batch = iter(())
            self._end, self._raised = Error("the stream was left before its end", "cancelled"), True


class AsyncWatch:
    """The notices for asyncio. ``AsyncClient.watch`` makes it.

    Only one task may read it. Leaving the ``async with`` block, or dropping it, ends it.
    """

    __slots__ = ("_batch", "_call", "_ended", "_hub")
    __module__ = "wayfare"

    def __init__(self, hub: Hub, call: Call) -> None:
        self._hub = hub
        self._call = call
        self._batch: Iterator[Notice] = iter(())
        self._ended = False

    def __aiter__(self) -> AsyncWatch:
        return self

    async def __anext__(self) -> Notice:
        """Waits for the next notice. Raises Error if the client was closed."""
        while True:
            for notice in self._batch:
                return notice
            if self._ended:
                raise StopAsyncIteration
            notices, self._ended, end = await self._hub.take(self._call)
            self._batch = iter(notices)
            if isinstance(end, Error):
                raise end

    def cancel(self) -> None:
        """Ends it: the reader gets the notices that wait, and then no more."""
        self._call.cancel(False)

    async def __aenter__(self) -> AsyncWatch:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._call.cancel(True)
        self._batch, self._ended = iter(()), True
