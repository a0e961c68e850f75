"""Clients that never finish asking, against a real uvicorn."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from locum.main import http_protocol
from locum.main.http_protocol import HEAD_BYTES, BoundedProtocol

IDLE = 0.5
HEAD = b"GET /a HTTP/1.1\r\nHost: locum\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(http_protocol, "IDLE_SECONDS", IDLE)
    config = uvicorn.Config(app, http=BoundedProtocol, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


def connect(port: int) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port), timeout=20)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def drip(wire: socket.socket, piece: bytes) -> float:
    """Send one piece after the other until the other side has gone; how long that took."""
    began = time.monotonic()
    wire.settimeout(0.05)
    while True:
        try:
            wire.sendall(piece)
            if wire.recv(4096) == b"":
                break
        except TimeoutError:
            assert time.monotonic() - began < 20
        except OSError:
            break
    wire.close()
    return time.monotonic() - began


def answer(wire: socket.socket, head: bytes = HEAD) -> bytes:
    wire.sendall(head + b"\r\n")
    got = b""
    while not got.endswith(b"\r\n\r\nok"):
        piece = wire.recv(4096)
        assert piece
        got += piece
    return got


def test_a_client_that_says_nothing_is_let_go(port: int) -> None:
    with connect(port) as wire:
        began = time.monotonic()
        assert wire.recv(1) == b""
        assert time.monotonic() - began >= IDLE * 0.9


@pytest.mark.parametrize("before", [b"", HEAD, HEAD + b"X: "])
def test_a_head_that_comes_drop_by_drop_ends(port: int, before: bytes) -> None:
    with connect(port) as wire:
        wire.sendall(before)
        assert drip(wire, b"\r\n" if not before else b"x") < 5


def test_so_does_one_after_an_answered_request(port: int) -> None:
    for drop in (b"\r\n", HEAD):
        with connect(port) as wire:
            assert answer(wire).startswith(b"HTTP/1.1 200")
            assert drip(wire, drop) < 5


def test_a_head_without_end_is_not_kept(port: int) -> None:
    with connect(port) as wire:
        wire.sendall(HEAD + b"X: ")
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_much(wire)


def send_much(wire: socket.socket) -> None:
    for _ in range(64 * HEAD_BYTES // 4096):
        wire.sendall(b"x" * 4096)
        time.sleep(0.0005)


@pytest.mark.parametrize("count", [1, 2_000])
def test_a_head_that_comes_at_once_is_no_longer_either(port: int, count: int) -> None:
    """One read may hold all of it, so that the end of the head is there as soon as its length is."""
    for length, status in ((HEAD_BYTES * 9 // 10, b"200"), (HEAD_BYTES * 11 // 10, b"400")):
        one = length // count - len("X: \r\n")
        with connect(port) as wire:
            wire.sendall(HEAD + (b"X: " + b"x" * one + b"\r\n") * count + b"\r\n")
            assert wire.recv(12) == b"HTTP/1.1 " + status
    with connect(port) as wire:
        wire.sendall(HEAD.replace(b"/a", b"/" + b"a" * HEAD_BYTES) + b"\r\n")
        assert wire.recv(12) == b"HTTP/1.1 400"


def test_requests_one_after_the_other_are_answered(port: int) -> None:
    with connect(port) as wire:
        for _ in range(4):
            assert answer(wire).startswith(b"HTTP/1.1 200")
            time.sleep(IDLE / 2)
    with connect(port) as wire:
        assert answer(wire, HEAD + b"X: " + b"x" * (HEAD_BYTES // 2) + b"\r\n").startswith(b"HTTP/1.1 200")
