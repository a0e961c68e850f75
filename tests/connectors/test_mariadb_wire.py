"""A hostile server in place of MariaDB gets no password in clear, and little memory and time (SEC-23)."""

from __future__ import annotations

import asyncio
import resource
import struct
import threading
import time
from contextlib import suppress

import pytest

from locum.connectors import mariadb_wire
from locum.connectors.base import Target, TargetRefused, TargetUnreachable
from locum.connectors.mariadb_wire import Wire

pytestmark = pytest.mark.anyio

_CAPABILITIES = 0xFFFFF7FF  # everything but TLS


def packet(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def greeting(plugin: bytes) -> bytes:
    low, high = struct.pack("<H", _CAPABILITIES & 0xFFFF), struct.pack("<H", _CAPABILITIES >> 16)
    salt = b"12345678"
    body = b"\x0a5.5.5-10.11.0-MariaDB\0" + bytes(4) + salt + b"\0" + low + b"\x21\x02\x00" + high + b"\x15"
    return packet(0, body + bytes(10) + b"123456789012\0" + plugin + b"\0")


NATIVE = greeting(b"mysql_native_password")


def switch_to(plugin: bytes) -> bytes:
    return packet(2, b"\xfe" + plugin + b"\0" + b"12345678901234567890\0")


@pytest.mark.parametrize(
    ("hello", "answer", "flood"),
    [
        (NATIVE, switch_to(b"mysql_clear_password"), b""),
        (NATIVE, switch_to(b"mysql_old_password"), b""),
        (NATIVE, switch_to(b"dialog"), b""),
        (NATIVE, switch_to(b"caching_sha2_password"), b""),
        (greeting(b"sha256_password"), switch_to(b"sha256_password"), b""),
        (greeting(b"caching_sha2_password"), packet(2, b"\x01\x04"), b""),
        (b"\xff\xff\xff\x00", b"", b"x" * 65536),
        (NATIVE, b"\xff\xff\xff\x02", b"x" * 65536),
        (packet(0, b"\x0a"), b"", b""),
        (packet(0, b""), b"", b""),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b""),
        (NATIVE, packet(2, b"\x00"), b""),
    ],
)
async def test_a_hostile_server_is_left(hello: bytes, answer: bytes, flood: bytes) -> None:
    heard = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        with suppress(ConnectionError, TimeoutError):
            writer.write(hello)
            if answer:
                heard += await asyncio.wait_for(reader.read(4096), 2)
                writer.write(answer)
            for _ in range(2000 if flood else 0):
                writer.write(flood)
                await writer.drain()
            heard += await asyncio.wait_for(reader.read(4096), 2)
        writer.close()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as hostile:
        port = hostile.sockets[0].getsockname()[1]
        target = Target("127.0.0.1", port, "keeper", None, None, None, False, None, encrypted=False)
        with pytest.raises((TargetRefused, TargetUnreachable)):
            await Wire.open(target, "keeper", "canary-password")
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert b"canary-password" not in heard


async def test_a_server_without_tls_is_refused_where_tls_is_asked_for() -> None:
    heard = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        writer.write(NATIVE)
        heard = await reader.read(4096)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as plain:
        target = Target("127.0.0.1", plain.sockets[0].getsockname()[1], "keeper", None, None, None, False, None)
        with pytest.raises(TargetRefused, match="SSL is required"):
            await Wire.open(target, "keeper", "canary-password")
    assert heard == b""


async def test_a_server_that_drips_is_given_up_and_its_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb_wire, "CONNECT_TIMEOUT_S", 0.5)
    ended = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for byte in NATIVE * 10:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as slow:
        target = Target(
            "127.0.0.1", slow.sockets[0].getsockname()[1], "x", None, None, None, False, None, encrypted=False
        )
        with pytest.raises(TargetUnreachable, match="in time"):
            await Wire.open(target, "keeper", "canary-password")
        await asyncio.wait_for(ended.wait(), 5)
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("locum-mariadb") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
