"""Reads a container: is it whole, who signed it, what happened; also one a crash cut off, up to its last chunk."""

from __future__ import annotations

import enum
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from locum.kit.errors import LocumError, NotFound
from locum.recordings.format import (
    DIGEST_SIZE,
    HEAD_SIZE,
    MAGIC,
    Event,
    Frame,
    Header,
    Malformed,
    Opening,
    chain_start,
    check_frame,
    decode_events,
    decode_opening,
    escape,
    open_chunk,
    parse_head,
    read_header,
    read_trailer,
)
from locum.vault.secret import Secret

T = TypeVar("T")


class Verdict(enum.Enum):
    """What `verify` found."""

    INTACT = "intact"
    NOT_CLOSED = "not closed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad place: frame `number` (0 is the header) that starts at byte `offset`, and what is wrong."""

    number: int
    offset: int
    what: str

    def __str__(self) -> str:
        name = f"frame {self.number}" if self.number else "the header"
        return f"{name} at byte {self.offset}: {self.what}"


class Damaged(LocumError):
    """The container can't be read beyond `fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"The recording is damaged; {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Report:
    """`chunks` and `plain_bytes` count what is good; `digest` (hex) stands for all of it.

    `torn` is how many bytes of an unfinished frame follow, where the verdict is "not closed". Who keeps the digest
    of a closed recording elsewhere also sees a trailer that was cut off, which alone looks like a crash.
    """

    verdict: Verdict
    recording_id: UUID | None
    chunks: int
    plain_bytes: int
    digest: str
    reason: str | None = None
    torn: int = 0
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whole, closed and signed."""
        return self.verdict is Verdict.INTACT

    @property
    def words(self) -> str:
        """One line for people."""
        good = f"{self.chunks} chunks with {self.plain_bytes} bytes are good"
        if self.verdict is Verdict.INTACT:
            return f"intact: {good} and signed, digest {self.digest}; ended: {escape(self.reason or '')}"
        if self.verdict is Verdict.NOT_CLOSED:
            return f"not closed: {good}, {self.torn} bytes of an unfinished one follow, and there is no signature"
        return f"broken: {good}; {self.fault}"


class Container:
    """Walks the frames of one open file in order."""

    def __init__(self, file: io.FileIO | io.BufferedReader) -> None:
        """Reads the header. Raises Damaged where there is none."""
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._start = 0  # of the frame that is being read
        self.end = 0  # of the last good frame
        if file.read(len(MAGIC)) != MAGIC:
            raise self.damaged(0, "this is not a recording of Locum, or its first bytes were changed")
        self.end = len(MAGIC)
        frame = self._next(0, chain_start())
        if frame is None:
            raise self.damaged(0, "the file ends inside its header")
        try:
            self.header: Header = read_header(frame)
        except Malformed as error:
            raise self.damaged(0, str(error)) from error
        self.last: Frame = frame

    @property
    def torn(self) -> int:
        """Bytes after the last good frame."""
        return self._size - self.end

    @property
    def closed(self) -> bool:
        """Whether the trailer was read."""
        return self.last.kind == "T"

    def grow(self) -> None:
        """See what a live recording has got since, too: `frames` goes on behind the last good frame."""
        self._size = self._file.seek(0, os.SEEK_END)
        self._file.seek(self.end)

    def frames(self) -> Iterator[Frame]:
        """Every further chunk, then the trailer if there is one. Raises Damaged at the first bad frame."""
        while (frame := self._next(self.last.number + 1, self.last.digest)) is not None:
            if frame.kind == "T" and self.torn:
                self._start = self.end
                raise self.damaged(frame.number + 1, "bytes follow the trailer")
            self.last = frame
            yield frame
            if frame.kind == "T":
                return

    def decode(self, frame: Frame, decode: Callable[[Frame], T]) -> T:
        """What `decode` makes of the frame just read; Damaged in place of its Malformed."""
        try:
            return decode(frame)
        except Malformed as error:
            raise self.damaged(frame.number, str(error)) from error

    def damaged(self, number: int, what: str) -> Damaged:
        """The error that names the frame read last."""
        return Damaged(Fault(number, self._start, what))

    def _next(self, number: int, previous: bytes) -> Frame | None:
        """None at the end of the file, which may lie inside a frame."""
        self._start = self.end
        # The size is as it was at first, or at the last `grow`: a live recording grows while it is read.
        if self.torn < HEAD_SIZE:
            return None
        head = self._file.read(HEAD_SIZE)
        try:
            kind, length = parse_head(head, number)
            if self.torn < HEAD_SIZE + length + DIGEST_SIZE:
                return None
            frame = check_frame(kind, number, head + self._file.read(length + DIGEST_SIZE), previous)
        except Malformed as error:
            raise self.damaged(number, str(error)) from error
        self.end += HEAD_SIZE + length + DIGEST_SIZE
        return frame


def open_container(path: Path) -> io.BufferedReader:
    """The file to read. Raises NotFound, also where there is none yet because its connection never got so far."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"There is no recording {path.stem}") from error


def header(path: Path) -> Header:
    """Whose recording this is and its wrapped key. Raises NotFound, Damaged."""
    with open_container(path) as file:
        return Container(file).header


def verify(path: Path, data_key: Secret | None, public_key: Ed25519PublicKey) -> Report:
    """Check every frame and the signature; with the data key also that each chunk opens. Raises NotFound only.

    The public key alone is enough to tell any change in a closed container. In one that is not closed, only the
    data key tells a change by someone who recomputed the digests.
    """
    with open_container(path) as file:
        try:
            container = Container(file)
        except Damaged as error:
            return Report(Verdict.BROKEN, None, 0, 0, chain_start().hex(), fault=error.fault)
        return _verify(container, AESGCM(data_key.reveal()) if data_key else None, public_key)


def _verify(container: Container, key: AESGCM | None, public_key: Ed25519PublicKey) -> Report:
    recording_id, last = container.header.recording_id, container.last
    chunks = plain_bytes = 0
    try:
        for frame in container.frames():
            if frame.kind == "T":
                trailer = container.decode(frame, lambda frame: read_trailer(public_key, recording_id, frame))
                if (trailer.chunks, trailer.plain_bytes) != (chunks, plain_bytes):
                    raise container.damaged(frame.number, "its counts are not those of the chunks")
                digest = frame.digest.hex()
                return Report(Verdict.INTACT, recording_id, chunks, plain_bytes, digest, reason=trailer.reason)
            if key is not None:
                container.decode(frame, lambda frame: open_chunk(key, recording_id, frame))
            chunks, plain_bytes, last = chunks + 1, plain_bytes + frame.plain_bytes, frame
    except Damaged as error:
        return Report(Verdict.BROKEN, recording_id, chunks, plain_bytes, last.digest.hex(), fault=error.fault)
    digest = last.digest.hex()
    return Report(Verdict.NOT_CLOSED, recording_id, chunks, plain_bytes, digest, torn=container.torn)


class Playback:
    """What was recorded, as far as it is whole. A file that is still being written plays up to now."""

    def __init__(self, file: io.FileIO | io.BufferedReader, data_key: Secret) -> None:
        """Opens chunk 1; `file` stays open as long as events are read.

        Raises Damaged, also where the key is another recording's.
        """
        self._file = file
        self._container = Container(file)
        self._key = AESGCM(data_key.reveal())
        first = next(self._container.frames(), None)
        if first is None or first.kind != "C":
            raise self._container.damaged(1, "the file ends before its first chunk")
        self.opening: Opening = self._container.decode(first, lambda frame: decode_opening(self._open(frame)))

    def close(self) -> None:
        """Close the file: no events are read any more."""
        self._file.close()

    @property
    def size(self) -> int:
        """How long the file is now, in bytes."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def closed(self) -> bool:
        """Whether the recording's end was read: nothing can follow."""
        return self._container.closed

    def grow(self) -> None:
        """See what was recorded since, too: `events` goes on there."""
        self._container.grow()

    def events(self) -> Iterator[Event]:
        """Every further event once, in order. Raises Damaged at the first bad chunk, after the events before it."""
        for frame in self._container.frames():
            if frame.kind == "C":
                yield from self._container.decode(frame, lambda frame: decode_events(self._open(frame)))

    def _open(self, frame: Frame) -> bytes:
        return open_chunk(self._key, self._container.header.recording_id, frame)
