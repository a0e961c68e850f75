"""What the console's page does with a terminal's WebSocket, without a browser."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from installation import Installation

WITHIN_S = 30.0


def path_of(session_id: str) -> str:
    return f"/api/locum/v1/ActivitySession/{session_id}/Terminal"


def cookies_of(http: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


def dial(installed: Installation, path: str, headers: dict[str, str]) -> ClientConnection:
    """The handshake. Raises websockets' InvalidStatus where it is refused."""
    tls = ssl.create_default_context(cafile=str(installed.data / "public" / "ca.crt"))
    # This client reads and writes from two threads. While one of them takes the session tickets that TLS 1.3 sends
    # behind the handshake, what the other writes is lost, once in some hundred connections.
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    return connect(f"wss://{installed.https}{path}", ssl=tls, additional_headers=headers, open_timeout=WITHIN_S)


class Window:
    """`shown` is what came to the screen, `told` what came besides. Everything shown is said to be, at once."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.shown = b""
        self.told: dict[str, Any] = {}

    def type(self, text: str) -> None:
        self.socket.send(text.encode())

    def say(self, **words: Any) -> None:
        self.socket.send(json.dumps(words))

    def next(self) -> None:
        """One message more. Raises websockets' ConnectionClosed at the end."""
        message = self.socket.recv(timeout=WITHIN_S)
        if isinstance(message, bytes):
            self.shown += message
            with suppress(ConnectionClosed):  # the server may have said all it had to, and gone
                self.say(shown=len(message))
        else:
            self.told.update(json.loads(message))

    def until(self, words: str) -> None:
        """Wait until these words are on the screen."""
        while words.encode() not in self.shown:
            assert "ended" not in self.told, (self.told, self.shown)
            self.next()

    def until_told(self, name: str) -> Any:
        """Wait until the server has said this."""
        while name not in self.told:
            self.next()
        return self.told[name]


def ticket(http: httpx.Client, path: str) -> str:
    answer = http.post(path)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["ticket"]
    return text


@contextmanager
def window(installed: Installation, http: httpx.Client, path: str, **first: Any) -> Iterator[Window]:
    """A WebSocket there, with its ticket handed in."""
    headers = {"Cookie": cookies_of(http), "Origin": f"https://{installed.https}"}
    with dial(installed, path, headers) as socket:
        opened = Window(socket)
        opened.say(ticket=ticket(http, path), **first)
        yield opened


@contextmanager
def terminal(installed: Installation, http: httpx.Client, session_id: str) -> Iterator[Window]:
    """A terminal of 100 by 30 in this session, with a shell in it."""
    with window(installed, http, path_of(session_id), columns=100, rows=30) as opened:
        opened.until_told("terminal")
        yield opened
