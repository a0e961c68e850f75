"""An HTTP/1.1 client that costs little: raw requests over kept TLS connections, on uvloop, one at a time on each."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import httptools
import msgspec
import uvloop

WARM_UP_S = 0.2


def http_request(method: str, path: str, token: str | None = None, body: object = None) -> bytes:
    """A whole request as bytes."""
    content = b"" if body is None else msgspec.json.encode(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if content:
        lines.append("Content-Type: application/json")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


class Line(asyncio.Protocol):
    """One connection. `ask` sends a request and gives the answer's status and body."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""

    @classmethod
    async def open(cls, address: str, ca: Path, *, source: str | None = None) -> Line:
        """`source`: the address to come from, which 127.0.0.0/8 has plenty of."""
        host, port = address.rsplit(":", 1)
        tls = ssl.create_default_context(cafile=str(ca))
        _, line = await asyncio.get_running_loop().create_connection(
            cls,
            host,
            int(port),
            ssl=tls,
            server_hostname="127.0.0.1",
            local_addr=(source, 0) if source else None,
        )
        return line

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, content: bytes) -> tuple[int, bytes]:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(content)
        return await self._waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((self._parser.get_status_code(), body))


@dataclass(frozen=True)
class Server:
    """Where a load goes. `pid` is for its processor time."""

    address: str
    ca: Path
    pid: int


def rate(server: Server, requests: list[bytes], *, seconds: float) -> float:
    """Answers per second: a connection for each of `requests`, which is sent on it again and again.

    Raises AssertionError for an answer that is no success.
    """
    return uvloop.run(_rate(server, requests, seconds))


async def _rate(server: Server, requests: list[bytes], seconds: float) -> float:
    answered = 0
    started = time.perf_counter()
    counting_from = started + WARM_UP_S
    until = counting_from + seconds

    async def caller(content: bytes) -> None:
        nonlocal answered
        async with await Line.open(server.address, server.ca) as line:
            while (now := time.perf_counter()) < until:
                status, body = await line.ask(content)
                assert status < 300, body
                answered += now >= counting_from

    await asyncio.gather(*map(caller, requests))
    return answered / (time.perf_counter() - counting_from)
