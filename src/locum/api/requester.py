"""/api/locum/v1/ActivitySession/{sessionId}/Requester: whom an approver decides about (APR-04)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.activity_session import SessionId, key_policies
from locum.api.approval_workflow import asked_about
from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import NEVER, Out, Time, at
from locum.api.wire.enums import SessionStatus
from locum.kit.db import ReadTx
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.reads import requester as reads
from locum.reads.sessions import SessionRow
from locum.sessions import transition


class EarlierRequest(Out):
    """A request of the same person on the same resource or credential, and what became of it."""

    id: UUID = NIL
    activity_name: str = ""
    session_status: SessionStatus = SessionStatus.PENDING
    status_description: str | None = None
    created_date_time_utc: Time = NEVER
    actual_start_date_time_utc: Time | None = None
    actual_end_date_time_utc: Time | None = None
    note: str | None = None
    ticket: str | None = None


class Requester(Out):
    """Who asks. `earlier` has the last requests before this one, of `earlierTotal` on what this one is about."""

    managed_account_id: UUID = NIL
    name: str = ""
    display_name: str | None = None
    email: str | None = None
    earlier_total: int = 0
    denied_total: int = 0
    failed_total: int = 0
    earlier: list[EarlierRequest] = msgspec.field(default_factory=list)


@operation(
    "ActivitySession.Requester",
    "GET /api/locum/v1/ActivitySession/{sessionId}/Requester",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="Who asks, and what they asked for before on the same resource: for who is or was asked about it",
)
def get_requester(tx: ReadTx, call: Call[SessionId, None, None]) -> Requester:
    """As what approvers said of it: to others there is no such request (SEC-12)."""
    asked_about(tx, call.caller, call.params.session_id)
    session = transition.get(tx, call.params.session_id)
    found = reads.requester(tx, session, policies=key_policies(call.caller))
    return Requester(
        managed_account_id=session.identity_id,
        name=found.person.name,
        display_name=found.person.display_name,
        email=found.person.email,
        earlier_total=found.counts.total,
        denied_total=found.counts.denied,
        failed_total=found.counts.failed,
        earlier=[_view(row) for row in found.rows],
    )


def _view(row: SessionRow) -> EarlierRequest:
    return EarlierRequest(
        id=row.id,
        activity_name=row.activity_name,
        session_status=SessionStatus(row.status),
        status_description=row.status_description,
        created_date_time_utc=at(row.created_at),
        actual_start_date_time_utc=at(row.actual_start),
        actual_end_date_time_utc=at(row.actual_end),
        note=row.note,
        ticket=row.ticket,
    )
