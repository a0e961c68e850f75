"""The form of a backup file: a head that anybody may read, then sealed chunks, the last of which says that it is.

    locum-backup 1 ⏎
    {"id": …, "made_at": …, "locum": …, "schema": …, "key": …} ⏎
    (kind 1 byte, length 4 bytes, nonce, ciphertext, tag) …

A chunk is bound to the head, to its number and to whether it is the last, so one that was altered, moved, doubled or
left out does not open, and a file without its last chunk is cut short. Inside are records, each with its length: a
table and its rows, a file and its pieces, and at the end how many there were. Neither side holds more than one
chunk and one record.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

import msgspec

from locum.kit.errors import Invalid, StartError
from locum.vault.seal import NONCE_BYTES, TAG_BYTES, SealBroken, seal, unseal
from locum.vault.secret import Secret
from locum.vault.store import Vault

_KEY_PURPOSE = "backup"
CHUNK_BYTES = 256 * 1024
LONGEST_RECORD = 64 * 1024 * 1024
_MAGIC = b"locum-backup 1\n"
_LONGEST_HEAD = 8192
_MORE, _LAST = b"M", b"L"


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which backup, of what, and the data key it is sealed under, itself under the root key."""

    id: UUID
    made_at: dt.datetime
    locum: str
    schema: str
    key: str


class Table(msgspec.Struct, frozen=True, tag="table", array_like=True):
    """The rows that follow are of this table. Each column with its kind: see `backup_tables`."""

    name: str
    columns: list[tuple[str, str]]


class Row(msgspec.Struct, frozen=True, tag="row", array_like=True):
    """One row of the table named last."""

    values: list[Any]


class File(msgspec.Struct, frozen=True, tag="file", array_like=True):
    """The pieces that follow are of this file. `kind` says what it is, `name` which one of these."""

    kind: str
    name: str


class Piece(msgspec.Struct, frozen=True, tag="piece", array_like=True):
    """The next bytes of the file named last."""

    content: bytes


class End(msgspec.Struct, frozen=True, tag="end", array_like=True):
    """All there was."""

    tables: int
    rows: int
    files: int


Record = Table | Row | File | Piece | End

_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def new_key(vault: Vault, backup_id: UUID) -> tuple[Secret, str]:
    """A key for one backup, and its wrapped form for the head."""
    return vault.new_data_key(purpose=_KEY_PURPOSE, subject_id=backup_id)


def key_of(vault: Vault, head: Head) -> Secret:
    """The key that opens it. Raises StartError where the root key is another one."""
    try:
        return vault.unwrap_data_key(head.key, purpose=_KEY_PURPOSE, subject_id=head.id)
    except SealBroken as error:
        raise StartError(f"this root key does not open the backup: {error.detail}") from None


class Writer:
    """Writes the head at once, and records as they come. `end` makes the file whole."""

    def __init__(self, file: BinaryIO, head: Head, key: Secret) -> None:
        text = _MAGIC + msgspec.json.encode(head) + b"\n"
        file.write(text)
        self._file = file
        self._chunks = _Chunks(key, text)
        self._waiting = bytearray()

    def add(self, record: Record) -> None:
        """One more record."""
        encoded = _encoder.encode(record)
        if len(encoded) > LONGEST_RECORD:
            raise Invalid("a row is too long to be backed up")
        self._waiting += len(encoded).to_bytes(4, "big") + encoded
        while len(self._waiting) > CHUNK_BYTES:
            self._write(_MORE, self._waiting[:CHUNK_BYTES])
            del self._waiting[:CHUNK_BYTES]

    def end(self, end: End) -> None:
        """The last record and the last chunk."""
        self.add(end)
        self._write(_LAST, self._waiting)

    def _write(self, kind: bytes, plain: bytearray) -> None:
        sealed = self._chunks.seal(kind, plain)
        self._file.write(kind + len(sealed).to_bytes(4, "big") + sealed)


class Reader:
    """Reads the head; `records` needs the key. Raises Invalid for what is not a whole, unaltered backup."""

    def __init__(self, file: BinaryIO) -> None:
        magic = file.read(len(_MAGIC))
        if magic != _MAGIC:
            raise Invalid("this is not a backup that this version of Locum can read")
        line = file.readline(_LONGEST_HEAD)
        try:
            self.head = msgspec.json.decode(line, type=Head)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Invalid("the head of the backup was altered or cut short") from None
        self._file = file
        self._text = magic + line

    def records(self, key: Secret) -> Iterator[Record]:
        """Every record up to and with the end."""
        waiting = bytearray()
        ended = False
        for plain in self._plain(_Chunks(key, self._text)):
            waiting += plain
            while (record := _taken(waiting)) is not None:
                if ended:
                    raise Invalid("the backup goes on behind its end")
                ended = isinstance(record, End)
                yield record
        if not ended or waiting:
            raise Invalid("the backup has no end")

    def _plain(self, chunks: _Chunks) -> Iterator[bytes]:
        kind = _MORE
        while kind == _MORE:
            front = self._file.read(5)
            kind, length = front[:1], int.from_bytes(front[1:], "big")
            if len(front) < 5:
                raise Invalid(f"the backup is cut short after {chunks.count} chunks")
            if kind not in (_MORE, _LAST) or length > CHUNK_BYTES + NONCE_BYTES + TAG_BYTES:
                raise Invalid(f"chunk {chunks.count} of the backup was altered")
            sealed = self._file.read(length)
            if len(sealed) < length:
                raise Invalid(f"the backup is cut short after {chunks.count} chunks")
            yield chunks.unseal(kind, sealed)
        if self._file.read(1):
            raise Invalid("something was added behind the end of the backup")


class _Chunks:
    """Seals and opens chunks in their order."""

    def __init__(self, key: Secret, head: bytes) -> None:
        self._key = key
        self._head = hashlib.sha256(head).digest()
        self.count = 0

    def seal(self, kind: bytes, plain: bytearray) -> bytes:
        return seal(self._key, plain, self._next(kind))

    def unseal(self, kind: bytes, sealed: bytes) -> bytes:
        number = self.count
        try:
            return unseal(self._key, sealed, self._next(kind)).reveal()
        except SealBroken:
            raise Invalid(f"chunk {number} of the backup was altered, moved or left out") from None

    def _next(self, kind: bytes) -> bytes:
        number = self.count.to_bytes(8, "big")
        self.count += 1
        return b"locum backup 1 " + self._head + number + kind


def _taken(waiting: bytearray) -> Record | None:
    """The first record of what waits, taken out of it; None while it is not whole."""
    if len(waiting) < 4:
        return None
    length = int.from_bytes(waiting[:4], "big")
    if length > LONGEST_RECORD:
        raise Invalid("the backup holds a record of an impossible length")
    if len(waiting) < 4 + length:
        return None
    try:
        record = _decoder.decode(bytes(waiting[4 : 4 + length]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("the backup holds a record that this version of Locum can't read") from None
    del waiting[: 4 + length]
    return record
