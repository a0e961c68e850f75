"""uvicorn's HTTP/1.1 with an end to waiting: uvicorn itself lets a client take for ever over a request's head.

A WebSocket has the request's head within the same bounds, and limits of its own from there on.

Without it a stranger holds a connection open for each one they care to make, and fills the memory with one header that
never ends. A request whose head is complete has limits of its own (see `locum.api.request`).
"""

from __future__ import annotations

import asyncio
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

IDLE_SECONDS: Final = 30
HEAD_BYTES: Final = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Hands on the client certificate of the connection, which TLS has checked.

    Ends a connection that has no request under way for 30 seconds, or whose request's head is over 64 KiB.

    Between two requests uvicorn's shorter keep-alive time holds until the client sends something.
    """

    _certificate: bytes | None = None
    _idle: asyncio.TimerHandle | None = None
    _is_handed_on = False  # to a WebSocket
    _in_head = False
    _head_bytes = 0  # as they were read, while the head has no end
    _read_bytes = 0  # as the parser found them: one read may hold a whole head, and one that is too long

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        self._certificate = None if tls is None else tls.getpeercert(binary_form=True)
        self._start_idling()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_idling()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_handed_on:
            self._stop_idling()
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.abort()
                return
        if self.cycle is None or self.cycle.response_complete:
            self._start_idling()
        else:
            self._stop_idling()

    def handle_websocket_upgrade(self) -> None:
        self._is_handed_on = True
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes, self._read_bytes = True, 0, 0
        super().on_message_begin()
        if self._certificate is not None:
            self.scope["extensions"] = {"tls": {"client_cert_der": self._certificate}}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)  # ": " and the end of the line
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _count(self, length: int) -> None:
        """The parser's error is answered with 400 before anything runs."""
        self._read_bytes += length
        if self._read_bytes > HEAD_BYTES:
            raise httptools.HttpParserError("the head of the request is too long")

    def _start_idling(self) -> None:
        if self._idle is None:
            self._idle = self.loop.call_later(IDLE_SECONDS, self.transport.abort)

    def _stop_idling(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
