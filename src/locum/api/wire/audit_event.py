"""The audit log as it is shown. The contract has no shape for it."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Int64, Out, Time


class AuditEvent(Out):
    """One event. `seq` is its place in the chain, null while it waits for its seal; `detail` is a JSON object."""

    id: Int64 = 0
    at_date_time_utc: Time = NEVER
    actor_id: UUID | None = None
    actor_name: str = ""
    address: str | None = None
    action: str = ""
    object_kind: str | None = None
    object_id: UUID | None = None
    outcome: str = ""
    detail: str = ""
    seq: Int64 | None = None


class AuditLogState(Out):
    """`sealed` events are in the chain, `signed` of them under a signature; `waiting` are on their way into it."""

    sealed: Int64 = 0
    signed: Int64 = 0
    signed_date_time_utc: Time | None = None
    waiting: int = 0
    waiting_since_date_time_utc: Time | None = None
