"""One streamed call."""

from __future__ import annotations

from .errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._wayfare import Call, Event, Notice, Reply


class Stream:
    """The events of one call, as they come. ``Client.stream`` makes it.

        with client.stream("Hello") as stream:
            for event in stream:
                print(event.text or "", end="")
        print(stream.reply.cost)

    Iterating waits for each event and ends after the last one. If the call failed, iterating raises
    its Error. Leaving the ``with`` block, or dropping the stream, cancels a call that has not
    ended. Only one thread may read a stream. Any thread may ``cancel()`` it.
    """

    __slots__ = ("_batch", "_call", "_end")
    __module__ = "wayfare"

    def __init__(self, call: Call) -> None:
        self._call = call
        self._batch: Iterator[Event] = iter(())
        self._end: Reply | Error | None = None

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Event:
        """Waits for the next event. If the call failed, raises its Error once."""
        while True:
            for event in self._batch:
                return event
            if self._end is not None:
                raise StopIteration
            events, _, self._end = self._call.next()
            self._batch = iter(events)
            if isinstance(self._end, Error):
                self._batch = self._until(self._batch, self._end)

    @staticmethod
    def _until(events: Iterator[Event], error: Error) -> Iterator[Event]:
        yield from events
        raise error

    @property
    def reply(self) -> Reply:
        """The whole answer.

        Waits for the end of the call and drops the events that were not read. Raises Error if the
        call failed.
        """
        for _ in self:
            pass
        if isinstance(self._end, Error):
            raise self._end.with_traceback(None)
        assert self._end is not None
        return self._end

    def cancel(self) -> None:
        """Ends the call early: the reader gets errors.Cancelled.

        Any thread may call it at any time.
        """
        self._call.cancel(False)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        if self._end is None:
            self._call.cancel(True)
            self._batch = iter(())
            self._end = Error("the stream was left before its end", "cancelled")


class Watch:
    """The notices of what happens to the calls of a client. ``Client.watch`` makes it.

    Only one thread may read it. Any thread may ``cancel()`` it. Leaving the ``with`` block, or
    dropping it, ends it.
    """

    __slots__ = ("_batch", "_call", "_ended")
    __module__ = "wayfare"

    def __init__(self, call: Call) -> None:
        self._call = call
        self._batch: Iterator[Notice] = iter(())
        self._ended = False

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Notice:
        """Waits for the next notice. Raises Error if the client was closed."""
        while True:
            for notice in self._batch:
                return notice
            if self._ended:
                raise StopIteration
            notices, self._ended, end = self._call.next()
            self._batch = iter(notices)
            if isinstance(end, Error):
                raise end

    def cancel(self) -> None:
        """Ends it: the reader gets the notices that wait, and then no more."""
        self._call.cancel(False)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._call.cancel(True)
        self._batch, self._ended = iter(()), True
