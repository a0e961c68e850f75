"""When what was recorded is shown."""

from __future__ import annotations

import math

import pytest

from locum.recordings.format import Event
from locum.recordings.player import Pace, play
from locum.recordings.reader import Damaged
from recorded import container, playback

EVENTS = (
    Event(1.0, "o", b"one \xc3"),
    Event(1.5, "i", b"typed"),
    Event(1.5, "m", b"channel 1: shell"),
    Event(2.0, "o", b"\xb6"),
    Event(3.0, "e", b"two\x1b]0;x\x07"),
    Event(63.0, "o", b"three"),
)


def played(pace: Pace, raw: bytes | None = None) -> tuple[str, list[float]]:
    """What is written, and the pauses, in whole tenths, as they would be if no time passed otherwise."""
    shown: list[str] = []
    waits: list[float] = []
    try:
        play(playback(raw or container(*EVENTS)), shown.append, pace, wait=waits.append)
    finally:
        assert shown[-1].startswith("\x1b[!p")  # the terminal is put back
    return "".join(shown[:-1]), [round(wait, 1) for wait in waits]


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (Pace(), [1.0, 2.0, 3.0, 63.0]),
        (Pace(speed=2), [0.5, 1.0, 1.5, 31.5]),
        (Pace(longest_pause=2), [1.0, 2.0, 3.0, 5.0]),
        (Pace(longest_pause=2, speed=4), [0.2, 0.5, 0.8, 1.2]),
        (Pace(start=2.5), [0.5, 60.5]),
        (Pace(start=math.inf), []),
    ],
)
def test_what_was_shown_is_shown_when_it_is_due(pace: Pace, due: list[float]) -> None:
    shown, waits = played(pace)
    assert shown == "one ötwothree"
    # The test waits for nothing, so each wait is the whole way from the beginning.
    assert waits == pytest.approx(due, abs=0.11)


def test_a_damaged_one_shows_what_is_good() -> None:
    shown: list[str] = []
    with pytest.raises(Damaged):
        play(playback(container(*EVENTS)[:-300] + bytes(300)), shown.append, Pace(), wait=lambda _: None)
    assert shown[0] == "one "
    assert shown[-1].startswith("\x1b[!p")
