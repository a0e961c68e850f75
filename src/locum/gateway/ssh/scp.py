"""PURE. What passes between two `scp` that speak their old protocol (`scp -O`), record by record (SEC-13).

One side, the source, sends records: `C0644 size name` and the file, `D…` and `E` around the files of a directory,
`T…` for times. The other answers each with a zero byte, or with a line that begins with 1 or 2. A guard holds back
what the source says until the answer is there, as `scp` itself does: so both sides take the same bytes for a file.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Literal

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.commands import Transfer
from locum.gateway.ssh.file_log import FileEvent, Passage
from locum.gateway.ssh.sftp_packets import Malformed

LINE_LIMIT = 8192
AHEAD_LIMIT = 512 * 1024
DEPTH_LIMIT = 256

TOO_LARGE = "the file is larger than the connection profile allows"

_FILE = re.compile(rb"C[0-7]{4} (\d{1,19}) ([^/\n]+)\n")
_DIRECTORY = re.compile(rb"D[0-7]{4} \d{1,19} ([^/\n]+)\n")
_TIMES = re.compile(rb"T\d{1,19} \d{1,9} \d{1,19} \d{1,9}\n")

_State = Literal["answer", "record", "data", "verdict"]


@dataclass(slots=True)
class _File:
    path: str
    left: int
    passage: Passage = field(default_factory=Passage)
    note: str = ""
    done: bool = False


class ScpGuard:
    """Has the attributes and methods of `sftp.Guard`."""

    def __init__(self, rules: ChannelRules, transfer: Transfer) -> None:
        self.to_target: list[bytes] = []
        self.to_client: list[bytes] = []
        self.events: list[FileEvent] = []
        self.notes: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self._limit = rules.max_file_bytes
        self._upload = transfer.upload
        self._top = transfer.path
        self._directories: list[str] = []
        self._source = bytearray()
        self._sink = bytearray()
        self._state: _State = "answer"
        self._file: _File | None = None

    @property
    def waiting(self) -> bool:
        """Whether the client has to wait for the target to say something."""
        return self._upload and self._state == "answer"

    def from_client(self, data: bytes) -> None:
        """The client said this. Raises Malformed."""
        self._said(data, by_source=self._upload)

    def from_target(self, data: bytes) -> None:
        """The target said this. Raises Malformed."""
        self._said(data, by_source=not self._upload)

    def end(self) -> None:
        """The channel is gone."""
        if self._file is not None and self._file.passage.size:
            self._moved(self._file, "not all of it")
        self._file = None

    def _said(self, data: bytes, *, by_source: bool) -> None:
        if by_source:
            self._source += data
        else:
            self._sink += data
            (self.to_client if self._upload else self.to_target).append(data)
            self._answers()
        while self._source and self._state != "answer" and self._step():
            pass
        if len(self._source) > (AHEAD_LIMIT if self._state == "answer" else LINE_LIMIT):
            raise Malformed("a line is too long, or an answer is not waited for")

    def _answers(self) -> None:
        while self._sink:
            if self._sink[0] == 0:
                del self._sink[:1]
                self._answered(well=True)
                continue
            end = self._sink.find(b"\n")
            if end < 0:
                if len(self._sink) > LINE_LIMIT:
                    raise Malformed("a line is too long")
                return
            del self._sink[: end + 1]
            self._answered(well=False)

    def _answered(self, *, well: bool) -> None:
        if self._state != "answer":
            return  # a warning out of turn
        file, self._state = self._file, "record"
        if file is None:
            return
        if file.done:
            self._moved(file, "" if well else "closed with an error")
            self._file = None
        elif well:
            self._state = "data" if file.left else "verdict"
        else:
            self._file = None

    def _step(self) -> bool:
        """Take the next piece of what the source said. False: there is not enough of it."""
        if self._state == "data":
            assert self._file is not None
            self._data(self._file)
            return True
        if self._state == "verdict":
            return self._verdict()
        end = self._source.find(b"\n") + 1
        if not end:
            return False
        self._record(bytes(self._source[:end]))
        self._forward(end)
        return True

    def _data(self, file: _File) -> None:
        size = min(file.left, len(self._source))
        file.passage.take(file.passage.size, bytes(memoryview(self._source)[:size]))
        file.left -= size
        if not file.left:
            self._state = "verdict"
        self._forward(size)

    def _verdict(self) -> bool:
        """Behind a file the source says whether it could read all of it."""
        assert self._file is not None
        end = 1 if self._source[0] == 0 else self._source.find(b"\n") + 1
        if not end:
            return False
        if end > 1:
            self._file.note = "the source had an error"
        self._file.done = True
        self._state = "answer"
        self._forward(end)
        return True

    def _record(self, line: bytes) -> None:
        if line[0] in (1, 2):
            return
        self._state = "answer"
        if found := _FILE.fullmatch(line):
            path, size = self._path(found[2]), int(found[1])
            if self._limit is not None and size > self._limit:
                self.refused.append((TOO_LARGE, f"scp {path}"))
                raise Malformed(TOO_LARGE)
            self.notes.append(f"file opened to {'upload' if self._upload else 'download'}: {path}")
            self._file = _File(path, size)
        elif found := _DIRECTORY.fullmatch(line):
            if len(self._directories) >= DEPTH_LIMIT:
                raise Malformed("directories lie too deep")
            self._directories.append(found[1].decode(errors="surrogateescape"))
        elif line == b"E\n" and self._directories:
            self._directories.pop()
        elif _TIMES.fullmatch(line) is None:
            raise Malformed("this is no record")

    def _path(self, name: bytes) -> str:
        below = [*self._directories, name.decode(errors="surrogateescape")]
        if posixpath.basename(self._top.rstrip("/")) == below[0]:
            below = below[1:]
        return posixpath.join(self._top, *below)

    def _forward(self, size: int) -> None:
        piece = bytes(memoryview(self._source)[:size])
        del self._source[:size]
        (self.to_target if self._upload else self.to_client).append(piece)

    def _moved(self, file: _File, note: str) -> None:
        notes = ", ".join(one for one in (file.note, note) if one)
        self.events.append(file.passage.event("uploaded" if self._upload else "downloaded", file.path, note=notes))
