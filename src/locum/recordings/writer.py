"""Writes recordings: events in, acknowledgements out, through one writer thread for the whole process.

An event is acknowledged when write(2) has taken its chunk: from then on it survives the death of the process, and
within 200 ms that of the machine. Who relays a byte only after it was acknowledged shows nobody anything that is
not in the recording (SEC-26). What queues up while a chunk is written goes into the next chunk together, and
recordings take turns chunk by chunk, so a bulk transfer holds up another person's keystroke by one chunk at most.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.recordings.durable import Syncer
from locum.recordings.format import CHUNK_CAP, FRAME_CAP, PIECE_CAP, Event, Kind, Opening, encode_event, line_bound
from locum.recordings.sink import Closed, Sink, create
from locum.recordings.space import RESERVE_BYTES, NoRoom, Space
from locum.recordings.store import Store
from locum.vault.secret import Secret

Done = Callable[[], None]


class Recorder:
    """The recordings this process writes. It starts its threads at once; `stop` ends them."""

    def __init__(
        self,
        store: Store,
        signing_key: Ed25519PrivateKey,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        most_bytes: int | None = None,
        ends_open: bool = True,
        shared: bool = False,
    ) -> None:
        """Of the last four: see `Space`."""
        self.store = store
        self._signing_key = signing_key
        self._space = Space(
            store,
            time.monotonic,
            reserve_bytes=reserve_bytes,
            most_bytes=most_bytes,
            ends_open=ends_open,
            shared=shared,
        )
        self._open: set[Recording] = set()
        self._ready: queue.SimpleQueue[Recording | None] = queue.SimpleQueue()
        self._syncer = Syncer()
        self._thread = threading.Thread(target=self._write, name="recordings-write", daemon=True)
        self._thread.start()

    async def open(
        self,
        recording_id: UUID,
        data_key: Secret,
        wrapped_key: str,
        opening: Opening,
        *,
        on_failure: Callable[[Exception], None],
    ) -> Recording:
        """A new container, its start already on the disk. `data_key` is 32 bytes and used for nothing else.

        `on_failure` is called once, on the loop, when a write or fsync fails or there is no more room (NoRoom): end
        the session then. Raises Conflict where the id was used, there is no room, or the disk does not take the file.
        """
        sink = await asyncio.to_thread(
            create,
            self.store,
            recording_id,
            data_key,
            wrapped_key,
            opening,
            signer=self._signing_key,
            space=self._space,
        )
        recording = Recording(sink, self._ready, self._syncer, on_failure, self._open.discard)
        self._open.add(recording)
        return recording

    async def stop(self, reason: str = "shutdown") -> None:
        """Close what is still open and end the threads."""
        await asyncio.gather(*(recording.close(reason) for recording in list(self._open)))
        self._ready.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._syncer.stop)

    def _write(self) -> None:
        room = bytearray(FRAME_CAP)
        while (recording := self._ready.get()) is not None:
            recording.write_next(room)


class Recording:
    """One open container. `record`, `close` and the attributes are for the event loop it was opened on.

    `pending_bytes` were handed in and are not acknowledged: the measure for back pressure. `failed` is why nothing
    can be recorded any more; the session has to end, and nothing handed in since is ever acknowledged.
    """

    def __init__(
        self,
        sink: Sink,
        ready: queue.SimpleQueue[Recording | None],
        syncer: Syncer,
        on_failure: Callable[[Exception], None],
        on_end: Callable[[Recording], None],
    ) -> None:
        self.pending_bytes = 0
        self.failed: Exception | None = None
        self._sink = sink
        self._ready = ready
        self._syncer = syncer
        self._on_failure = on_failure
        self._on_end = on_end
        self._started = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Closed | None] = self._loop.create_future()
        self._queued: deque[tuple[Event, Done | None]] = deque()
        self._scheduled = False
        self._end_reason: str | None = None
        # As the threads know it, who don't wait for the loop to set `failed`. Full: only the trailer follows.
        self._broken = self._full = False
        self._released = False
        self._closed: Closed | None = None

    def record(self, kind: Kind, data: bytes, done: Done | None = None) -> None:
        """Hand in what passes now. `done` is called on the loop, in order, once the bytes may be relayed.

        It must not raise. After `close` or a failure this does nothing, and `done` is never called.
        """
        if self._end_reason is not None or self.failed:
            return
        at = time.monotonic() - self._started
        self.pending_bytes += len(data)
        start = 0
        while len(data) - start > PIECE_CAP:
            self._queued.append((Event(at, kind, data[start : start + PIECE_CAP]), None))
            start += PIECE_CAP
        self._queued.append((Event(at, kind, data[start:]), done))
        self._schedule()

    async def close(self, reason: str) -> Closed | None:
        """Write what is queued and the signed trailer, sync file and directory, let go. Later calls wait as well.

        None where a write failed: the file then has no trailer, plays up to the failure, and can be sealed.
        """
        if self._end_reason is None:
            self._end_reason = reason
            self._schedule()
        return await asyncio.shield(self._ended)

    def write_next(self, room: bytearray) -> None:
        """On the writer's thread: one chunk of what is queued, and the end where it comes next."""
        # Cleared before looking: what is put in from here on schedules again, so nothing is left lying.
        self._scheduled = False
        ending = self._end_reason
        try:
            if not self._broken:
                self._write_chunk(room)
            if not self._broken and not self._queued and ending is not None and not self._released:
                self._closed = self._sink.finish(ending)
        except Exception as error:  # noqa: BLE001 - one recording's failure must not end the thread of all
            self._break(error)
        if self._broken:
            self._queued.clear()
        if self._queued:
            self._schedule()
        elif ending is not None and not self._released:
            self._released = True
            self._syncer.release(self)

    def sync(self) -> None:
        """On a syncing thread: what was written so far becomes durable."""
        try:
            self._sink.sync()
        except OSError as error:
            self._break(error)

    def let_go(self) -> None:
        """On a syncing thread: sync for the last time and close the file."""
        try:
            self._sink.close()
        except OSError as error:
            self._break(error)
        self._tell(self._end, None if self._broken else self._closed)

    def _write_chunk(self, room: bytearray) -> None:
        lines: list[bytes] = []
        done: list[Done] = []
        taken, left = 0, CHUNK_CAP
        if self._full:
            self._queued.clear()
        while self._queued and line_bound(len(self._queued[0][0].data)) <= left:
            event, callback = self._queued.popleft()
            line = encode_event(event)
            lines.append(line)
            left -= len(line)
            taken += len(event.data)
            if callback is not None:
                done.append(callback)
        if lines:
            try:
                self._sink.append(b"".join(lines), room)
            except NoRoom as error:
                self._full = True
                self._queued.clear()
                self._tell(self._fail, error)
                return
            self._tell(self._acknowledge, taken, done)
            self._syncer.mark(self)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._ready.put(self)

    def _break(self, error: Exception) -> None:
        self._broken = True
        self._tell(self._fail, error)

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends and nobody waits
            self._loop.call_soon_threadsafe(call, *arguments)

    def _acknowledge(self, taken: int, done: list[Done]) -> None:
        self.pending_bytes -= taken
        for callback in done:
            callback()

    def _fail(self, error: Exception) -> None:
        if self.failed is None:
            self.failed = error
            self._on_failure(error)

    def _end(self, closed: Closed | None) -> None:
        self._on_end(self)
        if not self._ended.done():
            self._ended.set_result(closed)
