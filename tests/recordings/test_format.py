"""The container format: what goes in comes out, and nothing else opens."""

from __future__ import annotations

import os
import struct
import zlib
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from locum.recordings.format import (
    CHUNK_CAP,
    DIGEST_SIZE,
    FRAME_CAP,
    HEAD_SIZE,
    MAGIC,
    NONCE_SIZE,
    PIECE_CAP,
    Encoder,
    Event,
    Frame,
    Header,
    Kind,
    Malformed,
    Opening,
    Trailer,
    chain_start,
    check_frame,
    decode_events,
    decode_opening,
    encode_event,
    escape,
    line_bound,
    open_chunk,
    parse_head,
    read_header,
    read_trailer,
)

ID = UUID("0193537c-5f2a-7000-8000-000000000001")
KEY = AESGCM(bytes(32))
SIGNER = Ed25519PrivateKey.generate()

terminal_bytes = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(str.encode),
    st.lists(st.sampled_from([b"\x1b", b"\x00", b"\n", b'"', b"\\", b"\xc3", b"\xa9", b"a"])).map(b"".join),
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(["o", "i", "e", "r", "m"])
events = st.builds(Event, st.floats(0, 1e9).map(lambda at: round(at, 6)), kinds, terminal_bytes)


def taken_apart(raw: bytes, number: int, previous: bytes) -> Frame:
    kind, length = parse_head(raw[:HEAD_SIZE], number)
    assert len(raw) == HEAD_SIZE + length + DIGEST_SIZE
    return check_frame(kind, number, raw, previous)


def after_start(encoder: Encoder) -> bytes:
    encoder.start(Header(ID, "wrapped"))
    return encoder.digest


@given(st.lists(events))
def test_events_come_back_as_they_were(recorded: list[Event]) -> None:
    plain = b"".join(encode_event(event) for event in recorded)
    assert decode_events(plain) == recorded


@given(events)
def test_an_event_is_one_line_of_bounded_length(event: Event) -> None:
    line = encode_event(event)
    assert line.index(b"\n") == len(line) - 1
    assert len(line) <= line_bound(len(event.data))


@pytest.mark.parametrize(
    "data", [b"\x00" * PIECE_CAP, b"\xff" * PIECE_CAP, b"\\" * PIECE_CAP, "€".encode() * 21845]
)
def test_two_of_the_longest_events_fit_in_a_chunk(data: bytes) -> None:
    assert 2 * len(encode_event(Event(1e9, "o", data))) <= 2 * line_bound(PIECE_CAP) <= CHUNK_CAP


def test_text_is_kept_as_an_asciicast_line_and_other_bytes_as_base64() -> None:
    assert encode_event(Event(1.5, "o", "né\r\n".encode())) == '[1.500000,"o","né\\r\\n"]\n'.encode()
    assert encode_event(Event(1.5, "e", b"\xc3")) == b'[1.500000,"e","ww==","base64"]\n'


@given(st.binary(max_size=5000), st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE))
def test_a_chunk_opens_with_its_key_in_its_place_only(plain: bytes, nonce: bytes) -> None:
    encoder = Encoder(ID)
    previous = after_start(encoder)
    frame = taken_apart(bytes(encoder.chunk(KEY, nonce, plain, bytearray(FRAME_CAP))), 1, previous)
    assert open_chunk(KEY, ID, frame) == plain
    assert frame.plain_bytes == len(plain)
    for key, recording_id, moved in (
        (AESGCM(b"\x01" * 32), ID, frame),
        (KEY, uuid4(), frame),
        (KEY, ID, Frame("C", 2, frame.body, frame.previous, frame.digest)),
        (KEY, ID, Frame("C", 1, frame.body, bytes(DIGEST_SIZE), frame.digest)),
    ):
        with pytest.raises(Malformed, match="does not open"):
            open_chunk(key, recording_id, moved)


def test_the_room_of_a_chunk_is_used_again() -> None:
    encoder, room = Encoder(ID), bytearray(FRAME_CAP)
    previous = after_start(encoder)
    first = bytes(encoder.chunk(KEY, os.urandom(NONCE_SIZE), b"a" * CHUNK_CAP, room))
    middle = encoder.digest
    second = bytes(encoder.chunk(KEY, os.urandom(NONCE_SIZE), b"b", room))
    assert open_chunk(KEY, ID, taken_apart(first, 1, previous)) == b"a" * CHUNK_CAP
    assert open_chunk(KEY, ID, taken_apart(second, 2, middle)) == b"b"


def test_a_chunk_that_could_not_be_read_again_is_not_made() -> None:
    encoder = Encoder(ID)
    with pytest.raises(ValueError, match="could not be read again"):
        encoder.chunk(KEY, os.urandom(NONCE_SIZE), b"a" * (CHUNK_CAP + 1), bytearray(FRAME_CAP + 1))


@given(st.text(max_size=300), st.text(max_size=300), st.integers(0, 2**32))
def test_header_and_opening_come_back(wrapped: str, title: str, size: int) -> None:
    encoder = Encoder(ID)
    raw = encoder.start(Header(ID, wrapped)).removeprefix(MAGIC)
    assert read_header(taken_apart(raw, 0, chain_start())) == Header(ID, wrapped)
    opening = Opening(size, size, 1_700_000_000, title, "xterm")
    previous = encoder.digest
    frame = taken_apart(encoder.opening(KEY, os.urandom(NONCE_SIZE), opening), 1, previous)
    assert decode_opening(open_chunk(KEY, ID, frame)) == opening


@given(st.text(max_size=300), st.integers(0, 2**40))
def test_a_trailer_is_signed_over_all_before_it(reason: str, dropped: int) -> None:
    encoder = Encoder(ID)
    after_start(encoder)
    encoder.chunk(KEY, os.urandom(NONCE_SIZE), b"12345", bytearray(FRAME_CAP))
    previous = encoder.digest
    raw, trailer = encoder.trailer(SIGNER, reason, dropped=dropped)
    assert trailer == Trailer(1, 5, reason, dropped)
    frame = taken_apart(raw, 2, previous)
    assert read_trailer(SIGNER.public_key(), ID, frame) == trailer
    for key, recording_id, moved in (
        (Ed25519PrivateKey.generate().public_key(), ID, frame),
        (SIGNER.public_key(), uuid4(), frame),
        (SIGNER.public_key(), ID, Frame("T", 2, frame.body, bytes(DIGEST_SIZE), frame.digest)),
        (SIGNER.public_key(), ID, Frame("T", 2, frame.body[:-1] + b" ", frame.previous, frame.digest)),
        (SIGNER.public_key(), ID, Frame("T", 2, b"", frame.previous, frame.digest)),
    ):
        with pytest.raises(Malformed, match="signature"):
            read_trailer(key, recording_id, moved)


def test_an_encoder_goes_on_where_another_stopped() -> None:
    encoder = Encoder(ID)
    previous = after_start(encoder)
    raw = bytes(encoder.chunk(KEY, os.urandom(NONCE_SIZE), b"12345", bytearray(FRAME_CAP)))
    last = taken_apart(raw, 1, previous)
    assert Encoder(ID, last=last, plain_bytes=5).trailer(SIGNER, "end") == encoder.trailer(SIGNER, "end")


@given(st.binary(min_size=HEAD_SIZE, max_size=HEAD_SIZE), st.integers(0, 5))
def test_any_other_head_is_refused(raw: bytes, number: int) -> None:
    with pytest.raises(Malformed):
        parse_head(raw, number)


@pytest.mark.parametrize(
    ("kind", "found", "length", "number"),
    [
        (b"C", 2, 100, 1),
        (b"H", 1, 100, 1),
        (b"C", 0, 100, 0),
        (b"X", 1, 100, 1),
        (b"C", 1, CHUNK_CAP + 29, 1),
        (b"C", 1, 2**32 - 1, 1),
    ],
)
def test_a_head_out_of_place_or_of_a_huge_frame_is_refused(
    kind: bytes, found: int, length: int, number: int
) -> None:
    head = struct.pack(">cII", kind, found, length)
    with pytest.raises(Malformed, match="another frame"):
        parse_head(head + struct.pack(">I", zlib.crc32(head)), number)


def test_a_chunk_too_short_for_its_nonce_and_tag_is_refused() -> None:
    raw = Encoder(ID)._frame(b"C", b"short")
    with pytest.raises(Malformed, match="too short"):
        check_frame("C", 0, raw, chain_start())


@given(st.binary(max_size=60))
def test_what_is_not_ours_is_malformed_and_nothing_else(junk: bytes) -> None:
    frame = Frame("H", 0, junk, chain_start(), chain_start())
    for read in (read_header, lambda frame: decode_opening(frame.body)):
        with pytest.raises(Malformed):
            read(frame)
    with pytest.raises(Malformed):
        decode_events(b"[" + junk + b"\n")
    signed = SIGNER.sign(b"locum recording v1\0" + ID.bytes + chain_start() + junk) + junk
    with pytest.raises(Malformed, match="not a trailer"):
        read_trailer(SIGNER.public_key(), ID, Frame("T", 0, signed, chain_start(), chain_start()))


@pytest.mark.parametrize("line", [b'[1.0,"x","a"]', b'[1.0,"o","a","base64"]', b'[1.0,"o","a","rot13"]', b"{}"])
def test_a_line_that_is_no_event_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed, match="not an event"):
        decode_events(line + b"\n")


def test_a_later_version_is_named() -> None:
    frame = Frame("H", 0, msgspec.json.encode(Header(ID, "w", version=2)), chain_start(), chain_start())
    with pytest.raises(Malformed, match="version 2"):
        read_header(frame)


def test_text_of_others_is_escaped() -> None:
    assert escape("żółw 東京 ok") == "żółw 東京 ok"
    assert escape("a\x1b[2J\r\n\x07\x9b\u202e\u200b\\x1b\ud800") == r"a\x1b[2J\r\n\x07\x9b\u202e\u200b\\x1b\ud800"


@given(st.text())
def test_escaped_text_shows_as_it_is(text: str) -> None:
    assert escape(text).isprintable()
