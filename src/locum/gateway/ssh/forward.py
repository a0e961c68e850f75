"""One forwarded connection (`ssh -L`, `-D`, `-W`, `-J`): from the client by way of the target to where it leads.

The target's sshd opens it, so nothing is reached from here. Where it went, for how long and how many bytes passed is
kept, and not what they were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import asyncssh

from locum.gateway.ssh.pipe import Pipe
from locum.gateway.ssh.relay import PACKET, WINDOW, place
from locum.gateway.ssh.transport import TargetConnection
from locum.recordings.format import Kind

if TYPE_CHECKING:
    from locum.gateway.ssh.connection import ClientConnection

FORWARD_EVENT = "connection.forward"


def _not_kept(kind: Kind, data: bytes, done: Callable[[], None]) -> None:
    done()


class Forward(asyncssh.SSHTCPSession[bytes]):
    """The client's side; `_Far` is the other."""

    def __init__(self, connection: ClientConnection, number: int, host: str, port: int) -> None:
        self._where = place(host, port)
        self._host, self._port = host, port
        self._number = number
        self._connection = connection
        self._up, self._down = Pipe(_not_kept), Pipe(_not_kept)
        self._near: asyncssh.SSHTCPChannel[bytes] | None = None
        self._far: asyncssh.SSHTCPChannel[bytes] | None = None
        self._sent = self._received = 0
        self._over = False

    async def open(self, target: TargetConnection) -> None:
        """Have the target connect. Raises ChannelOpenError."""
        self._mark(f"opened to {self._where}")
        self._far, _ = await target.create_connection(
            lambda: _Far(self), self._host, self._port, window=WINDOW, max_pktsize=PACKET
        )
        if self._over:
            self._far.abort()
        self._up.sink = self._down.source = self._far

    # -- the client's side

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._near = self._up.source = self._down.sink = chan

    def session_started(self) -> None:
        if self._far is not None:
            self._far.resume_reading()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._sent += len(data)
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

    def take_down(self, data: bytes) -> None:
        """It said this."""
        self._received += len(data)
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
        self._mark(f"closed to {self._where}, {self._sent} bytes sent, {self._received} received")
        self._connection.happened(
            FORWARD_EVENT, {"destination": self._where, "sent": self._sent, "received": self._received}
        )
        self._connection.forward_closed(self)

    def _mark(self, text: str) -> None:
        self._connection.record("m", f"forward {self._number}: {text}".encode())


class _Far(asyncssh.SSHTCPSession[bytes]):
    """The target's side of a forwarded connection."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        chan.pause_reading()  # until the client's side is there

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
