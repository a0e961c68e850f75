"""Plays a recording as asciicast v2 (docs.asciinema.org/manual/asciicast/v2), as the standard player takes it."""

from __future__ import annotations

import codecs
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from locum.kit.errors import TooLarge
from locum.recordings.format import Event, Kind, Opening, escape
from locum.recordings.reader import Damaged, Playback, open_container
from locum.vault.secret import Secret

_SIZE = re.compile(rb"(\d{1,10})x(\d{1,10})")
_LONGEST_SIDE = 1000
_TITLE_LENGTH = 256
_STREAMS: dict[Kind, str] = {"o": "o", "e": "o", "i": "i"}


def export(path: Path, data_key: Secret, target: Path, *, with_input: bool = False) -> None:
    """Write the recording at `path` to `target`, readable by its owner only.

    Where the container is damaged, `target` holds what came before the damage and Damaged is raised. Raises
    NotFound, and OSError where `target` can't be written.
    """
    damage: Damaged | None = None
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as out, open_container(path) as file:
            playback = Playback(file, data_key)
            try:
                out.writelines(lines(playback, with_input=with_input))
            except Damaged as error:
                damage = error
        os.replace(part, target)
    except BaseException:
        Path(part).unlink()
        raise
    if damage is not None:
        raise damage


def text(path: Path, data_key: Secret, *, limit: int) -> bytes:
    """The whole file in memory, without what was typed. Blocks.

    Raises TooLarge beyond `limit` bytes, NotFound, and Damaged with nothing to show for it: here half a recording
    could not be told from a whole one.
    """
    found: list[bytes] = []
    size = 0
    with open_container(path) as file:
        for line in lines(Playback(file, data_key)):
            size += len(line)
            if size > limit:
                raise TooLarge(f"the recording is over {limit} bytes as text: use locum recording export")
            found.append(line)
    return b"".join(found)


def lines(playback: Playback, *, with_input: bool = False) -> Iterator[bytes]:
    """The file line by line. What was typed is left out unless asked for: it may hold passwords.

    stderr is shown as output, as a terminal shows it. Raises Damaged after the lines that are good.
    """
    cast = Cast(playback, with_input=with_input)
    yield cast.head()
    yield from cast.more()
    yield from cast.end()


class Cast:
    """The lines of a recording that may still be written: `head`, then `more` as often as there may be more, `end`."""

    def __init__(self, playback: Playback, *, with_input: bool = False) -> None:
        self._playback = playback
        self._with_input = with_input
        self._decoders = {kind: codecs.getincrementaldecoder("utf-8")("replace") for kind in _STREAMS}
        self._at = 0.0

    def head(self) -> bytes:
        """The first line."""
        return _line(_header(self._playback.opening))

    def more(self) -> Iterator[bytes]:
        """A line for each further event. Raises Damaged after the lines that are good."""
        for event in self._playback.events():
            self._at = event.at
            text = _text(event, self._decoders)
            if text and (event.kind != "i" or self._with_input):
                yield _line([self._at, _STREAMS.get(event.kind, event.kind), text])

    def end(self) -> Iterator[bytes]:
        """What is left: half characters that will never be whole."""
        for kind, decoder in self._decoders.items():
            rest = decoder.decode(b"", final=True)
            if rest and (kind != "i" or self._with_input):
                yield _line([self._at, _STREAMS[kind], rest])


def _text(event: Event, decoders: Mapping[Kind, codecs.IncrementalDecoder]) -> str:
    """What the event shows; empty where nothing, such as half a character whose rest is in a later event."""
    if event.kind in decoders:
        return decoders[event.kind].decode(event.data)
    if event.kind == "m":
        return escape(event.data.decode(errors="replace"))
    size = _SIZE.fullmatch(event.data)
    return "x".join(str(side) for side in _clamp(int(size[1]), int(size[2]))) if size else ""


def _header(opening: Opening) -> dict[str, Any]:
    width, height = _clamp(opening.width, opening.height)
    header: dict[str, Any] = {"version": 2, "width": width, "height": height, "timestamp": opening.timestamp}
    if opening.title:
        header["title"] = escape(opening.title[:_TITLE_LENGTH])
    if opening.term:
        header["env"] = {"TERM": escape(opening.term[:_TITLE_LENGTH])}
    return header


def _clamp(width: int, height: int) -> tuple[int, int]:
    """Clients say 0x0 where they have no terminal, and no player can show that, nor four billion columns."""
    return min(max(width, 0), _LONGEST_SIDE) or 80, min(max(height, 0), _LONGEST_SIDE) or 24


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"
