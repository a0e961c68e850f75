"""`locum scan-token`: API keys in files, folders and standard input, each said without showing it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from locum.identities.token_scan import Found, TokenScan, mentions

PIECE = 128 * 1024  # bytes read at a time
ASKED_AT_ONCE = 500  # keys: as many as one line to the server's socket has room for
STANDARD_INPUT = "-"

FOUND, UNREADABLE, NOTHING = 1, 2, 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for. With `data_dir` each key's application is looked up."""

    paths: tuple[Path, ...]
    look_alikes: bool
    as_json: bool
    data_dir: Path | None
    database_url: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    found: Found


def scan(wanted: Wanted) -> int:
    """Print every find and give the exit status. Raises StartError for a data directory that is none."""
    reading = _Reading(wanted.look_alikes)
    places = reading.places(map(str, wanted.paths))
    any_found = False
    while batch := list(islice(places, 1 if wanted.data_dir is None else ASKED_AT_ONCE)):
        any_found = True
        for place, holder in zip(batch, _holders(wanted, batch), strict=True):
            click.echo(_json(place, holder, wanted) if wanted.as_json else _line(place, holder, wanted))
    if any_found:
        return FOUND
    return UNREADABLE if reading.failed else NOTHING


class _Reading:
    """Walks and reads. What can't be read is one line on stderr, and the rest is still read."""

    def __init__(self, look_alikes: bool) -> None:
        self._look_alikes = look_alikes
        self.failed = False

    def places(self, paths: Iterable[str]) -> Iterator[_Place]:
        for path in paths:
            if path == STANDARD_INPUT:
                yield from self._read(path, 0)
            elif os.path.isdir(path):
                yield from self._folder(path)
            else:
                yield from self._file(path, os.O_RDONLY)

    def _folder(self, top: str) -> Iterator[_Place]:
        """Every regular file below `top`. Links are left: what they lead to inside is read where it is."""
        for folder, folders, files in os.walk(top, onerror=self._complain):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                try:
                    regular = stat.S_ISREG(os.lstat(path).st_mode)
                except OSError as error:
                    self._complain(error)
                    continue
                if regular:
                    # Should a pipe or a link take its place just now, opening it must neither wait nor follow.
                    yield from self._file(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)

    def _file(self, path: str, how: int) -> Iterator[_Place]:
        try:
            descriptor = os.open(path, how)
        except OSError as error:
            self._complain(error)
            return
        try:
            yield from self._read(path, descriptor)
        finally:
            os.close(descriptor)

    def _read(self, path: str, descriptor: int) -> Iterator[_Place]:
        scan = TokenScan(look_alikes=self._look_alikes)
        try:
            if not _worth_reading(descriptor):
                return
            for piece in _pieces(descriptor):
                for found in scan.feed(piece):
                    yield _Place(path, found)
        except OSError as error:
            self._complain(OSError(error.errno, error.strerror, path))

    def _complain(self, error: OSError) -> None:
        self.failed = True
        click.echo(f"locum: can't read {_shown(str(error.filename))}: {error.strerror}", err=True)


def _worth_reading(descriptor: int) -> bool:
    """False for a file without the beginning of any key; True for what can't be read twice. Stays at its place."""
    try:
        beginning = os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        return True
    if not mentions(_pieces(descriptor)):
        return False
    os.lseek(descriptor, beginning, os.SEEK_SET)
    return True


def _pieces(descriptor: int) -> Iterator[bytes]:
    while piece := os.read(descriptor, PIECE):
        yield piece


def _holders(wanted: Wanted, batch: list[_Place]) -> list[dict[str, Any] | None]:
    """The application of each find, from the server or the database; nothing is asked without a data directory."""
    if wanted.data_dir is None:
        return [None] * len(batch)
    from locum.main.operate import operate

    keys = [place.found.key.reveal_text() for place in batch]
    answer = operate("api_key.holders", wanted.data_dir, wanted.database_url, found=keys)
    return list(answer["object"]["holders"])


def _line(place: _Place, holder: dict[str, Any] | None, wanted: Wanted) -> str:
    found = place.found
    text = f"{_shown(place.path)}:{found.line}:{found.column}: locum_ak_…{found.end}"
    if not found.genuine:
        return f"{text} (not a key: its checksum is wrong)"
    if wanted.data_dir is None:
        return text
    if holder is None:
        return f"{text} (not a key of this installation)"
    return f"{text} ({_shown(holder['application'])}: {holder['refusal'] or 'still works'})"


def _json(place: _Place, holder: dict[str, Any] | None, wanted: Wanted) -> str:
    found = place.found
    object_: dict[str, Any] = {
        "path": place.path,
        "line": found.line,
        "column": found.column,
        "end": found.end,
        "genuine": found.genuine,
    }
    if wanted.data_dir is not None:
        object_["application"] = holder and holder["application"]
        object_["works"] = holder is not None and holder["refusal"] is None
        object_["refusal"] = holder and holder["refusal"]
    return json.dumps(object_)


def _shown(text: str) -> str:
    """`text` on one line and without what a terminal would act on: names of files may hold anything."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
