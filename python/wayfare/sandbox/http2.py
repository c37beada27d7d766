"""The transport over HTTP/2, by h2, which knows the protocol and leaves the reading to us."""

from __future__ import annotations

import asyncio
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from h2.errors import ErrorCodes

from .api import LARGEST_BODY, Api, Exchange
from .http1 import header_fields


class Http2(asyncio.Protocol):
    """One connection."""

    def __init__(self, api: Api) -> None:
        self._api = api
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._h2 = h2.connection.H2Connection(config)
        self._transport: asyncio.Transport | None = None
        self._heads: dict[int, dict[str, str]] = {}
        self._bodies: dict[int, bytearray] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._window = asyncio.Event()  # set when a client lets more bytes be sent

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._h2.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._tasks.values():
            task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except h2.exceptions.ProtocolError:
            self._flush()
            self._close()
            return
        self._flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            assert event.stream_id is not None
            self._heads[event.stream_id] = {str(k): str(v) for k, v in event.headers or ()}
            self._bodies[event.stream_id] = bytearray()
        elif isinstance(event, h2.events.DataReceived):
            assert event.stream_id is not None
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
            body = self._bodies.get(event.stream_id)
            if body is not None:
                body += event.data or b""
                if len(body) > LARGEST_BODY:
                    self._forget(event.stream_id)
                    self._h2.reset_stream(event.stream_id, ErrorCodes.ENHANCE_YOUR_CALM)
        elif isinstance(event, h2.events.StreamEnded):
            assert event.stream_id is not None
            if event.stream_id in self._heads:
                self._begin(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._forget(event.stream_id or 0)
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            self._window.set()

    def _begin(self, stream: int) -> None:
        task = asyncio.get_running_loop().create_task(
            self._serve(stream, self._heads.pop(stream), bytes(self._bodies.pop(stream)))
        )
        self._tasks[stream] = task
        task.add_done_callback(lambda _: self._tasks.pop(stream, None))

    def _forget(self, stream: int) -> None:
        self._heads.pop(stream, None)
        self._bodies.pop(stream, None)
        task = self._tasks.get(stream)
        if task:
            task.cancel()

    async def _serve(self, stream: int, head: dict[str, str], body: bytes) -> None:
        exchange = self._api.handle(head[":method"], head[":path"], head, body)
        try:
            await self._play(stream, exchange)
        except (ConnectionError, h2.exceptions.ProtocolError):
            exchange.left()
        except asyncio.CancelledError:
            exchange.left()
            raise

    async def _play(self, stream: int, exchange: Exchange) -> None:
        answer = exchange.answer
        if answer.wait:
            await asyncio.sleep(answer.wait)
        if answer.status:
            fields = header_fields(answer, exchange.generation_id).items()
            told = [(name.lower(), value) for name, value in fields]
            self._h2.send_headers(stream, [(":status", str(answer.status)), *told])
            self._flush()
        for part in answer.parts:
            if part.kind == "extra":
                continue  # frames name their stream, so that nothing can stand behind an answer
            if part.wait:
                await asyncio.sleep(part.wait)
            exchange.sends(part)
            if part.kind == "stall":
                await asyncio.Event().wait()  # until the client leaves or the server stops
            elif part.kind == "close":
                self._close()
                return
            elif part.kind == "reset":
                self._h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
                self._flush()
                return
            else:
                await self._write(stream, part.data)
        exchange.ended()
        self._h2.end_stream(stream)
        self._flush()

    async def _write(self, stream: int, data: bytes) -> None:
        while data:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._window.clear()
                await self._window.wait()
                continue
            self._h2.send_data(stream, data[:room])
            data = data[room:]
            self._flush()
        await asyncio.sleep(0)  # lets other streams go on

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport:
            self._transport.close()
