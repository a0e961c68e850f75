"""The recording container, PURE: values in, bytes out, and back. No clock, no file, no randomness.

    file    = MAGIC frame(H, 0) frame(C, 1) … frame(C, n) [ frame(T, n + 1) ]
    frame   = head body digest
    head    = kind (1 byte) number (4) length of body (4) CRC-32 of these nine (4), all big-endian
    digest  = SHA-256(digest of the frame before, head, body); before the header stands SHA-256(MAGIC)
    H body  = JSON: version, recording_id, wrapped_key
    C body  = nonce (12 bytes), AES-256-GCM(data key, nonce, plain, AAD = recording id, digest before, head)
    T body  = signature (64 bytes), JSON: chunks, plain_bytes, dropped, reason
    signature = Ed25519 over "locum recording v1" and a zero byte, recording id, digest before, JSON

The plain text of all chunks together is lines of JSON like an asciicast v2 file: chunk 1 is its first line, an
object; each later line is `[seconds, kind, text]`, or `[seconds, kind, base64, "base64"]` for bytes that are not
UTF-8 by themselves, such as half a character at the end of a read. So every byte comes back as it was.

The digests need no key: an auditor with the public key alone can find and locate any change in a closed
container. The CRC tells a changed length from a file that was cut, which without it look the same. The AAD binds a
chunk to its place, so one who can recompute digests still can't move or cut chunks unseen by the key's holder.
"""

from __future__ import annotations

import binascii
import hashlib
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"LOCUMREC"
VERSION = 1
CHUNK_CAP = 256 * 1024  # plain bytes in one chunk
PIECE_CAP = 64 * 1024  # bytes of one event; two in the worst encoding fit in a chunk
NONCE_SIZE = 12
DIGEST_SIZE = 32

Kind = Literal["o", "i", "e", "r", "m"]  # output, input, stderr, resize "80x24", marker
FrameKind = Literal["H", "C", "T"]

_HEAD = struct.Struct(">cII")
_CRC = struct.Struct(">I")
HEAD_SIZE = _HEAD.size + _CRC.size
_TAG_SIZE = 16
_SIGNATURE_SIZE = 64
_MAX_BODY = CHUNK_CAP + NONCE_SIZE + _TAG_SIZE
_CHUNK_OVERHEAD = HEAD_SIZE + NONCE_SIZE + _TAG_SIZE + DIGEST_SIZE
FRAME_CAP = CHUNK_CAP + _CHUNK_OVERHEAD
_SIGNED = b"locum recording v1\0"
_START = hashlib.sha256(MAGIC).digest()
_LINE_OVERHEAD = 64


class Malformed(ValueError):
    """Bytes that are not what this format writes; the words say why. The reader adds the place."""


class Header(msgspec.Struct, frozen=True):
    """What stands in clear at the start: enough to find the key, nothing about the connection."""

    recording_id: UUID
    wrapped_key: str
    version: int = VERSION


class Opening(msgspec.Struct, frozen=True):
    """What a player shows before the first event. `timestamp` is Unix seconds; the size is as the client said."""

    width: int
    height: int
    timestamp: int
    title: str = ""
    term: str = ""


class Trailer(msgspec.Struct, frozen=True):
    """The signed end. `dropped` counts bytes of an unfinished chunk that a seal after a crash took off."""

    chunks: int
    plain_bytes: int
    reason: str
    dropped: int = 0


class Event(msgspec.Struct, frozen=True):
    """`data` as it passed, `at` seconds after the start with six decimals."""

    at: float
    kind: Kind
    data: bytes


class _Line(msgspec.Struct, array_like=True):
    at: float
    kind: Kind
    text: str
    coding: Literal["base64"] | None = None


_line = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose digest is right. `previous` is the digest of the frame before."""

    kind: FrameKind
    number: int
    body: bytes
    previous: bytes
    digest: bytes

    @property
    def plain_bytes(self) -> int:
        """Of a chunk: how long its plain text is, known without the key."""
        return len(self.body) - NONCE_SIZE - _TAG_SIZE


def escape(text: str) -> str:
    """Text that others chose, such as a title, made harmless to show (SEC-22).

    Controls and direction marks become the backslash form they have in Python, and a backslash two.
    """
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in text)


_ESCAPED = bytes(set(range(32)) - set(b"\b\t\n\f\r"))


def line_bound(data_size: int) -> int:
    """The most bytes an event of this size takes as a line."""
    return (data_size + 2) // 3 * 4 + _LINE_OVERHEAD


def encode_event(event: Event) -> bytes:
    """One line, never longer than `line_bound`: text where the bytes are UTF-8 and base64 is not shorter."""
    start = f'[{event.at:.6f},"{event.kind}",'.encode()
    # Writing out what JSON escapes by six bytes each takes ten times as long as base64, only to be thrown away.
    sample = event.data[:1024]
    line = b""
    if 15 * (len(sample) - len(sample.translate(None, _ESCAPED))) <= len(sample):
        with suppress(UnicodeDecodeError):
            line = b"%b%b]\n" % (start, msgspec.json.encode(event.data.decode()))
    if line and len(line) <= line_bound(len(event.data)):
        return line
    return b'%b"%b","base64"]\n' % (start, binascii.b2a_base64(event.data, newline=False))


def decode_events(plain: bytes) -> list[Event]:
    """The events of one chunk. Raises Malformed."""
    events = []
    for text in plain.split(b"\n")[:-1]:
        try:
            line = _line.decode(text)
            data = line.text.encode() if line.coding is None else binascii.a2b_base64(line.text, strict_mode=True)
        except (msgspec.MsgspecError, binascii.Error) as error:
            raise Malformed("a line is not an event") from error
        events.append(Event(line.at, line.kind, data))
    return events


def decode_opening(plain: bytes) -> Opening:
    """What chunk 1 holds. Raises Malformed."""
    try:
        return msgspec.json.decode(plain, type=Opening)
    except msgspec.MsgspecError as error:
        raise Malformed("chunk 1 is not an opening") from error


class Encoder:
    """Makes the frames of one container in order. It knows where the chain stands; the caller writes the bytes."""

    def __init__(self, recording_id: UUID, *, last: Frame | None = None, plain_bytes: int = 0) -> None:
        """`last` and `plain_bytes` are where to go on from, to put a trailer on what a crash left."""
        self._recording_id = recording_id
        self._number = last.number + 1 if last else 0
        self._plain_bytes = plain_bytes
        self.digest = last.digest if last else _START

    def start(self, header: Header) -> bytes:
        """MAGIC and the header frame."""
        return MAGIC + self._frame(b"H", msgspec.json.encode(header))

    def opening(self, key: AESGCM, nonce: bytes, opening: Opening) -> bytes:
        """Chunk 1."""
        plain = msgspec.json.encode(opening) + b"\n"
        return bytes(self.chunk(key, nonce, plain, bytearray(len(plain) + _CHUNK_OVERHEAD)))

    def chunk(self, key: AESGCM, nonce: bytes, plain: bytes, room: bytearray) -> memoryview:
        """The next chunk as a part of `room`, at most FRAME_CAP bytes. A nonce must never be used twice with a key.

        One buffer used again and again takes half the time of new ones: those cost the system a page fault for
        every 4 KiB.
        """
        length = NONCE_SIZE + len(plain) + _TAG_SIZE
        head = _head(b"C", self._number, length)
        frame = memoryview(room)[: len(plain) + _CHUNK_OVERHEAD]
        body = frame[HEAD_SIZE:-DIGEST_SIZE]
        frame[:HEAD_SIZE] = head
        body[:NONCE_SIZE] = nonce
        key.encrypt_into(nonce, plain, _aad(self._recording_id, self.digest, head), body[NONCE_SIZE:])
        self._plain_bytes += len(plain)
        frame[-DIGEST_SIZE:] = self._link(frame[:-DIGEST_SIZE])
        return frame

    def trailer(self, key: Ed25519PrivateKey, reason: str, *, dropped: int = 0) -> tuple[bytes, Trailer]:
        """The signed end; nothing may follow it."""
        trailer = Trailer(self._number - 1, self._plain_bytes, reason, dropped)
        text = msgspec.json.encode(trailer)
        signature = key.sign(_signed(self._recording_id, self.digest, text))
        return self._frame(b"T", signature + text), trailer

    def _frame(self, kind: bytes, body: bytes) -> bytes:
        frame = _head(kind, self._number, len(body)) + body
        return frame + self._link(frame)

    def _link(self, frame: bytes | memoryview) -> bytes:
        """The frame's digest, which the next one is linked to."""
        self.digest = _digest(self.digest, frame)
        self._number += 1
        return self.digest


def parse_head(raw: bytes, number: int) -> tuple[FrameKind, int]:
    """Kind and length of the body of the frame that should be `number`. Raises Malformed."""
    if _CRC.unpack_from(raw, _HEAD.size)[0] != zlib.crc32(raw[: _HEAD.size]):
        raise Malformed("its head was changed")
    kind, found, length = _HEAD.unpack_from(raw)
    expected = (b"H",) if number == 0 else (b"C", b"T")
    if kind not in expected or found != number or length > _MAX_BODY:
        raise Malformed("another frame stands in its place")
    return kind.decode(), length


def check_frame(kind: FrameKind, number: int, raw: bytes, previous: bytes) -> Frame:
    """The frame in `raw` (head, body, digest). Raises Malformed where the digest is not that of the chain."""
    if _digest(previous, memoryview(raw)[:-DIGEST_SIZE]) != raw[-DIGEST_SIZE:]:
        raise Malformed("its digest is wrong: it was changed, or one before it was taken out or swapped")
    if kind == "C" and len(raw) < _CHUNK_OVERHEAD:
        raise Malformed("it is too short for a chunk")
    return Frame(kind, number, raw[HEAD_SIZE:-DIGEST_SIZE], previous, raw[-DIGEST_SIZE:])


def chain_start() -> bytes:
    """What stands before the header as the digest of the frame before."""
    return _START


def read_header(frame: Frame) -> Header:
    """The header in its frame. Raises Malformed."""
    try:
        header = msgspec.json.decode(frame.body, type=Header)
    except msgspec.MsgspecError as error:
        raise Malformed("it is not a header") from error
    if header.version != VERSION:
        raise Malformed(f"it has version {header.version}; this program reads version {VERSION}")
    return header


def open_chunk(key: AESGCM, recording_id: UUID, frame: Frame) -> bytes:
    """The plain text of a chunk. Raises Malformed: another key, or a chunk forged without the key."""
    head = _head(b"C", frame.number, len(frame.body))
    nonce, sealed = frame.body[:NONCE_SIZE], frame.body[NONCE_SIZE:]
    try:
        return key.decrypt(nonce, sealed, _aad(recording_id, frame.previous, head))
    except InvalidTag as error:
        raise Malformed(
            "the key does not open it: it is another recording's key, or the chunk is forged"
        ) from error


def read_trailer(key: Ed25519PublicKey, recording_id: UUID, frame: Frame) -> Trailer:
    """The trailer, signed by the owner of `key`. Raises Malformed."""
    signature, text = frame.body[:_SIGNATURE_SIZE], frame.body[_SIGNATURE_SIZE:]
    try:
        key.verify(signature, _signed(recording_id, frame.previous, text))
        return msgspec.json.decode(text, type=Trailer)
    except InvalidSignature as error:
        raise Malformed("the signature is not by this key") from error
    except msgspec.MsgspecError as error:
        raise Malformed("it is not a trailer") from error


def _head(kind: bytes, number: int, length: int) -> bytes:
    if length > _MAX_BODY:
        raise ValueError(f"a frame of {length} bytes could not be read again")
    head = _HEAD.pack(kind, number, length)
    return head + _CRC.pack(zlib.crc32(head))


def _digest(previous: bytes, frame: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(previous)
    digest.update(frame)
    return digest.digest()


def _aad(recording_id: UUID, previous: bytes, head: bytes) -> bytes:
    return recording_id.bytes + previous + head


def _signed(recording_id: UUID, previous: bytes, text: bytes) -> bytes:
    return _SIGNED + recording_id.bytes + previous + text
