"""PURE. The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02) and OpenSSH's extensions: bytes in, values out."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PACKET_LIMIT = 256 * 1024 + 1024
VERSION = 3

INIT, VERSION_REPLY = 1, 2
OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT = range(3, 11)
OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(11, 21)
STATUS, HANDLE, DATA, NAME, ATTRS = range(101, 106)
EXTENDED, EXTENDED_REPLY = 200, 201

OK, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, UNSUPPORTED = 0, 2, 3, 4, 8
READS, WRITES, APPENDS = 1, 2, 4  # of the flags of OPEN; all others change something too
HAS_SIZE = 1  # of the flags of attributes

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")


class Malformed(ValueError):
    """Bytes that are no SFTP, or more than anybody needs."""


class Splitter:
    """Cuts a stream into packets. They keep their length in front, so that they can be passed on as they are."""

    def __init__(self) -> None:
        self._left = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The packets that are whole now. Raises Malformed."""
        self._left += data
        while len(self._left) >= 4:
            size = 4 + int(_U32.unpack_from(self._left)[0])
            if not 5 <= size <= PACKET_LIMIT:
                raise Malformed("a packet is too long or too short")
            if len(self._left) < size:
                return
            packet = bytes(memoryview(self._left)[:size])
            del self._left[:size]
            yield packet


class Fields:
    """Reads the fields of one packet in order, from behind its type. Raises Malformed where it is too short."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self._at = 5

    def u32(self) -> int:
        return int(self._number(_U32))

    def u64(self) -> int:
        return int(self._number(_U64))

    def string(self) -> bytes:
        size = self.u32()
        end = self._at + size
        if end > len(self._packet):
            raise Malformed("a packet ends too early")
        value = self._packet[self._at : end]
        self._at = end
        return value

    def more(self) -> bool:
        return self._at < len(self._packet)

    def _number(self, kind: struct.Struct) -> int:
        if self._at + kind.size > len(self._packet):
            raise Malformed("a packet ends too early")
        (value,) = kind.unpack_from(self._packet, self._at)
        self._at += kind.size
        return int(value)


def packet(kind: int, *fields: int | bytes) -> bytes:
    """A packet of this type. A number is a field of four bytes, bytes are a string."""
    body = b"".join(
        _U32.pack(field) if isinstance(field, int) else _U32.pack(len(field)) + field for field in fields
    )
    return _U32.pack(len(body) + 1) + bytes((kind,)) + body


def status(request_id: int, code: int, words: str) -> bytes:
    """The answer that tells how a request went."""
    return packet(STATUS, request_id, code, words.encode(), b"en")
