"""The writer: nothing is acknowledged before it is safe from `kill -9`, and a failure ends the recording loudly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.kit.errors import Conflict
from locum.recordings.format import PIECE_CAP, Event, Kind
from locum.recordings.reader import Verdict, verify
from locum.recordings.seal import seal
from locum.recordings.space import NoRoom
from locum.recordings.store import Store
from locum.recordings.writer import Recorder, Recording
from recorded import DATA_KEY, OPENING, SIGNER, playback

pytestmark = pytest.mark.anyio


async def begin(
    recorder: Recorder, recording_id: UUID | None = None, failures: list[Exception] | None = None
) -> tuple[UUID, Recording]:
    chosen = recording_id or uuid4()
    heard = [] if failures is None else failures
    return chosen, await recorder.open(chosen, DATA_KEY, "wrapped", OPENING, on_failure=heard.append)


async def acknowledged(recording: Recording, kind: Kind, data: bytes) -> None:
    done = asyncio.Event()
    recording.record(kind, data, done.set)
    await asyncio.wait_for(done.wait(), 10)


def kept(store: Store, recording_id: UUID) -> list[Event]:
    return list(playback(store.path(recording_id).read_bytes()).events())


def kept_bytes(store: Store, recording_id: UUID) -> bytes:
    return b"".join(event.data for event in kept(store, recording_id))


async def test_what_passed_is_kept_in_order_with_its_time(recorder: Recorder, store: Store) -> None:
    recording_id, recording = await begin(recorder)
    passed: list[tuple[Kind, bytes]] = [
        ("o", b"$ "), ("i", b"ls\r"), ("e", b"\xff\xc3"), ("r", b"80x24"), ("m", "żółw".encode()), ("o", b""),
    ]  # fmt: skip
    for kind, data in passed:
        recording.record(kind, data)
    closed = await recording.close("client left")
    events = kept(store, recording_id)
    assert [(event.kind, event.data) for event in events] == passed
    times = [event.at for event in events]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < 10
    report = verify(store.path(recording_id), DATA_KEY, SIGNER.public_key())
    assert (report.verdict, report.reason) == (Verdict.INTACT, "client left")
    assert closed is not None
    assert (closed.chunks, closed.plain_bytes, closed.digest) == (report.chunks, report.plain_bytes, report.digest)


async def test_what_is_acknowledged_is_in_the_file(recorder: Recorder, store: Store) -> None:
    """SEC-26: looked at from within the callback, before anything could be relayed."""
    recording_id, recording = await begin(recorder)
    found: list[bool] = []
    ended = asyncio.Event()
    for number in range(200):
        line = b"%d\n" % number

        def look(line: bytes = line) -> None:
            found.append(line in kept_bytes(store, recording_id))

        recording.record("o", line, look)
        if number % 7 == 0:
            await asyncio.sleep(0)
    recording.record("o", b"", ended.set)
    await asyncio.wait_for(ended.wait(), 20)
    assert found == [True] * 200


async def test_acknowledgements_come_in_order_and_pending_bytes_go_back(recorder: Recorder) -> None:
    _, recording = await begin(recorder)
    order: list[int] = []
    for number in range(100):
        recording.record("o", b"x" * 1000, lambda number=number: order.append(number))  # type: ignore[misc]
    assert recording.pending_bytes == 100_000
    await acknowledged(recording, "o", b"last")
    assert order == list(range(100))
    assert recording.pending_bytes == 0


@asynccontextmanager
async def writer_held(recorder: Recorder) -> AsyncIterator[None]:
    """The writer's thread waits inside, in the write of another recording to a pipe that is full."""
    _, recording = await begin(recorder)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    os.dup2(writing, recording._sink._file.fileno())
    recording.record("o", b"waits")
    try:
        yield
    finally:
        os.read(reading, 2**20)
    assert await recording.close("end") is None
    os.close(reading)
    os.close(writing)


async def test_events_that_queue_up_share_a_chunk(recorder: Recorder) -> None:
    _, recording = await begin(recorder)
    async with writer_held(recorder):
        for _ in range(2000):
            recording.record("o", b"x" * 50)
    closed = await recording.close("end")
    assert closed is not None
    assert closed.chunks == 2


@pytest.mark.parametrize("data", [os.urandom(3 * PIECE_CAP + 1), "€".encode() * 100_000, b"\x1b" * PIECE_CAP])
async def test_an_event_larger_than_a_chunk_comes_back_whole(
    recorder: Recorder, store: Store, data: bytes
) -> None:
    recording_id, recording = await begin(recorder)
    await acknowledged(recording, "o", data)
    assert kept_bytes(store, recording_id) == data
    assert recording.pending_bytes == 0


async def test_two_recordings_at_once_keep_apart(recorder: Recorder, store: Store) -> None:
    pairs = [await begin(recorder) for _ in range(2)]
    sent = {
        recording_id: b"".join(b"%s %d\n" % (recording_id.bytes_le, n) for n in range(500))
        for recording_id, _ in pairs
    }
    for number in range(500):
        for recording_id, recording in pairs:
            recording.record("o", b"%s %d\n" % (recording_id.bytes_le, number))
        if number % 50 == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*(recording.close("end") for _, recording in pairs))
    for recording_id, _ in pairs:
        assert kept_bytes(store, recording_id) == sent[recording_id]
        assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).ok


async def test_a_keystroke_waits_for_one_chunk_of_anothers_bulk_at_most(recorder: Recorder) -> None:
    _, bulk = await begin(recorder)
    _, typist = await begin(recorder)
    finished: list[str] = []
    async with writer_held(recorder):
        for _ in range(8):
            bulk.record("o", b"x" * PIECE_CAP, lambda: finished.append("bulk"))
        typist.record("i", b"k", lambda: finished.append("key"))
    await bulk.close("end")
    assert finished.index("key") <= 3
    assert finished.count("bulk") == 8


async def test_nothing_recorded_can_be_read_in_the_file(recorder: Recorder, store: Store) -> None:
    canary = b"canary-7d1f3c"
    chosen, recording = await begin(recorder)
    for kind in ("o", "i", "e", "m"):
        await acknowledged(recording, kind, canary)
    await recording.close("end")
    raw = store.path(chosen).read_bytes()
    assert canary not in raw
    assert OPENING.title.encode() not in raw
    assert DATA_KEY.reveal() not in raw


async def test_a_recording_is_opened_once(recorder: Recorder) -> None:
    recording_id, recording = await begin(recorder)
    with pytest.raises(Conflict):
        await begin(recorder, recording_id)
    await acknowledged(recording, "o", b"the first goes on")


async def test_below_the_reserve_nothing_is_opened(store: Store) -> None:
    recorder = Recorder(store, SIGNER, reserve_bytes=2**60)
    with pytest.raises(Conflict, match="kept in reserve"):
        await begin(recorder)
    await recorder.stop()


async def test_after_close_nothing_is_taken_and_close_answers_again(recorder: Recorder, store: Store) -> None:
    recording_id, recording = await begin(recorder)
    first, second = await asyncio.gather(recording.close("one"), recording.close("two"))
    recording.record("o", b"late", lambda: pytest.fail("acknowledged"))
    assert await recording.close("three") == first == second
    assert kept(store, recording_id) == []
    assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).reason == "one"


async def test_a_close_that_is_cancelled_closes_all_the_same(recorder: Recorder, store: Store) -> None:
    recording_id, recording = await begin(recorder)
    task = asyncio.create_task(recording.close("one"))
    await asyncio.sleep(0)
    task.cancel()
    assert await recording.close("two") is not None
    assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).reason == "one"


async def test_stop_closes_what_is_open(store: Store) -> None:
    recorder = Recorder(store, SIGNER, reserve_bytes=0)
    opened = [await begin(recorder) for _ in range(3)]
    opened[0][1].record("o", b"last words")
    await opened[1][1].close("before")
    await recorder.stop("shutdown")
    reasons = [
        verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).reason for recording_id, _ in opened
    ]
    assert reasons == ["shutdown", "before", "shutdown"]
    assert kept_bytes(store, opened[0][0]) == b"last words"


async def test_without_room_it_ends_signed_and_nothing_more_is_acknowledged(store: Store) -> None:
    recorder = Recorder(store, SIGNER, reserve_bytes=0, most_bytes=1024 * 1024)
    failures: list[Exception] = []
    recording_id, recording = await begin(recorder, failures=failures)
    for _ in range(20):
        recording.record("o", os.urandom(60_000))
    recording.record("o", b"too much", lambda: pytest.fail("acknowledged"))
    closed = await recording.close("no room")
    assert [type(error) for error in failures] == [NoRoom]
    report = verify(store.path(recording_id), DATA_KEY, SIGNER.public_key())
    assert (report.ok, report.reason) == (True, "no room")
    assert closed is not None
    assert closed.digest == report.digest
    assert len(kept_bytes(store, recording_id)) % 60_000 == 0
    with pytest.raises(NoRoom):
        await begin(recorder)
    await recorder.stop()


async def test_a_full_disk_is_told_once_and_what_was_acknowledged_plays(small_disk: Path) -> None:
    """SEC-26, on a real file system of 1 MiB."""
    store = Store(small_disk)
    recorder = Recorder(store, SIGNER, reserve_bytes=0)
    failures: list[Exception] = []
    other_id, other = await begin(recorder)
    recording_id, recording = await begin(recorder, failures=failures)
    await acknowledged(other, "o", b"before")
    confirmed: list[int] = []
    number = 0
    while recording.failed is None:
        assert number < 1000, "1 MiB can't take that"
        recording.record("o", b"%6d" % number + os.urandom(5000), lambda number=number: confirmed.append(number))  # type: ignore[misc]
        number += 1
        await asyncio.sleep(0.001)
    recording.record("o", b"too late", lambda: pytest.fail("acknowledged after the failure"))
    assert await recording.close("recording failed") is None
    assert failures == [recording.failed]
    assert isinstance(recording.failed, OSError)
    assert "No space left" in str(recording.failed)
    assert 50 < len(confirmed) < number
    assert confirmed == list(range(len(confirmed)))
    assert [int(event.data[:6]) for event in kept(store, recording_id)] == confirmed
    assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).verdict is Verdict.NOT_CLOSED
    seal(store, recording_id, DATA_KEY, SIGNER)  # what it cut off makes the room for it
    assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).ok
    await recorder.stop()
    assert kept_bytes(store, other_id) == b"before"


async def test_a_failed_sync_is_told(recorder: Recorder, store: Store) -> None:
    """A pipe in place of the file: the system takes writes to it, and refuses to sync it."""
    failures: list[Exception] = []
    _, recording = await begin(recorder, failures=failures)
    reading, writing = os.pipe()
    os.dup2(writing, recording._sink._file.fileno())
    await acknowledged(recording, "o", b"x")
    async with asyncio.timeout(5):
        while not failures:
            await asyncio.sleep(0.01)
    assert recording.failed is failures[0]
    assert await recording.close("end") is None
    assert len(failures) == 1
    os.close(reading)
    os.close(writing)


async def test_a_sync_that_fails_at_the_end_is_told(recorder: Recorder) -> None:
    failures: list[Exception] = []
    _, recording = await begin(recorder, failures=failures)
    reading, writing = os.pipe()
    os.dup2(writing, recording._sink._file.fileno())
    assert await recording.close("end") is None
    assert failures == [recording.failed]
    os.close(reading)
    os.close(writing)


async def test_one_failure_leaves_the_others_alone(recorder: Recorder, store: Store) -> None:
    failures: list[Exception] = []
    _, broken = await begin(recorder, failures=failures)
    recording_id, healthy = await begin(recorder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), broken._sink._file.fileno())
    broken.record("o", b"x", lambda: pytest.fail("acknowledged"))
    assert await broken.close("end") is None
    assert len(failures) == 1
    await acknowledged(healthy, "o", b"goes on")
    assert kept_bytes(store, recording_id) == b"goes on"


CHILD = """
import asyncio, os, sys, uuid
from pathlib import Path
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from recorded import DATA_KEY, OPENING, SIGNER

async def main():
    recorder = Recorder(Store(Path(sys.argv[1])), SIGNER, reserve_bytes=0)
    ids = [uuid.UUID(name) for name in sys.argv[2:]]
    recordings = [await recorder.open(i, DATA_KEY, "w", OPENING, on_failure=lambda e: os._exit(3)) for i in ids]
    number = 0
    while True:
        for which, recording in enumerate(recordings):
            size = number * 7919 % 20000 if number % 5 == 0 else number % 30
            say = b"%d %d\\n" % (which, number)
            recording.record("o", b"%d:" % number + b"\\xff" * size, lambda say=say: os.write(1, say))
        number += 1
        if number % 3 == 0 or recordings[0].pending_bytes > 100_000:
            await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 200, 3000])
async def test_after_kill_9_everything_acknowledged_plays(store: Store, lines: int) -> None:
    """SEC-26: a real process, killed in the middle of writing two recordings."""
    ids = [uuid4(), uuid4()]
    python_path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.root), *map(str, ids)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": python_path},
    )
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    said += [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    for which, recording_id in enumerate(ids):
        confirmed = [int(line.split()[1]) for line in said if line.startswith(b"%d " % which)]
        numbers = [int(event.data.split(b":")[0]) for event in kept(store, recording_id)]
        assert confirmed == list(range(len(confirmed)))
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= len(confirmed)
        report = verify(store.path(recording_id), DATA_KEY, SIGNER.public_key())
        assert report.verdict is Verdict.NOT_CLOSED
        seal(store, recording_id, DATA_KEY, SIGNER)
        assert verify(store.path(recording_id), DATA_KEY, SIGNER.public_key()).reason == "interrupted"
