"""Plays a recording in a terminal, in its own time or another."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from locum.recordings.format import Kind
from locum.recordings.reader import Playback
from locum.recordings.screen import Screen

_SHOWN: tuple[Kind, ...] = ("o", "e")


@dataclass(frozen=True, slots=True)
class Pace:
    """`start`: what came before this second is shown at once. Pauses are cut to `longest_pause` seconds of the
    recording, and all of it passes `speed` times as fast."""

    start: float = 0.0
    speed: float = 1.0
    longest_pause: float = math.inf


def _sleep(seconds: float) -> None:
    """In short naps: a Ctrl+C that comes just before one would else be noticed when a long pause is over."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))


def play(
    playback: Playback, write: Callable[[str], None], pace: Pace, *, wait: Callable[[float], None] = _sleep
) -> None:
    """Write what was shown when it is due, as far as another terminal may be shown it; never what was typed.

    The terminal is put back at the end, whatever ends it. Raises Damaged after what is good.
    """
    screen = Screen()
    decoders = {kind: codecs.getincrementaldecoder("utf-8")("replace") for kind in _SHOWN}
    due, at = time.monotonic(), pace.start
    try:
        for event in playback.events():
            if event.kind not in decoders:
                continue
            if event.at > at:
                due += min(event.at - at, pace.longest_pause) / pace.speed
                at = event.at
                wait(max(0.0, due - time.monotonic()))
            write(screen.show(decoders[event.kind].decode(event.data)))
    finally:
        write(screen.leave())
