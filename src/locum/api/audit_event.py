"""/api/locum/v1/AuditEvent: the audit log, and how far it is sealed and signed."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import NEVER, Int64, Out, Table, Time, at
from locum.audit import search as reads
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission


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


class AuditQuery(Paging):
    """`troubled`: only what was denied, refused or failed. `objectId`: only what was done to that thing."""

    start_date: dt.datetime | None = None
    end_date: dt.datetime | None = None
    troubled: bool = False
    object_id: UUID | None = None


@operation(
    "AuditEvent.Search",
    "GET /api/locum/v1/AuditEvent",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    problems=(400,),
    summary="One page of the audit log, newest first unless asked otherwise",
)
def search(tx: ReadTx, call: Call[None, AuditQuery, None]) -> Table[AuditEvent]:
    query = call.query
    listed = reads.search(
        tx,
        query.page(),
        since=query.start_date,
        until=query.end_date,
        troubled=query.troubled,
        object_id=query.object_id,
    )
    return Table[AuditEvent](data=[_view(row) for row in listed.rows], records_total=listed.total)


@operation(
    "AuditEvent.GetState",
    "GET /api/locum/v1/AuditEvent/State",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    summary="How far the audit log is sealed and signed; whether it holds, `locum audit verify` says",
)
def get_state(tx: ReadTx, call: Call[None, None, None]) -> AuditLogState:
    found = reads.state(tx)
    return AuditLogState(
        sealed=found.sealed,
        signed=found.signed,
        signed_date_time_utc=at(found.signed_at),
        waiting=found.waiting,
        waiting_since_date_time_utc=at(found.waiting_since),
    )


def _view(row: reads.FoundEvent) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        at_date_time_utc=at(row.at),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        address=row.address,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        outcome=row.outcome,
        detail=row.detail,
        seq=row.seq,
    )
