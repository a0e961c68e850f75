"""One direction of a channel: from its source by way of the recorder to its sink, in order and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from locum.gateway.ssh.relay import Flow
from locum.recordings.format import Kind

Record = Callable[[Kind, bytes, Callable[[], None]], None]


class Readable(Protocol):
    """What data comes from: an SSH channel."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Writable(Protocol):
    """Where data goes: an SSH channel."""

    def write(self, data: bytes, datatype: int | None = None) -> None: ...
    def is_closing(self) -> bool: ...


class Pipe:
    """`source` and `sink` are set when they are there. Nothing is taken before both are."""

    def __init__(self, record: Record) -> None:
        self.source: Readable | None = None
        self.sink: Writable | None = None
        self._record = record
        self._flow = Flow()
        self._paused = False
        self._waiting: list[Callable[[], None]] = []

    def keep_with(self, record: Record) -> None:
        """From now on, what is taken is kept by `record`, which calls when it may be passed on."""
        self._record = record

    def take(self, kind: Kind, data: bytes, datatype: int | None = None) -> None:
        """Record `data`, and pass it on when it can't be lost any more."""
        self._flow.pending += len(data)
        self._record(kind, data, partial(self._kept, len(data), partial(self.pass_on, data, datatype)))
        self._update()

    def take_at_once(self, kind: Kind, data: bytes, kept: bytes) -> None:
        """Pass `data` on and record `kept` of it, which may be nothing."""
        self.pass_on(data)  # first, as waking the recorder's thread takes longer than sending
        if kept:
            self._flow.pending += len(kept)
            self._record(kind, kept, partial(self._kept, len(kept), None))
        self._update()

    def pass_on(self, data: bytes, datatype: int | None = None) -> None:
        """Write to the sink unless it is closed."""
        if self.sink is not None and not self.sink.is_closing():
            self.sink.write(data, datatype)

    def block(self, who: str, blocked: bool) -> None:
        """A writer below asks to wait, or to go on."""
        if blocked:
            self._flow.blocked.add(who)
        else:
            self._flow.blocked.discard(who)
        self._update()

    def when_drained(self, action: Callable[[], None]) -> None:
        """Call `action` behind the data taken so far: at once if nothing is on its way."""
        if self._flow.pending == 0:
            action()
        else:
            self._waiting.append(action)

    def _kept(self, size: int, then: Callable[[], None] | None) -> None:
        self._flow.pending -= size
        if then is not None:
            then()
        if self._flow.pending == 0 and self._waiting:
            waiting, self._waiting = self._waiting, []
            for action in waiting:
                action()
        self._update()

    def _update(self) -> None:
        if self.source is None or self._paused is not self._flow.open:
            return
        self._paused = not self._flow.open
        if self._paused:
            self.source.pause_reading()
        else:
            self.source.resume_reading()
