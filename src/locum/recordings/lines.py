"""PURE: lines of text, as people search for them, from what passed on a connection.

What a terminal shows is taken line by line, without escape codes; a line that was overwritten counts as it was in the
end. What a person types counts as a line when they end it, with what they took back taken back; a command that a
client asked for is one too. Passwords at a prompt never were in the recording. A line that is mostly no text, as of a
picture that is sent, is none.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from locum.recordings.format import Event

LONGEST_LINE = 1000  # characters; what is longer goes on in a further line
UNREADABLE = "\ufffd"  # what stands for bytes that are no UTF-8


class Stream(IntEnum):
    """Numbers of the contract's StreamType, those that there are."""

    INPUT = 2
    OUTPUT = 3


@dataclass(frozen=True, slots=True)
class TextLine:
    """`at_ms` is when its last part passed, in milliseconds since the connection's start."""

    at_ms: int
    stream: Stream
    text: str


_COMMAND = re.compile(rb"channel \d+: exec: (.*)", re.DOTALL)
# Going to another place of the screen ends what stood together; all other codes only colour it.
_MOVE = re.compile(r"\x1b\[[0-9;?]*[ABEFHJdf]|\x1b[DEM78]|\x1bc")
_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_HALF_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_LONGEST_CODE = 256
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]+")


@dataclass(slots=True)
class _Side:
    """One direction: what was not a whole line so far."""

    stream: Stream
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    rest: str = ""
    at_ms: int = 0

    def take(self, event: Event) -> Iterator[TextLine]:
        self.at_ms = int(event.at * 1000)
        text = self.rest + self.decoder.decode(event.data)
        half = _HALF_CODE.search(text)
        kept = text[half.start() :] if half and len(text) - half.start() < _LONGEST_CODE else ""
        text = text[: len(text) - len(kept)]
        if self.stream is Stream.INPUT:
            text = _CODE.sub("", text).replace("\r", "\n")
        else:
            text = _CODE.sub("", _MOVE.sub("\n", text)).replace("\r\n", "\n")
        *whole, self.rest = text.split("\n")
        for line in whole:
            yield from self._pieces(line)
        while len(self.rest) >= LONGEST_LINE:
            yield from self._pieces(self.rest[:LONGEST_LINE])
            self.rest = self.rest[LONGEST_LINE:]
        self.rest += kept

    def end(self) -> Iterator[TextLine]:
        rest, self.rest = _CODE.sub("", self.rest), ""
        yield from self._pieces(rest)

    def _pieces(self, line: str) -> Iterator[TextLine]:
        if 10 * line.count(UNREADABLE) > 3 * len(line):
            return
        line = line.rstrip("\r").rpartition("\r")[2]
        shown = _CONTROL.sub("", _taken_back(line)).strip()
        for start in range(0, len(shown), LONGEST_LINE):
            yield TextLine(self.at_ms, self.stream, shown[start : start + LONGEST_LINE])


class Lines:
    """Takes the events of one connection in order."""

    def __init__(self) -> None:
        self._sides = {
            "o": _Side(Stream.OUTPUT),
            "e": _Side(Stream.OUTPUT),
            "i": _Side(Stream.INPUT),
        }

    def take(self, events: Iterable[Event]) -> Iterator[TextLine]:
        """The lines that these events end."""
        for event in events:
            if event.kind == "m":
                command = _COMMAND.fullmatch(event.data)
                if command:
                    yield from _Side(Stream.INPUT).take(Event(event.at, "i", command[1] + b"\n"))
            elif event.kind in self._sides:
                yield from self._sides[event.kind].take(event)

    @property
    def pending(self) -> bool:
        """Whether something is there that no line has yet."""
        return any(side.rest for side in self._sides.values())

    def end(self) -> Iterator[TextLine]:
        """What is left at the end of the recording, or when nothing has passed for a while."""
        for side in self._sides.values():
            yield from side.end()


def _taken_back(line: str) -> str:
    """The line without what was typed and erased again."""
    if "\x08" not in line and "\x7f" not in line:
        return line
    kept: list[str] = []
    for letter in line:
        if letter not in "\x08\x7f":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)
