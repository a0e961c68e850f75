"""What a target's SSH server does that has gone mad, or is an attacker's: each once, on a connection of the gateway."""

from __future__ import annotations

import os

import asyncssh
from asyncssh.constants import MSG_CHANNEL_DATA, MSG_CHANNEL_OPEN, MSG_GLOBAL_REQUEST, MSG_IGNORE
from asyncssh.packet import Boolean, String, UInt32


def garbage(connection: asyncssh.SSHServerConnection) -> None:
    """Bytes that no key opens."""
    connection._transport.write(os.urandom(100_000))


def flood(connection: asyncssh.SSHServerConnection) -> None:
    """Small requests without end, whose answers nobody reads."""
    connection._transport.pause_reading()
    for _ in range(3000):
        connection.send_packet(MSG_GLOBAL_REQUEST, String(b"what@example.com"), Boolean(True))
        connection.send_packet(MSG_IGNORE, String(b""))


def channels(connection: asyncssh.SSHServerConnection) -> None:
    """What only a client opens, and what nobody does."""
    for kind in (b"session", b"x11", b"auth-agent@openssh.com", b"forwarded-tcpip", b"\xff", b"what@example.com"):
        connection.send_packet(MSG_CHANNEL_OPEN, String(kind), UInt32(9), UInt32(1 << 20), UInt32(1 << 15))


def window(connection: asyncssh.SSHServerConnection) -> None:
    """More than the window lets through."""
    for _ in range(10):
        connection.send_packet(MSG_CHANNEL_DATA, UInt32(0), String(b"x" * 32_000))


def escapes(connection: asyncssh.SSHServerConnection) -> None:
    """A reason for leaving that would take over a terminal."""
    connection.disconnect(2, "\x1b]0;owned\x07\x1b[2J")
