"""Sealing what a crash left: signed over what is whole, and over nothing that was forged meanwhile."""

from __future__ import annotations

import fcntl
from pathlib import Path
from uuid import uuid4

import pytest

from locum.kit.errors import Conflict, NotFound
from locum.recordings.format import Event
from locum.recordings.reader import Damaged, Verdict, verify
from locum.recordings.seal import seal
from locum.recordings.store import Store
from locum.vault.secret import Secret
from recorded import DATA_KEY, RECORDING_ID, SIGNER, container, frames, playback

EVENTS = [Event(float(number), "o", f"line {number}".encode()) for number in range(3)]
OPEN = container(*EVENTS, reason=None)


def left(store: Store, raw: bytes) -> Path:
    with store.create(RECORDING_ID) as file:
        file.write(raw)
    return store.path(RECORDING_ID)


@pytest.mark.parametrize(("cut", "whole"), [(0, 3), (1, 2), (40, 2)])
def test_what_is_whole_is_signed_as_interrupted(store: Store, cut: int, whole: int) -> None:
    path = left(store, OPEN[: len(OPEN) - cut])
    closed = seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    report = verify(path, DATA_KEY, SIGNER.public_key())
    assert (report.verdict, report.reason, report.digest) == (Verdict.INTACT, "interrupted", closed.digest)
    assert (report.chunks, report.plain_bytes) == (closed.chunks, closed.plain_bytes)
    raw = path.read_bytes()
    assert list(playback(raw).events()) == EVENTS[:whole]
    last_chunk = len(frames([[event] for event in EVENTS], reason=None)[-1])
    assert (b'"dropped":%d' % (last_chunk - cut if cut else 0)) in raw


def test_a_container_with_its_header_alone_is_sealed(store: Store) -> None:
    path = left(store, frames([], reason=None)[0] + b"C\0\0")
    assert seal(store, RECORDING_ID, DATA_KEY, SIGNER, reason="lost").chunks == 0
    assert verify(path, DATA_KEY, SIGNER.public_key()).ok


def test_a_closed_one_stays_as_it_is(store: Store) -> None:
    whole = container(*EVENTS)
    path = left(store, whole)
    with pytest.raises(Conflict, match="is closed"):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    assert path.read_bytes() == whole


def test_one_that_is_still_written_is_left_alone(store: Store) -> None:
    path = left(store, OPEN)
    with store.open(RECORDING_ID) as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="still being written"):
            seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    assert path.read_bytes() == OPEN


def test_what_was_changed_is_never_signed(store: Store) -> None:
    raw = bytearray(OPEN)
    raw[len(OPEN) // 2] ^= 1
    path = left(store, bytes(raw))
    with pytest.raises(Damaged):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    assert path.read_bytes() == raw


def test_what_was_forged_with_another_key_is_never_signed(store: Store) -> None:
    """Its digests are right, as anyone can make them."""
    left(store, b"".join(frames([EVENTS], key=Secret(bytes(32)), reason=None)))
    with pytest.raises(Damaged, match="forged"):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)


def test_a_file_under_another_recordings_name_is_never_signed(store: Store) -> None:
    left(store, b"".join(frames([EVENTS], recording_id=uuid4(), reason=None)))
    with pytest.raises(Damaged, match="it belongs to recording"):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)


def test_one_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)


def test_a_full_disk_is_a_refusal_and_later_it_works(small_disk: Path) -> None:
    store = Store(small_disk)
    empty = len(container(Event(1.0, "o", b""), reason=None))
    kept = Event(1.0, "o", b"x" * (4000 - empty))  # so that the trailer needs a second page
    path = left(store, container(kept, reason=None) + b"C\0\0")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(store.free_bytes()))
    with pytest.raises(Conflict, match="No space left"):
        seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    assert verify(path, DATA_KEY, SIGNER.public_key()).verdict is Verdict.NOT_CLOSED
    ballast.unlink()
    seal(store, RECORDING_ID, DATA_KEY, SIGNER)
    assert verify(path, DATA_KEY, SIGNER.public_key()).ok
    assert list(playback(path.read_bytes()).events()) == [kept]
