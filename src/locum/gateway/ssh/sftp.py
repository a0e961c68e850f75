"""PURE. What may be done over SFTP under the rules of a connection profile, packet by packet (SEC-13).

A `Guard` stands between a client and a target's SFTP server. It lets requests through that it knows and that the
rules allow, answers the others itself, and keeps what became of each file. Where the rules name directories, the
target is asked for the real path first and the client waits meanwhile: so neither links nor `..` lead out. Making
links is refused then. Whoever has a shell as well can still move things while they are looked at.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from locum.activities.channel_rules import ChannelRules, holds
from locum.gateway.ssh import sftp_packets as wire
from locum.gateway.ssh.file_log import FileEvent, Passage
from locum.gateway.ssh.sftp_packets import Fields, Malformed, Splitter

HANDLE_LIMIT = 512
REQUEST_LIMIT = 4096
MINE = 0xFFFF_FFFF  # the id of the guard's own requests, of which there is one at a time

UPLOAD = "uploading files is not allowed by the connection profile"
DOWNLOAD = "downloading files is not allowed by the connection profile"
ELSEWHERE = "files may not lie there: the connection profile names the directories"
LINKS = "links can't be made where the connection profile names directories"
TOO_LARGE = "the file is larger than the connection profile allows"
APPENDED = "nothing can be appended to a file where the connection profile limits the size of files"
UNKNOWN = "this request is not supported"

_HANDLED = {
    wire.CLOSE, wire.READ, wire.WRITE, wire.FSTAT, wire.FSETSTAT, wire.READDIR,
}  # fmt: skip
_CHANGES = {
    wire.SETSTAT: "attributes changed", wire.FSETSTAT: "attributes changed", wire.REMOVE: "removed",
    wire.MKDIR: "directory made", wire.RMDIR: "directory removed", wire.RENAME: "renamed", wire.SYMLINK: "linked",
}  # fmt: skip
_TAKES_PATH = {
    wire.LSTAT,
    wire.STAT,
    wire.OPENDIR,
    wire.READLINK,
    wire.SETSTAT,
    wire.REMOVE,
    wire.MKDIR,
    wire.RMDIR,
}
_OF_THE_NAME = {wire.LSTAT, wire.READLINK, wire.REMOVE, wire.MKDIR, wire.RMDIR, wire.RENAME, wire.SYMLINK}
"""Requests about a name itself: a link at its end is not followed."""
_LSETSTAT = b"lsetstat@openssh.com"
_EXTENSIONS = {
    b"posix-rename@openssh.com": wire.RENAME,
    b"hardlink@openssh.com": wire.SYMLINK,
    _LSETSTAT: wire.SETSTAT,
    b"statvfs@openssh.com": wire.STAT,
    b"fstatvfs@openssh.com": wire.FSTAT,
    b"fsync@openssh.com": wire.FSTAT,
    b"expand-path@openssh.com": wire.REALPATH,
    b"home-directory": wire.REALPATH,
    b"limits@openssh.com": wire.REALPATH,
    b"users-groups-by-id@openssh.com": wire.REALPATH,
}
"""Each with the request that it is like. `copy-data` is not among them: what it moves passes nobody."""


@dataclass(slots=True)
class _File:
    """What a handle stands for."""

    path: str
    reads: bool = False
    writes: bool = False
    failed: bool = False
    received: Passage = field(default_factory=Passage)
    sent: Passage = field(default_factory=Passage)


@dataclass(slots=True)
class _Request:
    """A request on its way to the target, as far as its answer matters."""

    kind: int
    file: _File | None = None
    offset: int = 0
    event: FileEvent | None = None


class Guard:
    """`to_target`, `to_client`, `events`, `notes` and `refused` fill up; who calls takes them out."""

    def __init__(self, rules: ChannelRules) -> None:
        self.to_target: list[bytes] = []
        self.to_client: list[bytes] = []
        self.events: list[FileEvent] = []
        self.notes: list[str] = []
        self.refused: list[tuple[str, str]] = []  # why, and what was asked
        self._rules = rules
        self._above, self._below = Splitter(), Splitter()
        self._begun = False
        self._version_seen = False
        self._home = ""
        self._queue: deque[bytes] = deque()
        self._requests: dict[int, _Request] = {}
        self._handles: dict[bytes, _File] = {}
        self._looking: Callable[[str | None], None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether the client has to wait for the target to say something."""
        return self._looking is not None or (self._begun and not self._version_seen)

    def from_client(self, data: bytes) -> None:
        """The client said this. Raises Malformed."""
        self._queue.extend(self._above.feed(data))
        self._work()

    def from_target(self, data: bytes) -> None:
        """The target said this. Raises Malformed."""
        for packet in self._below.feed(data):
            self._answered(packet)

    def end(self) -> None:
        """The channel is gone: what is open was moved in part."""
        for file in self._handles.values():
            self._moved(file, "not closed")
        self._handles.clear()

    # -- requests

    def _work(self) -> None:
        while self._queue and not self.waiting:
            self._request(self._queue.popleft())

    def _request(self, packet: bytes) -> None:
        kind, fields = packet[4], Fields(packet)
        if not self._begun:
            if kind != wire.INIT:
                raise Malformed("the first packet is none that begins")
            self._begun = True
            self.to_target.append(wire.packet(wire.INIT, wire.VERSION))
            return
        request_id = fields.u32()
        if request_id in self._requests or request_id == MINE or len(self._requests) >= REQUEST_LIMIT:
            raise Malformed("a request has the number of another, or there are too many")
        name = b""
        if kind == wire.EXTENDED:
            name = fields.string()
            kind = _EXTENSIONS.get(name, wire.EXTENDED)
        if kind == wire.OPEN:
            self._open(packet, request_id, fields)
        elif kind in _HANDLED:
            self._with_handle(packet, request_id, kind, fields)
        elif kind in _TAKES_PATH:
            self._with_path(
                packet, request_id, kind, fields, of_the_name=kind in _OF_THE_NAME or name == _LSETSTAT
            )
        elif kind in (wire.RENAME, wire.SYMLINK):
            self._with_two(packet, request_id, kind, fields)
        elif kind == wire.REALPATH:
            self._pass(packet, request_id, _Request(kind))
        else:
            self._answer(request_id, wire.UNSUPPORTED, UNKNOWN)

    def _open(self, packet: bytes, request_id: int, fields: Fields) -> None:
        path, flags, sizes = _text(fields.string()), fields.u32(), _size(fields)
        file = _File(
            path, reads=bool(flags & wire.READS) or not flags & wire.WRITES, writes=flags & ~wire.READS != 0
        )
        if file.writes and not self._rules.upload:
            self._deny(request_id, UPLOAD, f"open {path}")
        elif file.reads and not self._rules.download:
            self._deny(request_id, DOWNLOAD, f"open {path}")
        elif len(self._handles) >= HANDLE_LIMIT:
            self._answer(request_id, wire.FAILURE, "too many files are open")
        elif self._too_large(sizes) or (flags & wire.APPENDS and self._rules.max_file_bytes is not None):
            # What is appended goes behind what is there already, wherever the request says that it goes.
            self._deny(request_id, TOO_LARGE if self._too_large(sizes) else APPENDED, f"open {path}")
        else:
            purpose = "both ways" if file.reads and file.writes else "to upload" if file.writes else "to download"

            def opened() -> None:
                self.notes.append(f"file opened {purpose}: {path}")
                self._pass(packet, request_id, _Request(wire.OPEN, file))

            self._where_it_may(request_id, [(path, False)], opened)

    def _with_handle(self, packet: bytes, request_id: int, kind: int, fields: Fields) -> None:
        handle = fields.string()
        file = self._handles.get(handle)
        if file is None:
            self._answer(request_id, wire.FAILURE, "there is no such handle")
            return
        request = _Request(kind, file)
        if kind == wire.CLOSE:
            del self._handles[handle]
        elif kind == wire.READ:
            request.offset = fields.u64()
            if not file.reads:
                self._deny(request_id, DOWNLOAD, f"read {file.path}")
                return
        elif kind == wire.WRITE:
            offset = fields.u64()
            data = fields.string()
            if not file.writes:
                self._deny(request_id, UPLOAD, f"write {file.path}")
                return
            if self._too_large(offset + len(data)):
                self._deny(request_id, TOO_LARGE, f"write {file.path}")
                return
            file.received.take(offset, data)
        elif kind == wire.FSETSTAT:
            if not file.writes:
                self._deny(request_id, UPLOAD, f"change {file.path}")
                return
            if self._too_large(_size(fields)):
                self._deny(request_id, TOO_LARGE, f"change {file.path}")
                return
        self._pass(packet, request_id, request)

    def _with_path(self, packet: bytes, request_id: int, kind: int, fields: Fields, *, of_the_name: bool) -> None:
        path = _text(fields.string())
        what = _CHANGES.get(kind)
        if what is not None and not self._rules.upload:
            self._deny(request_id, UPLOAD, f"{what} {path}")
            return
        if kind == wire.SETSTAT and self._too_large(_size(fields)):
            self._deny(request_id, TOO_LARGE, f"{what} {path}")
            return
        file = _File(path) if kind == wire.OPENDIR else None
        request = _Request(kind, file, event=FileEvent(what, path) if what else None)
        self._where_it_may(request_id, [(path, of_the_name)], lambda: self._pass(packet, request_id, request))

    def _with_two(self, packet: bytes, request_id: int, kind: int, fields: Fields) -> None:
        first, second = _text(fields.string()), _text(fields.string())
        what = _CHANGES[kind]
        if not self._rules.upload:
            self._deny(request_id, UPLOAD, f"{what} {first}")
        elif kind == wire.SYMLINK and self._rules.paths:
            self._deny(request_id, LINKS, f"{what} {first}")
        else:
            request = _Request(kind, event=FileEvent(what, first, note=f"and {second}"))
            self._where_it_may(
                request_id,
                [(first, True), (second, True)],
                lambda: self._pass(packet, request_id, request),
            )

    def _pass(self, packet: bytes, request_id: int, request: _Request) -> None:
        self._requests[request_id] = request
        self.to_target.append(packet)

    def _deny(self, request_id: int, why: str, asked: str) -> None:
        self.refused.append((why, asked))
        self._answer(request_id, wire.PERMISSION_DENIED, why)

    def _answer(self, request_id: int, code: int, words: str) -> None:
        self.to_client.append(wire.status(request_id, code, words))

    def _too_large(self, size: int) -> bool:
        limit = self._rules.max_file_bytes
        return limit is not None and size > limit

    # -- where files may lie

    def _where_it_may(self, request_id: int, paths: list[tuple[str, bool]], then: Callable[[], None]) -> None:
        """Call `then` when the target has said where each path really leads and all lead into a named directory."""
        if not self._rules.paths or not paths:
            then()
            return
        (path, of_the_name), *others = paths
        head, name = posixpath.split(path.rstrip("/") if path.strip("/") else path)
        by_name = of_the_name and name not in {"", ".", ".."}

        def found(real: str | None) -> None:
            place = real if real is None or not by_name else posixpath.join(real, name)
            if place is None or not holds(self._rules, place, home=self._home):
                self._deny(request_id, ELSEWHERE, path)
            else:
                self._where_it_may(request_id, others, then)

        self._look((head or ".") if by_name else path, found)

    def _look(self, path: str, then: Callable[[str | None], None]) -> None:
        """Ask the target for the real path, and the client to wait."""
        self._looking = then
        self.to_target.append(wire.packet(wire.REALPATH, MINE, path.encode(errors="surrogateescape")))

    def _looked(self, packet: bytes, fields: Fields) -> None:
        then, self._looking = self._looking, None
        if then is None:
            raise Malformed("the target answers what nobody asked")
        real = None
        if packet[4] == wire.NAME and fields.u32() == 1:
            real = _text(fields.string())
        then(real if real is not None and posixpath.normpath(real) == real and real.startswith("/") else None)
        self._work()

    def _at_home(self, real: str | None) -> None:
        self._home = real or "/nonexistent"

    # -- answers

    def _answered(self, packet: bytes) -> None:
        kind, fields = packet[4], Fields(packet)
        if not self._version_seen:
            self._version(packet, fields)
            return
        request_id = fields.u32()
        if request_id == MINE:
            self._looked(packet, fields)
            return
        request = self._requests.pop(request_id, None)
        if request is None:
            raise Malformed("the target answers what nobody asked")
        went_well = kind == wire.STATUS and fields.u32() == wire.OK
        if kind == wire.HANDLE and request.file is not None:
            self._opened(fields.string(), request.file)
        elif kind == wire.DATA:
            data = fields.string()
            if request.kind != wire.READ or request.file is None:
                raise Malformed("the target sends data that nobody asked for")
            if self._too_large(request.offset + len(data)):
                self._deny(request_id, TOO_LARGE, f"read {request.file.path}")
                return
            request.file.sent.take(request.offset, data)
        elif request.kind == wire.CLOSE and request.file is not None:
            self._moved(request.file, "" if went_well else "closed with an error")
        elif request.kind == wire.WRITE and request.file is not None:
            request.file.failed |= not went_well
        elif request.event is not None and went_well:
            self.events.append(request.event)
        self.to_client.append(packet)

    def _opened(self, handle: bytes, file: _File) -> None:
        if handle in self._handles:
            raise Malformed("the target gives one handle to two files")
        self._handles[handle] = file

    def _version(self, packet: bytes, fields: Fields) -> None:
        if packet[4] != wire.VERSION_REPLY or fields.u32() != wire.VERSION:
            raise Malformed("the target speaks another version of SFTP")
        self._version_seen = True
        offered: list[bytes] = []
        while fields.more():
            name, value = fields.string(), fields.string()
            if name in _EXTENSIONS:
                offered += [name, value]
        self.to_client.append(wire.packet(wire.VERSION_REPLY, wire.VERSION, *offered))
        if self._rules.paths:
            self._look(".", self._at_home)
        self._work()

    def _moved(self, file: _File, note: str) -> None:
        note = ", ".join([*([note] if note else []), *(["not all of it was written"] if file.failed else [])])
        if file.writes and (file.received.size or not file.sent.size):
            self.events.append(file.received.event("uploaded", file.path, note=note))
        if file.reads and (file.sent.size or not file.writes):
            self.events.append(file.sent.event("downloaded", file.path, note=note))


def _text(path: bytes) -> str:
    return path.decode(errors="surrogateescape")


def _size(fields: Fields) -> int:
    """The size that attributes set; 0 where they set none."""
    return fields.u64() if fields.u32() & wire.HAS_SIZE else 0
