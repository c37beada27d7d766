"""The native client with telemetry: what begins the calls of an instrumented client."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ..errors import Error

if TYPE_CHECKING:
    from .._wayfare import Call
    from ._recorder import Open, Recorder


class TracedCall:
    """A call with its span. It is used like the native call that it has."""

    __slots__ = ("_call", "_opened", "_recorder")

    def __init__(self, recorder: Recorder, opened: Open, call: Call) -> None:
        self._recorder = recorder
        self._opened = opened
        self._call = opened.call = call

    @property
    def id(self) -> int:
        return self._call.id

    def next(self) -> tuple[list[Any], bool, Any]:
        try:
            batch = self._call.next()
        except Error as error:  # the client was closed
            self._recorder.ended(self._opened, error)
            raise
        if batch[1]:
            self._recorder.ended(self._opened, batch[2])
        return batch

    def take(self) -> tuple[list[Any], bool, Any] | None:
        try:
            batch = self._call.take()
        except Error as error:
            self._recorder.ended(self._opened, error)
            raise
        if batch is not None and batch[1]:
            self._recorder.ended(self._opened, batch[2])
        return batch

    def cancel(self, forget: bool, /) -> None:
        if forget:
            self._recorder.leave(self._opened)
        else:
            self._call.cancel(False)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be ending
            self._recorder.drop(self._opened)


class TracedClient:
    """Begins calls with their spans, and passes all else to the native client."""

    __slots__ = ("_native", "_recorder")

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._native = recorder.native

    def submit(self, op: str, arguments: dict[str, Any], body: Any, /) -> Any:
        if op != "chat":
            return self._native.submit(op, arguments, body)
        opened, arguments, body = self._recorder.begin(arguments, body)
        try:
            call = self._native.submit(op, arguments, body)
        except BaseException as error:
            self._recorder.refused(opened, error)
            raise
        return TracedCall(self._recorder, opened, call)

    def run(self, op: str, arguments: dict[str, Any], body: Any, /) -> Any:
        if op != "chat":
            return self._native.run(op, arguments, body)
        call, has_ended, end = self.submit(op, arguments, body), False, None
        try:
            while not has_ended:
                _, has_ended, end = call.next()
        except BaseException:
            call.cancel(True)
            raise
        if isinstance(end, Error):
            raise end
        return end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)
