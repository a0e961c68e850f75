"""/api/locum/v1/Recording: what happened on connections of ended access sessions (ROLE-04)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec

from locum.api.context import Api, Asciicast, Call
from locum.api.guards import ADMIN_OR_USER_PLUS, Filtered, lacks
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.enums import StreamType
from locum.api.wire.recording import RecordedLine, Recording
from locum.audit.log import record
from locum.identities.caller import Caller
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.reads import recorded_text
from locum.reads import recordings as reads
from locum.recordings import cast
from locum.recordings.archive import at_hand
from locum.recordings.key import data_key
from locum.recordings.lines import Stream
from locum.recordings.reader import Damaged
from locum.sessions import archiving
from locum.vault.seal import SealBroken

_VIEW = Permission.RECORDINGS_ENDED_VIEW
LONGEST_CAST = 16 * 1024 * 1024  # bytes of text, which stand in memory while they are sent


class ConnectionId(In):
    connection_id: UUID


@operation(
    "Recording.Search",
    "GET /api/locum/v1/Recording",
    who=ADMIN_OR_USER_PLUS,
    permission=_VIEW,
    scope=Filtered((_VIEW,)),
    summary="List the recorded connections of ended access sessions",
)
def search(tx: ReadTx, call: Call[None, Paging, None]) -> Table[Recording]:
    """Who holds a custom role sees the users and resources of its scope only."""
    listed = reads.of_ended_sessions(tx, call.caller, call.query.page())
    return Table[Recording](data=[_view(row) for row in listed.rows], records_total=listed.total)


class TextQuery(Paging):
    """`streamType`: 0 All, 2 what was typed, 3 what was shown."""

    stream_type: StreamType = StreamType.ALL
    activity_session_id: UUID | None = None


@operation(
    "Recording.SearchText",
    "GET /api/locum/v1/Recording/Text",
    who=ADMIN_OR_USER_PLUS,
    permission=_VIEW,
    scope=Filtered((_VIEW,)),
    problems=(400,),
    audit="recording.searched",
    summary="Find lines that were shown or typed on recorded connections",
)
def search_text(tx: Tx, call: Call[None, TextQuery, None]) -> Table[RecordedLine]:
    """Lines that hold `filterText`, newest first, of live sessions too for administrators (REC-04)."""
    query = call.query
    listed = recorded_text.search(
        tx,
        call.caller,
        query.filter_text or "",
        query.page(),
        stream=stream_of(query.stream_type),
        session_id=query.activity_session_id,
    )
    record(
        tx,
        call.caller.actor,
        "recording.searched",
        object_kind="recording",
        detail={"count": listed.total},
    )
    return Table[RecordedLine](data=[_line(hit) for hit in listed.rows], records_total=listed.total)


@operation(
    "Recording.GetCast",
    "GET /api/locum/v1/Recording/{connectionId}/Cast",
    who=ADMIN_OR_USER_PLUS,
    permission=_VIEW,
    scope=Filtered((_VIEW,)),
    problems=(404, 409, 413),
    audit="recording.viewed",
    summary="One recording as asciicast v2, without what was typed",
)
async def get_cast(call: Call[ConnectionId, None, None]) -> Asciicast:
    """The audit row is committed before anything is shown. What is not in the caller's scope is refused as what is
    not there at all."""
    db, connection_id = call.api.db, call.params.connection_id
    row = await db.read(_found, call.caller, connection_id)
    archived = await db.read(archiving.key_of, connection_id)
    try:
        content = await asyncio.to_thread(_played, call.api, connection_id, archived)
    except NotFound:  # it may have moved to the archive meanwhile
        archived = await db.read(archiving.key_of, connection_id)
        if archived is None:
            raise
        content = await asyncio.to_thread(_played, call.api, connection_id, archived)
    await db.write(
        record,
        call.caller.actor,
        "recording.viewed",
        object_kind="connection",
        object_id=connection_id,
        detail={"identity": row.identity_name, "resource": row.resource_name},
    )
    return Asciicast(content)


def _found(tx: ReadTx, caller: Caller, connection_id: UUID) -> reads.RecordingRow:
    row = reads.of_ended_session(tx, caller, connection_id)
    if row is None and _VIEW in caller.permissions:
        raise NotFound("there is no recording of an ended access session with this id")
    if row is None:
        raise lacks(_VIEW, kind="recording")
    return row


def _played(api: Api, connection_id: UUID, archived: str | None) -> bytes:
    try:
        with at_hand(api.recordings, api.archive, connection_id, archived) as path:
            return cast.text(path, data_key(api.vault, path, connection_id), limit=LONGEST_CAST)
    except (Damaged, SealBroken) as error:
        raise Conflict(error.detail) from error


def stream_of(wanted: StreamType) -> Stream | None:
    """Which direction is meant, None: both. Raises Invalid for what is not recorded."""
    match wanted:
        case StreamType.ALL:
            return None
        case StreamType.STD_IN | StreamType.STD_OUT:
            return Stream(wanted)
    raise Invalid("streamType must be 0, 2 or 3: nothing else is recorded", field="streamType")


def _line(hit: recorded_text.Hit) -> RecordedLine:
    return RecordedLine(
        **msgspec.structs.asdict(_view(hit)),
        stream_type=StreamType(hit.stream),
        offset_ms=hit.at_ms,
        text=hit.text,
    )


def _view(row: reads.RecordingRow) -> Recording:
    return Recording(
        id=row.id,
        activity_session_id=row.session_id,
        user_id=row.identity_id,
        user_name=row.identity_name,
        activity_name=row.activity_name,
        managed_resource_id=row.resource_id,
        managed_resource_name=row.resource_name,
        start_date_time_utc=at(row.opened_at),
        end_date_time_utc=at(row.closed_at),
    )
