"""Reading: whatever is done to a container is found and located, and what is whole before it plays."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from locum.kit.errors import NotFound
from locum.recordings import reader
from locum.recordings.format import MAGIC, NONCE_SIZE, Encoder, Event, Frame, Header, check_frame, parse_head
from locum.recordings.reader import Damaged, Report, Verdict, verify
from locum.vault.secret import Secret
from recorded import DATA_KEY, OPENING, RECORDING_ID, SIGNER, container, frames, playback

PUBLIC_KEY = SIGNER.public_key()
EVENTS = [Event(float(number), "o", f"line {number}\r\n".encode()) for number in range(4)]
FRAMES = frames([[event] for event in EVENTS])  # header, opening, four chunks, trailer
WHOLE = b"".join(FRAMES)
STARTS = [0, *accumulate(map(len, FRAMES))]  # of each frame, and the end; the header's is that of the file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.locrec"


def verified(file: Path, raw: bytes, key: Secret | None = DATA_KEY) -> Report:
    file.write_bytes(raw)
    return verify(file, key, PUBLIC_KEY)


def played(raw: bytes, key: Secret = DATA_KEY) -> list[Event]:
    """The events that play; also those before a damage."""
    heard: list[Event] = []
    with contextlib.suppress(Damaged):
        for event in playback(raw, key).events():
            heard.append(event)
    return heard


def frame_at(offset: int) -> int:
    return next(number for number in range(len(FRAMES)) if offset < STARTS[number + 1])


@pytest.mark.parametrize("key", [DATA_KEY, None])
def test_a_whole_container_is_intact(file: Path, key: Secret | None) -> None:
    report = verified(file, WHOLE, key)
    assert (report.verdict, report.ok, report.fault, report.torn) == (Verdict.INTACT, True, None, 0)
    assert (report.recording_id, report.chunks, report.reason) == (RECORDING_ID, 5, "client left")
    assert report.digest == WHOLE[-32:].hex()
    assert report.words.startswith("intact: 5 chunks")
    assert playback(WHOLE).opening == OPENING
    assert list(playback(WHOLE).events()) == EVENTS


def test_header_tells_which_key_to_unwrap(file: Path) -> None:
    file.write_bytes(WHOLE)
    assert reader.header(file) == Header(RECORDING_ID, "wrapped")


def test_a_file_that_is_not_there_is_not_found(file: Path) -> None:
    for read in (reader.header, lambda path: verify(path, None, PUBLIC_KEY)):
        with pytest.raises(NotFound):
            read(file)


@pytest.mark.parametrize("key", [DATA_KEY, None])
def test_any_flipped_byte_is_found_and_located(file: Path, key: Secret | None) -> None:
    """SEC-25, for an auditor who has only the public key as well."""
    for offset in range(len(WHOLE)):
        raw = bytearray(WHOLE)
        raw[offset] ^= 1 << offset % 8
        report = verified(file, bytes(raw), key)
        number = frame_at(offset)
        assert report.verdict is Verdict.BROKEN, offset
        assert report.fault is not None
        behind_magic = len(MAGIC) if number == 0 and offset >= len(MAGIC) else 0
        assert (report.fault.number, report.fault.offset) == (number, STARTS[number] + behind_magic), offset
        assert report.chunks == max(number - 1, 0)
        assert f"at byte {report.fault.offset}: " in report.words


def test_what_comes_before_a_flipped_byte_plays_and_no_more() -> None:
    for offset in range(STARTS[2], STARTS[-2], 7):
        raw = bytearray(WHOLE)
        raw[offset] ^= 0x10
        assert played(bytes(raw)) == EVENTS[: frame_at(offset) - 2]


def test_a_container_cut_at_any_length_is_not_closed_or_located(file: Path) -> None:
    for length in range(len(WHOLE)):
        report = verified(file, WHOLE[:length])
        whole_frames = sum(end <= length for end in STARTS[1:])
        if whole_frames == 0:
            assert report.verdict is Verdict.BROKEN
            assert report.fault is not None
            assert report.fault.number == 0
            continue
        assert (report.verdict, report.ok) == (Verdict.NOT_CLOSED, False)
        assert (report.chunks, report.torn) == (whole_frames - 1, length - STARTS[whole_frames])
        assert report.words.startswith(f"not closed: {whole_frames - 1} chunks")
        assert played(WHOLE[:length]) == EVENTS[: max(whole_frames - 2, 0)]


OTHER = frames([[Event(9.0, "o", b"forged")]] * 4, recording_id=uuid4(), key=DATA_KEY)


@pytest.mark.parametrize(
    ("order", "first_bad"),
    [
        ([0, 1, 3, 4, 5, 6], 2),  # a chunk taken out
        ([0, 1, 2, 4, 3, 5, 6], 3),  # two swapped
        ([0, 1, 2, 2, 3, 4, 5, 6], 3),  # one twice
        ([0, 2, 3, 4, 5, 6], 1),  # the opening gone
        ([0, 1, 2, 3, 4, 6], 5),  # the last chunk gone
        ([0, 1, 2, 3, 4, 5, 6, 6], 7),  # more behind the trailer
        ([0, 1, 2, 6, 3, 4, 5], 3),  # the trailer early
        ([1, 2, 3, 4, 5, 6], 0),  # no header
    ],
)
@pytest.mark.parametrize("key", [DATA_KEY, None])
def test_frames_out_of_order_are_located(file: Path, order: list[int], first_bad: int, key: Secret | None) -> None:
    report = verified(file, b"".join(FRAMES[number] for number in order), key)
    assert report.verdict is Verdict.BROKEN
    assert report.fault is not None
    assert report.fault.number == first_bad


def test_a_chunk_of_another_recording_is_located(file: Path) -> None:
    report = verified(file, b"".join([*FRAMES[:3], OTHER[3], *FRAMES[4:]]), None)
    assert report.fault is not None
    assert report.fault.number == 3


def test_anything_behind_the_trailer_is_located(file: Path) -> None:
    report = verified(file, WHOLE + b"\0")
    assert report.fault is not None
    assert (report.fault.number, report.fault.offset) == (7, len(WHOLE))


def linked_again(parts: Sequence[bytes], number: int) -> list[bytes]:
    """What one makes who has no key: chunk `number` changed, and every digest from there on made to fit."""
    encoder = Encoder(RECORDING_ID)
    encoder.start(Header(RECORDING_ID, "wrapped"))
    made = [parts[0]]
    for index, part in enumerate(parts[1:], 1):
        kind, length = parse_head(part[:13], index)
        body = bytearray(part[13 : 13 + length])
        body[-1] ^= index == number
        made.append(encoder._frame(kind.encode(), bytes(body)))
    return made


def test_made_to_fit_without_the_keys_it_is_found_all_the_same(file: Path) -> None:
    forged = linked_again(FRAMES, 4)
    assert linked_again(FRAMES, 99) == FRAMES
    with_key, without_key = verified(file, b"".join(forged)), verified(file, b"".join(forged), None)
    assert with_key.fault is not None
    assert (with_key.fault.number, "forged" in with_key.fault.what) == (4, True)
    assert without_key.fault is not None
    assert (without_key.fault.number, "signature" in without_key.fault.what) == (6, True)
    assert verified(file, b"".join(forged[:-1])).verdict is Verdict.BROKEN
    assert played(b"".join(forged)) == EVENTS[:2]


def test_a_chunk_moved_and_made_to_fit_does_not_open(file: Path) -> None:
    """Its AAD holds number and digest before, so digests that anyone can compute don't help."""
    encoder = Encoder(RECORDING_ID)
    made = [encoder.start(Header(RECORDING_ID, "wrapped"))]
    for part in (FRAMES[1], FRAMES[3]):
        made.append(encoder._frame(b"C", part[13:-32]))
    report = verified(file, b"".join(made))
    assert report.fault is not None
    assert report.fault.number == 2


def test_a_strangers_data_key_opens_nothing(file: Path) -> None:
    stranger = Secret(os.urandom(32))
    with pytest.raises(Damaged, match="another recording's key"):
        playback(WHOLE, stranger)
    report = verified(file, WHOLE, stranger)
    assert report.fault is not None
    assert report.fault.number == 1


def test_another_signer_is_not_believed(file: Path) -> None:
    file.write_bytes(WHOLE)
    report = verify(file, DATA_KEY, Ed25519PrivateKey.generate().public_key())
    assert (report.verdict, report.ok) == (Verdict.BROKEN, False)
    assert report.fault is not None
    assert (report.fault.number, "not by this key" in report.fault.what) == (6, True)


def test_a_trailer_that_counts_wrong_is_not_believed(file: Path) -> None:
    kind, _ = parse_head(FRAMES[5][:13], 5)
    last: Frame = check_frame(kind, 5, FRAMES[5], FRAMES[4][-32:])
    trailer, _ = Encoder(RECORDING_ID, last=last, plain_bytes=1).trailer(SIGNER, "end")
    report = verified(file, b"".join([*FRAMES[:6], trailer]))
    assert report.fault is not None
    assert "counts" in report.fault.what


def test_without_an_opening_nothing_plays() -> None:
    for parts in (FRAMES[:1], frames([])[:1]):
        with pytest.raises(Damaged, match="ends before its first chunk"):
            playback(b"".join(parts))
    encoder = Encoder(RECORDING_ID)
    start = encoder.start(Header(RECORDING_ID, "wrapped"))
    with pytest.raises(Damaged, match="before its first chunk"):
        playback(start + encoder.trailer(SIGNER, "end")[0])
    encoder = Encoder(RECORDING_ID)
    start = encoder.start(Header(RECORDING_ID, "wrapped"))
    nonce, room = os.urandom(NONCE_SIZE), bytearray(1000)
    with pytest.raises(Damaged, match="not an opening"):
        playback(start + encoder.chunk(AESGCM(DATA_KEY.reveal()), nonce, b"[]\n", room))


def test_reasons_are_shown_escaped(file: Path) -> None:
    """SEC-22."""
    assert "ended: \\x1b[2Jbye" in verified(file, container(reason="\x1b[2Jbye")).words


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_junk_is_broken_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "junk.locrec"
    for raw in (junk, MAGIC + junk, FRAMES[0] + junk):
        report = verified(file, raw)
        assert report.verdict is not Verdict.INTACT
        assert played(raw) == []
