"""The target's side of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncssh

from locum.gateway.ssh.relay import printable

if TYPE_CHECKING:
    from locum.gateway.ssh.channel import Channel


class TargetSide(asyncssh.SSHClientSession[bytes]):
    """What asyncssh tells of it, passed on to the channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._channel.take_down(data, datatype)

    def eof_received(self) -> bool:
        self._channel.end_of_output()
        return True

    def exit_status_received(self, status: int) -> None:
        self._channel.exited(lambda client: client.exit(status))

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._channel.exited(
            lambda client: client.exit_with_signal(signal, core_dumped, printable(msg), printable(lang))
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel.target_closed()

    def pause_writing(self) -> None:
        self._channel.up.block("channel", True)

    def resume_writing(self) -> None:
        self._channel.up.block("channel", False)
