"""How the contract shows access sessions: whole, and as rows of a list."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from locum.actions.plan import AFTER, BEFORE, DURING
from locum.activities.custom_fields import shown_values
from locum.activities.read import connection_profile_of
from locum.api.wire.activity_session import ActivitySession, ProxySession
from locum.api.wire.base import NEVER, at
from locum.api.wire.enums import (
    AccountType,
    ActivityType,
    LoginSessionState,
    SessionStatus,
    SessionSummaryStatus,
)
from locum.api.wire.session_summary import SessionSummary
from locum.identities.model import Kind
from locum.kit.db import ReadTx
from locum.reads import sessions as reads
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, Connection
from locum.sessions.queue_status import queue_id

ACCOUNT_TYPES = {Kind.APPLICATION: AccountType.APPLICATION, Kind.LOCAL: AccountType.LOCAL}


def shown(tx: ReadTx, session: AccessSession) -> ActivitySession:
    """A session as the wire has it, with its connections and what its profile says of more time."""
    view = shown_all(tx, [session])[0]
    profile = connection_profile_of(tx, session.profile_id)
    view.allow_session_extension = profile.allow_session_extension
    view.session_extension_minutes = profile.session_extension_minutes or 0
    return view


def shown_all(tx: ReadTx, sessions: list[AccessSession]) -> list[ActivitySession]:
    """Sessions as the wire has them, with their connections: one statement for all of them."""
    connections = reads.connections(tx, [session.id for session in sessions])
    return [
        ActivitySession(
            id=row.id,
            created_by=row.created_by,
            created_by_user_name=row.created_by_name,
            created_from_address=row.created_from,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.modified_at),
            login_account_name=row.login_name,
            credential_id=row.credential_id,
            activity_id=row.activity_id,
            activity_configuration_id=row.profile_id,
            access_control_policy_id=row.policy_id,
            managed_account_id=row.identity_id,
            managed_resource_id=row.resource_id,
            target_id=row.resource_id,
            target_user_id=row.target_account_id,
            activity_session_group_id=row.group_id,
            approval_workflow_id=row.workflow_id,
            locked=row.locked,
            session_extension_count=row.extensions,
            status=SessionStatus(row.status),
            status_description=row.status_description,
            scheduled_start_date_time_utc=at(row.scheduled_start),
            scheduled_end_date_time_utc=at(row.scheduled_end),
            actual_start_date_time_utc=at(row.actual_start),
            actual_end_date_time_utc=at(row.actual_end),
            cancelled_by=row.cancelled_by,
            proxy_sessions=[_proxy_session(c) for c in connections[row.id]],
            note=row.note,
            ticket=row.ticket,
            custom_fields=_answers(row),
            start_action_queue_id=queue_id(row.id, BEFORE),
            during_action_queue_id=queue_id(row.id, DURING),
            end_action_queue_id=queue_id(row.id, AFTER),
        )
        for row in sessions
    ]


def _answers(row: AccessSession) -> str | None:
    """The contract has them as a text, which is that of a request's customFields."""
    values = shown_values(row.custom_fields)
    return None if values is None else json.dumps(values, ensure_ascii=False)


def _proxy_session(row: Connection) -> ProxySession:
    opened, closed = at(row.opened_at), at(row.closed_at) or NEVER
    return ProxySession(
        id=row.id,
        activity_session_id=row.session_id,
        record=row.recorded,
        type="SSH",
        active=row.closed_at is None,
        start_date_time_utc=opened,
        end_date_time_utc=closed,
        created_date_time_utc=opened,
        modified_date_time_utc=opened if row.closed_at is None else closed,
    )


def summary(row: reads.SessionRow, connections: list[Connection], now: dt.datetime) -> SessionSummary:
    """A row of a list of sessions, with its connections, the oldest first."""
    first_login = connections[0].opened_at if connections else None
    ran_until = row.actual_end or now
    return SessionSummary(
        id=row.id,
        host_display_name=row.resource_name,
        **_password(row),
        user_id=row.identity_id,
        user_display_name=row.identity_name,
        created_by=row.created_by,
        created_by_display_name=row.created_by_name,
        managed_account_id=row.identity_id,
        managed_resource_id=row.resource_id,
        managed_resource_name=row.resource_name,
        managed_resource_display_name=row.resource_name,
        start_date_time_utc=at(row.scheduled_start),
        actual_start_date_time_utc=at(row.actual_start),
        end_date_time_utc=at(row.scheduled_end),
        actual_end_date_time_utc=at(row.actual_end),
        expiration_date_time_utc=at(row.scheduled_end),
        created_date_time_utc=at(row.created_at),
        duration_in_seconds=int((ran_until - row.actual_start).total_seconds()) if row.actual_start else 0,
        session_status=SessionStatus(row.status),
        session_status_description=row.status_description,
        status=_summary_status(row),
        locked=row.locked,
        status_message=row.status_description,
        login_date_time_utc=at(first_login),
        login_session_state=LoginSessionState.ACTIVE if row.signed_in else LoginSessionState.INACTIVE,
        activity_id=row.activity_id,
        activity_name=row.activity_name,
        activity_type=ActivityType(row.activity_type),
        platform_id=row.platform_id,
        platform_name=row.platform_name,
        user_type=ACCOUNT_TYPES.get(Kind(row.identity_kind), AccountType.USER),
        proxy_sessions=[_proxy_session(c) for c in connections],
        access_policy_id=row.policy_id,
        access_policy_name=row.policy_name,
        note=row.note,
        ticket=row.ticket,
        target_id=row.resource_id,
        target_name=row.resource_name or row.credential_name,
        login_account_name=row.login_name,
        login_display_name=row.login_name,
    )


def _password(row: reads.SessionRow) -> dict[str, Any]:
    """What clients may do for its owner with the password of a session's login, or the secret of its credential."""
    running = row.status == Status.ACTIVE and not row.locked
    release = row.credential_id is not None  # what such a session is for, whatever the profile says (B.5)
    return {
        "can_view_password": running and (release or (row.has_password and row.allow_view_password)),
        "can_autofill_password": running
        and row.allow_autofill_password
        and (release or (row.has_password and row.allow_password_access)),
        "view_password_in_seconds": row.view_password_seconds or 0,
    }


_SUMMARY_STATUS = {
    Status.APPROVAL_REQUIRED: SessionSummaryStatus.APPROVAL_REQUIRED,
    Status.PENDING: SessionSummaryStatus.PENDING,
    Status.CANCELLING: SessionSummaryStatus.CANCELLING,
    Status.COMPLETE: SessionSummaryStatus.COMPLETED,
    Status.FAILED: SessionSummaryStatus.COMPLETED_WITH_ERRORS,
    Status.CANCELLED: SessionSummaryStatus.CANCELLED,
    Status.APPROVAL_DENIED: SessionSummaryStatus.APPROVAL_DENIED,
    Status.APPROVAL_FAILED: SessionSummaryStatus.APPROVAL_FAILED,
}


def _summary_status(row: reads.SessionRow) -> SessionSummaryStatus:
    if row.locked:
        return SessionSummaryStatus.LOCKED
    if row.status == Status.ACTIVE:
        return SessionSummaryStatus.ACTIVE if row.signed_in else SessionSummaryStatus.ACTIVE_NO_LOGON
    return _SUMMARY_STATUS[Status(row.status)]
