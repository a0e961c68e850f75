"""Recordings of ended access sessions. The contract has no shape for them."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Out, Time
from locum.api.wire.enums import StreamType
from locum.kit.ids import NIL


class Recording(Out):
    """One recorded connection. `id` is the connection's, by which the gateway and the console name it too."""

    id: UUID = NIL
    activity_session_id: UUID = NIL
    user_id: UUID = NIL
    user_name: str = ""
    activity_name: str = ""
    managed_resource_id: UUID = NIL
    managed_resource_name: str = ""
    start_date_time_utc: Time = NEVER
    end_date_time_utc: Time | None = None


class RecordedLine(Recording):
    """A line that was found on a connection, `offset_ms` after its start: where a player can go on from."""

    stream_type: StreamType = StreamType.STD_OUT
    offset_ms: int = 0
    text: str = ""
