"""A file transfer in one channel: what its guard lets through, in order, and behind what is kept of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.commands import plain_transfer
from locum.gateway.ssh.file_log import FileEvent
from locum.gateway.ssh.relay import Refusal, printable
from locum.gateway.ssh.scp import ScpGuard
from locum.gateway.ssh.sftp import Guard
from locum.gateway.ssh.sftp_packets import Malformed
from locum.recordings.format import Kind

if TYPE_CHECKING:
    from locum.gateway.ssh.channel import Channel
    from locum.gateway.ssh.connection import ClientConnection

FILE_EVENT = "connection.file"


def guard_of(rules: ChannelRules, *, subsystem: str, command: str) -> Guard | ScpGuard | None:
    """Who looks into what passes; None where nobody does. What is not allowed never comes here."""
    if subsystem:
        return Guard(rules)
    transfer = plain_transfer(command)
    return ScpGuard(rules, transfer) if transfer is not None and transfer.tool == "scp" else None


def synchronised(command: str) -> FileEvent | None:
    """What is kept of an `rsync`, which shows which files it moves to nobody in between."""
    transfer = plain_transfer(command)
    if transfer is None or transfer.tool != "rsync":
        return None
    way = "to the target" if transfer.upload else "from the target"
    return FileEvent("synchronised", transfer.path, note=f"by rsync, {way}: names and digests are not seen")


def look_into(channel: Channel, connection: ClientConnection, *, subsystem: str, command: str) -> Files | None:
    """What looks into a transfer of files; None where nothing does."""
    guard = guard_of(connection.rules, subsystem=subsystem, command=command)
    if guard is not None:
        return Files(guard, channel, connection)
    if (event := synchronised(command)) is not None:
        channel.mark(event.line)
        connection.happened(FILE_EVENT, event.detail)
    return None


class Files:
    """Takes the place of the recording of bytes: of a file its name, size and SHA-256 are kept, not what is in it.

    A file is opened on the target when the recording says so, and its end is told when that is recorded.
    """

    def __init__(self, guard: Guard | ScpGuard, channel: Channel, connection: ClientConnection) -> None:
        self._channel = channel
        self._connection = connection
        self._guard = guard
        self._noted = self._kept = 0
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._told: set[str] = set()
        for pipe in (channel.up, channel.down):
            pipe.keep_with(self._behind_notes)

    def up(self, data: bytes) -> None:
        """The client said this."""
        self._through(self._guard.from_client, data)

    def down(self, data: bytes) -> None:
        """The target said this."""
        self._through(self._guard.from_target, data)

    def end(self) -> None:
        """The channel is gone. Again, nothing happens."""
        self._guard.end()
        self._write_down()

    def _through(self, take: Callable[[bytes], None], data: bytes) -> None:
        try:
            take(data)
        except Malformed as error:
            self._write_down()
            self._channel.finish(f"the file transfer was ended: {error}")
            return
        self._write_down()
        guard = self._guard
        if guard.to_target:
            up, guard.to_target = b"".join(guard.to_target), []
            self._channel.up.take("i", up)
        if guard.to_client:
            down, guard.to_client = b"".join(guard.to_client), []
            self._channel.down.take("o", down)
        self._channel.up.block("guard", guard.waiting)

    def _write_down(self) -> None:
        guard = self._guard
        for note in guard.notes:
            self._note(printable(note))
        for event in guard.events:
            self._note(event.line)
            self._connection.happened(FILE_EVENT, event.detail)
        for why, asked in guard.refused:
            self._connection.refused(Refusal("file", printable(asked)[:200]), tell=False)
            if why not in self._told:
                self._told.add(why)
                self._channel.say(why)
        guard.notes, guard.events, guard.refused = [], [], []

    def _note(self, line: str) -> None:
        self._noted += 1
        self._channel.mark(line, self._note_kept)

    def _note_kept(self) -> None:
        self._kept += 1
        while self._waiting and self._waiting[0][0] <= self._kept:
            self._waiting.popleft()[1]()

    def _behind_notes(self, kind: Kind, data: bytes, done: Callable[[], None]) -> None:
        if self._kept == self._noted:
            done()
        else:
            self._waiting.append((self._noted, done))
