"""/api/v1/ActivitySession: asking for access, using it, ending it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from locum.activities.read import connection_profile_of
from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.log import SessionLogQuery, log_of
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.recording import stream_of
from locum.api.session_view import ACCOUNT_TYPES, shown, shown_all, summary
from locum.api.wire.activity_session import ActivitySession, ActivitySessionRequestIn
from locum.api.wire.base import DataTable, In, Line, Name
from locum.api.wire.enums import (
    AccountType,
    SessionStatus,
    StreamType,
)
from locum.api.wire.session_log import ActionLogCollection
from locum.api.wire.session_summary import SessionSummary
from locum.identities.caller import Caller
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotAvailable, NotFound
from locum.kit.ids import given, new_id
from locum.kit.paging import MAX_TAKE, Page
from locum.kit.permissions import Permission
from locum.reads import sessions as reads
from locum.reads.recorded_text import check_text
from locum.recordings.lines import Stream
from locum.sessions import transition
from locum.sessions.address import ssh_url
from locum.sessions.auto_connect import make_token
from locum.sessions.lifecycle import ENDED, Status
from locum.sessions.model import AccessSession
from locum.sessions.planned import is_task
from locum.sessions.request import Request, request_session
from locum.sessions.wanted_credential import CredentialWanted

GROUP_AT_ONCE = 100


class SessionId(In):
    session_id: UUID


class StatusPath(In):
    status: SessionStatus


class SummaryQuery(Paging):
    user_id: UUID | None = None
    user_group_id: UUID | None = None
    stream_type: StreamType | None = None
    metadata_filter_text: Line | None = None
    start_date: dt.datetime | None = None
    end_date: dt.datetime | None = None
    resource_name: list[Name] = msgspec.field(default_factory=list)
    user_name: list[Name] = msgspec.field(default_factory=list)


class HistoricalQuery(SummaryQuery):
    filter_user_type: AccountType | None = None


class SessionsQuery(In):
    status: Name | None = None
    target_id: UUID | None = None
    target_user_id: UUID | None = None


@operation(
    "ActivitySession.CreateAsync",
    "POST /api/v1/ActivitySession",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    status=201,
    problems=(400, 404),
    audit="session.requested",
    summary="Ask for an activity on a resource, or for a credential, by id or by name (SES-01)",
)
def create_session(tx: Tx, call: Call[None, None, ActivitySessionRequestIn]) -> ActivitySession:
    session_id = _request(tx, call, call.body, None)
    tx.after_commit.append(call.api.changed.ring)
    return shown(tx, transition.get(tx, session_id))


@operation(
    "ActivitySession.CreateActivitySessionGroupAsync",
    "POST /api/v1/ActivitySession/Group",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    status=201,
    problems=(400, 404),
    audit="session.requested",
    summary="Ask for several sessions at once, all of them or none, as one group (SES-04)",
)
def create_session_group(tx: Tx, call: Call[None, None, list[ActivitySessionRequestIn]]) -> list[ActivitySession]:
    if not 1 <= len(call.body) <= GROUP_AT_ONCE:
        raise Invalid(f"a group has 1 to {GROUP_AT_ONCE} sessions", field="activitySessions")
    group_id = new_id()
    ids = [_request(tx, call, body, group_id) for body in call.body]
    tx.after_commit.append(call.api.changed.ring)
    return shown_all(tx, [transition.get(tx, session_id) for session_id in ids])


def _request(tx: Tx, call: Call[None, None, Any], body: ActivitySessionRequestIn, group_id: UUID | None) -> UUID:
    caller = call.caller
    owner = given(body.managed_account_id) or caller.identity_id
    if owner != caller.identity_id and not manages(caller):
        raise Forbidden(
            "only an administrator may ask for a session of somebody else", missing=Permission.SESSIONS_ANY_MANAGE
        )
    asked = Request(
        identity_id=owner,
        activity_id=given(body.activity_id),
        activity_name=body.activity_name,
        resource_id=given(body.managed_resource_id),
        resource_name=body.managed_resource_name,
        policy_id=given(body.access_policy_id),
        note=body.note or "",
        ticket=body.ticket or "",
        start=body.start_date_time_utc,
        end=body.end_date_time_utc,
        key_policies=caller.key.policies if caller.key else None,
        answers=tuple((one.name, one.value or "") for one in body.custom_fields or ()),
        group_id=group_id,
        credential=_credential(caller, body),
    )
    return request_session(tx, caller.actor, asked, node=call.api.node, most=call.api.limits.sessions)


def _credential(caller: Caller, body: ActivitySessionRequestIn) -> CredentialWanted | None:
    wanted = CredentialWanted(
        given(body.credential_id),
        body.credential_username or None,
        body.credential_domain or None,
        body.credential_name or None,
        caller.key.credentials if caller.key else None,
        caller.key.policies if caller.key else None,
    )
    return wanted if wanted.id or wanted.username or wanted.name else None


@operation(
    "ActivitySession.GetByIdAsync",
    "GET /api/v1/ActivitySession/{sessionId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    summary="One session; a user sees only their own",
)
def get_session(tx: ReadTx, call: Call[SessionId, None, None]) -> ActivitySession:
    return shown(tx, may_see(tx, call.caller, call.params.session_id))


@operation(
    "ActivitySession.DeleteAsync",
    "DELETE /api/v1/ActivitySession/{sessionId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    status=202,
    problems=(400, 404),
    audit="session.ending",
    summary="End a session: its connections are closed and its access is taken away (SES-07)",
)
def end_session(tx: Tx, call: Call[SessionId, None, None]) -> None:
    end_for(tx, call, may_see(tx, call.caller, call.params.session_id))


def end_for(tx: Tx, call: Call[Any, None, None], session: AccessSession) -> None:
    """Begin the end of a session that the caller may end."""
    own = session.identity_id == call.caller.identity_id
    transition.begin_end(
        tx,
        call.caller.actor,
        session,
        outcome=Status.COMPLETE if own and not is_task(session) else Status.CANCELLED,
        reason="ended by its user" if own else f"ended by {call.caller.name}",
    )
    tx.after_commit.append(call.api.changed.ring)


@operation(
    "ActivitySession.GetSshUrlAsync",
    "GET /api/v1/ActivitySession/Ssh/{sessionId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404, 409),
    audit="session.link_made",
    summary="The ssh:// address of one's own session; by its profile, a link that spares one connection the sign-in",
)
def get_ssh_url(tx: Tx, call: Call[SessionId, None, None]) -> str:
    session = may_see(tx, call.caller, call.params.session_id)
    if session.identity_id != call.caller.identity_id:
        raise NotFound("no such session")
    if session.status in ENDED:
        raise Conflict("the session has ended: its address leads nowhere any more")
    if is_task(session):
        raise NotFound("a task has no address: nobody connects to it")
    names = reads.names(tx, session.id)
    if names.resource_name is None:
        raise NotFound("a session of a credential has no address: it opens no connection")
    gateway = connection_profile_of(tx, session.profile_id).ssh_proxy_host or call.api.ssh_address
    # Not with an API key: a link stands for the sign-in of a person.
    token = None if call.caller.key else make_token(tx, call.caller.actor, session)
    return ssh_url(
        names.identity_name,
        names.activity_name,
        names.resource_name,
        session.id,
        gateway=gateway,
        token=token.reveal_text() if token else None,
    )


@operation(
    "ActivitySession.GetRdpFileAsync",
    "GET /api/v1/ActivitySession/Rdp/{sessionId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404, 409),
    summary="The .rdp file of one's own session: not available, as Locum has no gateway for RDP",
)
def get_rdp_file(tx: ReadTx, call: Call[SessionId, None, None]) -> str:
    session = may_see(tx, call.caller, call.params.session_id)
    if session.identity_id != call.caller.identity_id:
        raise NotFound("no such session")
    raise NotAvailable("there is no gateway for RDP yet: SSH sessions have an address, see ActivitySession/Ssh")


@operation(
    "ActivitySession.GetSessionLogsAsync",
    "GET /api/v1/ActivitySession/{sessionId}/Log",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    summary="What happened in a session, oldest first unless asked otherwise (SES-12)",
)
def get_session_log(tx: ReadTx, call: Call[SessionId, SessionLogQuery, None]) -> ActionLogCollection:
    session = may_see(tx, call.caller, call.params.session_id)
    return log_of(tx, session.id, call.query)


@operation(
    "ActivitySession.GetSessionSummaryByStatusAsync",
    "GET /api/v1/ActivitySession/SummaryByStatus/{status}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="One page of sessions in a status; a user sees only their own",
)
def get_summary(tx: ReadTx, call: Call[StatusPath, SummaryQuery, None]) -> DataTable[SessionSummary]:
    return summaries(tx, frozenset({Status(call.params.status)}), call)


@operation(
    "ActivitySession.GetHistoricalSessionSummaryAsync",
    "GET /api/v1/ActivitySession/SummaryByStatus/Historical",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="One page of sessions that have ended; a user sees only their own",
)
def get_historical_summary(tx: ReadTx, call: Call[None, HistoricalQuery, None]) -> DataTable[SessionSummary]:
    return summaries(tx, reads.HISTORICAL, call, call.query.filter_user_type)


@operation(
    "ActivitySession.GetAllActivitySessionsByStatusAsync",
    "GET /api/v1/ActivitySession",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(400,),
    summary="Sessions that are pending, active or historical, as a bare array",
)
def get_sessions(tx: ReadTx, call: Call[None, SessionsQuery, None]) -> list[ActivitySession]:
    wanted = (call.query.status or "active").casefold()
    if wanted not in WORDS:
        raise Invalid("status must be pending, active or historical", field="status")
    sessions = reads.raw_sessions(
        tx,
        WORDS[wanted],
        resource_id=call.query.target_id,
        account_id=call.query.target_user_id,
        limit=MAX_TAKE,
    )
    return shown_all(tx, sessions)


WORDS = {
    "pending": frozenset({Status.APPROVAL_REQUIRED, Status.PENDING}),
    "active": frozenset({Status.ACTIVE, Status.CANCELLING}),
    "historical": reads.HISTORICAL,
}
"""The contract's words for several states at once."""


def manages(caller: Caller) -> bool:
    return Permission.SESSIONS_ANY_MANAGE in caller.permissions


def key_policies(caller: Caller) -> frozenset[UUID] | None:
    """All that the caller's API key is for; None if that does not bound it (SEC-30)."""
    return caller.key.policies if caller.key else None


def may_see(tx: ReadTx, caller: Caller, session_id: UUID) -> AccessSession:
    """One's own session, or any for who manages them; somebody else's does not exist (SEC-12).

    Nor does one under an access policy that the API key is not for (SEC-30).
    """
    session = transition.get(tx, session_id)
    other_policy = caller.key is not None and not caller.key.has_policy(session.policy_id)
    if other_policy or (session.identity_id != caller.identity_id and not manages(caller)):
        raise NotFound("no such session")
    return session


def summaries(
    tx: ReadTx,
    statuses: frozenset[Status],
    call: Call[Any, Any, None],
    account_type: AccountType | None = None,
    *,
    only_own: bool = False,
) -> DataTable[SessionSummary]:
    """One page of what the caller may see, `only_own` without what an administrator sees of others."""
    query, caller = call.query, call.caller
    recorded, stream = _recorded(query)
    which = reads.Filter(
        statuses=statuses,
        owner=query.user_id if manages(caller) and not only_own else caller.identity_id,
        group=None if only_own else query.user_group_id,
        policies=key_policies(caller),
        kinds=None
        if account_type is None
        else frozenset(k for k, t in ACCOUNT_TYPES.items() if t == account_type),
        since=query.start_date,
        until=query.end_date,
        resource_names=tuple(query.resource_name),
        user_names=tuple(query.user_name),
        recorded=recorded,
        recorded_stream=stream,
    )
    return page_of(tx, which, query.page())


def page_of(tx: ReadTx, which: reads.Filter, page: Page) -> DataTable[SessionSummary]:
    """One page of sessions as rows, with their connections: three statements."""
    listed = reads.sessions(tx, which, page)
    connections = reads.connections(tx, [row.id for row in listed.rows])
    rows = [summary(row, connections[row.id], tx.now) for row in listed.rows]
    return DataTable(data=rows, records_total=listed.total)


def _recorded(query: Any) -> tuple[str | None, Stream | None]:
    """What is sought in recordings, and in which direction. Raises Invalid for too short a text, or what is none."""
    if not query.metadata_filter_text:
        return None, None
    check_text(query.metadata_filter_text, field="metadataFilterText")
    stream = getattr(query, "stream_type", None) or StreamType.ALL  # one's own lists have no such parameter
    return query.metadata_filter_text, stream_of(stream)
