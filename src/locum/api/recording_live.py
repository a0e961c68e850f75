"""/api/locum/v1/Recording/{connectionId}/Live: watching a connection while it goes on (REC-02)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from uuid import UUID

from locum.api.context import Call, LiveCast
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.recording import ConnectionId
from locum.audit.log import record
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.kit.permissions import Permission
from locum.reads import recordings as reads
from locum.recordings.cast import Cast
from locum.recordings.key import open_playback
from locum.recordings.reader import Damaged, Playback
from locum.vault.seal import SealBroken

LOOK_S = 0.1
LINES_AT_ONCE = 500
CHECK_S = 1.0


@operation(
    "Recording.Watch",
    "GET /api/locum/v1/Recording/{connectionId}/Live",
    who=ADMIN,
    permission=Permission.RECORDINGS_LIVE_VIEW,
    problems=(404, 409),
    audit="recording.watched",
    summary="One recorded connection as asciicast v2 from its start on, going on while the connection does",
)
async def watch(call: Call[ConnectionId, None, None]) -> LiveCast:
    """The audit row is committed before anything is shown. Typed input is left out; the answer ends with the
    connection. Only a node that has the recording can show it: the one that carries the connection, or one with which
    it shares the place of recordings."""
    db, connection_id = call.api.db, call.params.connection_id
    row = await db.read(reads.live_one, call.caller, connection_id)
    if row is None:
        raise NotFound("there is no recorded connection with this id that goes on now")
    path = call.api.recordings.path(connection_id)
    if row.node != call.api.node and not await asyncio.to_thread(path.exists):
        raise Conflict(f"this connection passes the node {row.node}, and its recording lies there")
    try:
        playback = await asyncio.to_thread(open_playback, call.api.vault, path, connection_id)
    except (Damaged, SealBroken) as error:
        raise Conflict(error.detail) from error
    await db.write(
        record,
        call.caller.actor,
        "recording.watched",
        object_kind="connection",
        object_id=connection_id,
        detail={"identity": row.identity_name, "resource": row.resource_name},
    )
    return LiveCast(_parts(db, connection_id, playback))


async def _parts(db: Database, connection_id: UUID, playback: Playback) -> AsyncGenerator[bytes, None]:
    """What there is, then what comes; an empty part where nothing has come for a moment."""
    cast = Cast(playback)
    loop = asyncio.get_running_loop()
    checked, goes_on = loop.time(), True
    with contextlib.closing(playback):
        yield cast.head()
        lines = cast.more()
        while True:
            part = await asyncio.to_thread(_some, lines)
            if part:
                yield part
                continue
            if playback.closed or not goes_on:
                break
            if loop.time() - checked > CHECK_S:  # a recording that failed has no end in its file
                checked, goes_on = loop.time(), await db.read(reads.is_open, connection_id)
            yield b""
            await asyncio.sleep(LOOK_S)
            playback.grow()
            lines = cast.more()
        yield b"".join(cast.end())


def _some(lines: Iterator[bytes]) -> bytes:
    return b"".join(islice(lines, LINES_AT_ONCE))
