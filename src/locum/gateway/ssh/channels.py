"""The shells and commands of one client connection, all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncssh

from locum.gateway.ssh.channel import Channel
from locum.gateway.ssh.forward import prohibited
from locum.gateway.ssh.relay import CHANNEL_LIMIT
from locum.gateway.ssh.transport import ServerChannel

if TYPE_CHECKING:
    from locum.gateway.ssh.connection import ClientConnection


class Channels:
    """Those that are open."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._open: set[Channel] = set()
        self._opened = 0
        self._full = {"client": False, "target": False, "log": False}

    @property
    def started(self) -> bool:
        """Whether anybody is there to be told something."""
        return any(channel.started for channel in self._open)

    @property
    def terminal(self) -> Channel | None:
        """The first of those that have a person at a terminal, and something that runs in it."""
        running = [channel for channel in self._open if channel.has_pty and channel.is_running]
        return min(running, key=lambda channel: channel.number, default=None)

    def open(self) -> Channel:
        """A new one. Raises ChannelOpenError where that must not be."""
        if self._connection.locked is not None:
            raise prohibited(f"your session is locked: {self._connection.locked}")
        # A client may open the next one in the same breath as it closes one.
        if sum(not _is_closed(one) for one in self._open) >= CHANNEL_LIMIT:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE, f"not more than {CHANNEL_LIMIT} shells and commands at once"
            )
        self._opened += 1
        channel = Channel(self._connection, self._opened)
        for side, full in self._full.items():
            channel.block(side, full)
        self._open.add(channel)
        return channel

    def closed(self, channel: Channel) -> None:
        """The client's side of it is gone."""
        self._open.discard(channel)

    def say(self, line: str, *, terminals_only: bool = False) -> None:
        """Tell each of them, or those that have a person at a terminal."""
        for channel in self._open:
            if channel.has_pty or not terminals_only:
                channel.say(line)

    def block(self, side: str, full: bool) -> None:
        """The connection to this side, or the audit log, takes no more at the moment, or does again."""
        self._full[side] = full
        for channel in self._open:
            channel.block(side, full)

    def lock(self, locked: bool) -> None:
        """Let nothing pass, or again."""
        for channel in list(self._open):
            channel.lock(locked)

    def finish(self, reason: str) -> None:
        """End them, with the reason."""
        for channel in list(self._open):
            channel.finish(reason)


def _is_closed(channel: Channel) -> bool:
    client = channel.up.source
    return isinstance(client, ServerChannel) and client.is_closed
