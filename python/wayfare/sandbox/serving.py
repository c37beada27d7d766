"""Serves the sandbox on a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import ssl
import threading
from typing import Any, Callable

from .api import Api
from .http1 import Http1
from .tls import Certificate


class Serving:
    def __init__(self, api: Api, host: str, port: int, http2: bool) -> None:
        self._api, self._host, self._port = api, host, port
        self._http2: Callable[[Api], asyncio.Protocol] | None = None
        if http2:
            from .http2 import Http2

            self._http2 = Http2
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self, certificate: Certificate | None) -> int:
        """Returns the port."""
        ready: concurrent.futures.Future[int] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(certificate, ready)),
            name="wayfare sandbox",
            daemon=True,
        )
        self._thread.start()
        return ready.result()

    def stop(self) -> None:
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    async def _serve(
        self, certificate: Certificate | None, ready: concurrent.futures.Future[int]
    ) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        http1 = Http1(self._api)
        try:
            context = certificate.server_context(bool(self._http2)) if certificate else None
            await http1.start()
            server = await self._loop.create_server(
                lambda: self._new_connection(http1),
                self._host,
                self._port,
                ssl=context,
                backlog=4096,
            )
            ready.set_result(server.sockets[0].getsockname()[1])
            await self._stop.wait()
            server.close()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
        finally:
            await http1.stop()

    def _new_connection(self, http1: Http1) -> asyncio.Protocol:
        http2 = self._http2
        if http2 is None:
            return http1.new_connection()
        return _Choosing(http1.new_connection, lambda: http2(self._api))


class _Choosing(asyncio.Protocol):
    """A connection whose protocol the handshake of TLS has chosen."""

    def __init__(
        self, http1: Callable[[], asyncio.Protocol], http2: Callable[[], asyncio.Protocol]
    ) -> None:
        self._http1, self._http2 = http1, http2

    def connection_made(self, transport: Any) -> None:
        secure: ssl.SSLObject = transport.get_extra_info("ssl_object")
        is_http2 = secure.selected_alpn_protocol() == "h2"
        chosen = self._http2() if is_http2 else self._http1()
        transport.set_protocol(chosen)
        chosen.connection_made(transport)
