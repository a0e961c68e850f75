"""One forwarded connection: from the client by way of the target to where it leads (`ssh -L`, `-D`, `-W`, `-J`), or
back from the target to the client, where `backward.py` allows that.

The target's sshd opens what leads on, so nothing is reached from here. Where it went, for how long and how many bytes
passed is kept, and not what they were.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncssh

from locum.activities.channel_rules import reaches
from locum.audit.classify import Detail
from locum.gateway.ssh.pipe import Pipe
from locum.gateway.ssh.relay import FORWARD_LIMIT, PACKET, WINDOW, Refusal, place, printable
from locum.gateway.ssh.transport import TargetConnection
from locum.kit.errors import LocumError
from locum.recordings.format import Kind

if TYPE_CHECKING:
    from locum.gateway.ssh.connection import ClientConnection

Ask = Callable[[Callable[[], Any]], Awaitable[object]]
"""Has the client open a channel, whose session is made by what it is given."""

FORWARD_EVENT = "connection.forward"


def _not_kept(kind: Kind, data: bytes, done: Callable[[], None]) -> None:
    done()


class Forward(asyncssh.SSHTCPSession[bytes]):
    """The client's side; `_Far` is the other. Who opens one of them is kept from speaking until the other is there."""

    def __init__(
        self,
        connection: ClientConnection,
        number: int,
        label: str,
        detail: Detail,
        closed: Callable[[Forward], None],
    ) -> None:
        self._closed = closed
        self._label = label
        self._detail = detail
        self._number = number
        self._connection = connection
        self._up, self._down = Pipe(_not_kept), Pipe(_not_kept)
        self._near: asyncssh.SSHTCPChannel[bytes] | None = None
        self._far: asyncssh.SSHTCPChannel[bytes] | None = None
        self._sent = self._received = 0
        self._over = False
        self._mark(f"opened {label}")

    async def open(self, target: TargetConnection, host: str, port: int) -> None:
        """Have the target connect. Raises ChannelOpenError."""
        await target.create_connection(lambda: _Far(self), host, port, window=WINDOW, max_pktsize=PACKET)

    async def open_back(self, ask: Ask) -> asyncssh.SSHTCPSession[bytes]:
        """Have the client open it, with `ask`; the target's side of it. Raises ChannelOpenError."""
        await ask(lambda: self)
        if self._over:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "it was closed at once")
        return _Far(self)

    # -- the client's side

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._near = self._up.source = self._down.sink = chan
        if self._far is None:
            chan.pause_reading()

    def session_started(self) -> None:
        if self._far is not None:
            self._far.resume_reading()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._sent += len(data)
        self._connection.touched()
        self._up.take("i", data)

    def eof_received(self) -> bool:
        if self._far is not None:
            self._far.write_eof()
        return True

    def pause_writing(self) -> None:
        self._down.block("channel", True)

    def resume_writing(self) -> None:
        self._down.block("channel", False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._near = None
        if self._far is not None:
            self._far.close()
        self._end()

    # -- the other side

    def far_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        """It is there."""
        self._far = self._up.sink = self._down.source = chan
        if self._over:
            chan.abort()
        elif self._near is None:
            chan.pause_reading()

    def far_started(self) -> None:
        """It may be spoken to."""
        if self._near is not None:
            self._near.resume_reading()

    def take_down(self, data: bytes) -> None:
        """It said this."""
        self._received += len(data)
        self._connection.touched()
        self._down.take("o", data)

    def far_ended(self) -> None:
        """It has no more to say, and may still listen."""
        if self._near is not None:
            self._near.write_eof()

    def far_lost(self) -> None:
        """It is gone."""
        if self._near is not None:
            self._near.close()
        self._end()

    def far_full(self, full: bool) -> None:
        """It takes no more at the moment, or does again."""
        self._up.block("channel", full)

    # -- what the connection says

    def block(self, side: str, full: bool) -> None:
        """The connection to this side, or the audit log, takes no more at the moment, or does again."""
        (self._down if side == "client" else self._up).block(side, full)

    def lock(self, locked: bool) -> None:
        """Let nothing pass either way, or again."""
        for pipe in (self._up, self._down):
            pipe.block("lock", locked)

    def finish(self) -> None:
        """End it now."""
        for channel in (self._near, self._far):
            if channel is not None:
                channel.abort()
        self._end()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._mark(f"closed {self._label}, {self._sent} bytes sent, {self._received} received")
        self._connection.happened(FORWARD_EVENT, {**self._detail, "sent": self._sent, "received": self._received})
        self._closed(self)

    def _mark(self, text: str) -> None:
        self._connection.record("m", f"forward {self._number}: {text}".encode())


class _Far(asyncssh.SSHTCPSession[bytes]):
    """The target's side of a forwarded connection."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._forward.far_made(chan)

    def session_started(self) -> None:
        self._forward.far_started()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._forward.take_down(data)

    def eof_received(self) -> bool:
        self._forward.far_ended()
        return True

    def pause_writing(self) -> None:
        self._forward.far_full(True)

    def resume_writing(self) -> None:
        self._forward.far_full(False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forward.far_lost()


class Forwards:
    """All of one client connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._open: set[Forward] = set()
        self._opened = 0
        self._over = False

    async def open(self, host: str, port: int) -> Forward:
        """One that leads there, open. Raises ChannelOpenError where that must not be."""
        connection = self._connection
        try:
            target = await connection.target()
        except LocumError as error:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, printable(error.detail)) from None
        if not reaches(connection.rules, host, port, sshd_port=connection.sshd_port):
            refusal = Refusal("local-forward", f"direct-tcpip {place(host, port)}")
            connection.refused(refusal, tell=False)
            raise prohibited(refusal.reason)
        forward = self._new(f"to {place(host, port)}", {"destination": place(host, port)})
        try:
            await forward.open(target, host, port)
        except asyncssh.ChannelOpenError as error:
            forward.finish()
            raise asyncssh.ChannelOpenError(error.code, printable(error.reason)[:200]) from None
        return forward

    async def open_back(self, label: str, detail: Detail, ask: Ask) -> asyncssh.SSHTCPSession[bytes]:
        """The target's side of one that the target opens and `ask` has the client open. Raises ChannelOpenError."""
        forward = self._new(label, detail)
        try:
            return await forward.open_back(ask)
        except asyncssh.ChannelOpenError:
            forward.finish()
            raise

    def _new(self, label: str, detail: Detail) -> Forward:
        connection = self._connection
        if connection.locked is not None:
            raise prohibited(f"your session is locked: {connection.locked}")
        if len(self._open) >= FORWARD_LIMIT or self._over:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE, f"not more than {FORWARD_LIMIT} forwarded connections at once"
            )
        self._opened += 1
        forward = Forward(connection, self._opened, label, detail, self._open.discard)
        self._open.add(forward)
        return forward

    def block(self, side: str, full: bool) -> None:
        """The connection to this side, or the audit log, takes no more at the moment, or does again."""
        for forward in self._open:
            forward.block(side, full)

    def lock(self, locked: bool) -> None:
        """Let nothing pass either way, or again."""
        for forward in self._open:
            forward.lock(locked)

    def finish(self) -> None:
        """End them all, and open none any more."""
        self._over = True
        for forward in list(self._open):
            forward.finish()


def prohibited(reason: str) -> asyncssh.ChannelOpenError:
    """The refusal of a channel, with words that the client shows."""
    return asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, printable(reason))
