"""One file being written: it begins whole or not at all, and its end is on the disk."""

from __future__ import annotations

import errno
import fcntl
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.kit.errors import Conflict
from locum.recordings.format import FRAME_CAP, Event, encode_event
from locum.recordings.reader import Verdict, verify
from locum.recordings.sink import Closed, Sink, create
from locum.recordings.space import Space
from locum.recordings.store import Store
from recorded import DATA_KEY, OPENING, SIGNER, playback


def begin(store: Store, recording_id: UUID, *, reserve_bytes: int = 0) -> Sink:
    space = Space(store, time.monotonic, reserve_bytes=reserve_bytes)
    return create(store, recording_id, DATA_KEY, "wrapped", OPENING, signer=SIGNER, space=space)


def test_what_is_appended_plays_before_the_end_and_is_signed_after(store: Store) -> None:
    recording_id = uuid4()
    sink, event = begin(store, recording_id), Event(1.0, "o", b"x")
    sink.append(encode_event(event), bytearray(FRAME_CAP))
    path = store.path(recording_id)
    assert list(playback(path.read_bytes()).events()) == [event]
    assert verify(path, DATA_KEY, SIGNER.public_key()).verdict is Verdict.NOT_CLOSED
    closed = sink.finish("client left")
    sink.sync()
    sink.close()
    report = verify(path, DATA_KEY, SIGNER.public_key())
    assert (report.verdict, report.reason) == (Verdict.INTACT, "client left")
    assert closed == Closed(report.chunks, report.plain_bytes, report.digest)


def test_the_file_is_locked_for_as_long_as_it_is_written(store: Store) -> None:
    recording_id = uuid4()
    sink = begin(store, recording_id)
    with store.open(recording_id) as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sink.close()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_id_is_recorded_once(store: Store) -> None:
    recording_id = uuid4()
    begin(store, recording_id).close()
    before = store.path(recording_id).read_bytes()
    with pytest.raises(Conflict, match="exists"):
        begin(store, recording_id)
    assert store.path(recording_id).read_bytes() == before


def test_nothing_begins_where_the_reserve_would_be_touched(small_disk: Path) -> None:
    store = Store(small_disk)
    with pytest.raises(Conflict, match=r"1 MiB are free for recordings, and 2 MiB are kept"):
        begin(store, uuid4(), reserve_bytes=2 * 1024 * 1024)
    assert list(store.ids()) == []
    begin(store, uuid4(), reserve_bytes=1024 * 1024).close()


def test_a_file_the_disk_does_not_take_leaves_no_trace(small_disk: Path) -> None:
    store = Store(small_disk)
    (small_disk / "ballast").write_bytes(bytes(store.free_bytes()))
    with pytest.raises(Conflict, match="can't be recorded: No space left"):
        begin(store, uuid4())
    assert list(store.ids()) == []


def test_a_directory_that_went_away_is_a_refusal(store: Store) -> None:
    store.root.rmdir()
    with pytest.raises(Conflict, match="can't be recorded: No such file"):
        begin(store, uuid4())


def test_a_chunk_the_disk_does_not_take_is_an_error_and_the_one_before_plays(small_disk: Path) -> None:
    store, recording_id = Store(small_disk), uuid4()
    sink, kept, room = begin(store, recording_id), Event(1.0, "o", b"kept"), bytearray(FRAME_CAP)
    sink.append(encode_event(kept), room)
    (small_disk / "ballast").write_bytes(bytes(store.free_bytes() - 8192))
    with pytest.raises(OSError, match="No space left") as caught:
        sink.append(encode_event(Event(2.0, "o", b"\xff" * 60_000)), room)
    assert caught.value.errno == errno.ENOSPC
    path = store.path(recording_id)
    assert list(playback(path.read_bytes()).events()) == [kept]
    report = verify(path, DATA_KEY, SIGNER.public_key())
    assert report.verdict is Verdict.NOT_CLOSED
    assert report.torn > 0
    sink.close()
