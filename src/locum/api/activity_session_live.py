"""/api/v1/ActivitySession: more time for a session, its lock, and what its approvers say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api.activity_session import SessionId, may_see
from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.operations import operation
from locum.api.session_view import shown
from locum.api.wire.activity_session import ActivitySession
from locum.api.wire.base import In, Line
from locum.api.wire.live_session import LiveSessionRequest, LiveSessionRequestIn
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, NotFound
from locum.kit.permissions import Permission
from locum.sessions import transition
from locum.sessions.approval import decide
from locum.sessions.approval_rules import State
from locum.sessions.extend import extend_session
from locum.sessions.lock import Lock, set_lock


class NotesQuery(In):
    notes: Line | None = None


@operation(
    "ActivitySession.ExtendAsync",
    "POST /api/v1/ActivitySession/{sessionId}/Extend",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    audit="session.extended",
    summary="So many minutes more, 0 for as many as the profile gives; an administrator whenever it runs (SES-06)",
)
def post_extend(tx: Tx, call: Call[SessionId, None, int]) -> ActivitySession:
    caller = call.caller
    session = may_see(tx, caller, call.params.session_id)
    manages = Permission.SESSIONS_ANY_MANAGE in caller.permissions
    extended = extend_session(
        tx, caller.actor, session.id, call.body, as_administrator=manages, most=call.api.limits.sessions
    )
    tx.after_commit.append(call.api.changed.ring)
    return shown(tx, extended)


@operation(
    "ActivitySession.LockAsync",
    "PUT /api/v1/ActivitySession/lock",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(404, 409),
    audit="session.locked",
    summary="Lock or unlock sessions, and where asked their activities there, resources and owners (SES-09)",
)
def put_lock(tx: Tx, call: Call[None, None, LiveSessionRequestIn]) -> LiveSessionRequest:
    body = call.body
    _check_bounds(tx, call, body.activity_session_ids)
    set_lock(
        tx,
        call.caller.actor,
        Lock(
            tuple(body.activity_session_ids),
            body.locked,
            body.lock_title,
            body.lock_message,
            activities=body.lock_activity,
            resources=body.lock_resource,
            owners=body.lock_user,
        ),
    )
    tx.after_commit.append(call.api.changed.ring)
    return LiveSessionRequest(
        activity_session_ids=body.activity_session_ids,
        lock_message=body.lock_message,
        lock_title=body.lock_title,
        locked=body.locked,
        lock_activity=body.lock_activity,
        lock_resource=body.lock_resource,
        lock_user=body.lock_user,
    )


def _check_bounds(tx: ReadTx, call: Call[None, None, LiveSessionRequestIn], ids: list[UUID]) -> None:
    """A key that is for listed policies locks no session of another, and nothing that others have too (SEC-30)."""
    key = call.caller.key
    if key is None or key.policies is None:
        return
    for session_id in ids:
        may_see(tx, call.caller, session_id)
    if call.body.lock_activity or call.body.lock_resource or call.body.lock_user:
        raise Forbidden("this API key is for listed access policies alone", missing="key scope policy")


@operation(
    "ActivitySession.ApproveAsync",
    "POST /api/v1/ActivitySession/{sessionId}/Approve",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    audit="approval.approved",
    summary="Say yes to a request one is asked about; who sees it otherwise hears why not (APR-03)",
)
def post_approve(tx: Tx, call: Call[SessionId, NotesQuery, None]) -> None:
    _decide(tx, call, State.APPROVED, call.query.notes)


@operation(
    "ActivitySession.DenyAsync",
    "POST /api/v1/ActivitySession/{sessionId}/Deny",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    audit="approval.denied",
    summary="Say no to a request one is asked about; the body is a JSON string of notes, or nothing (APR-03)",
)
def post_deny(tx: Tx, call: Call[SessionId, None, Line | None]) -> None:
    _decide(tx, call, State.DENIED, call.body)


def _decide(tx: Tx, call: Call[SessionId, Any, Any], state: State, notes: str | None) -> None:
    session = transition.get(tx, call.params.session_id)
    if call.caller.key is not None and not call.caller.key.has_policy(session.policy_id):
        raise NotFound("no such session")
    try:
        decide(tx, call.caller.actor, session.id, state, notes)
    except NotFound:
        may_see(tx, call.caller, session.id)  # to whoever knows of the session it is said why
        raise Forbidden(
            "you are not asked about this session now; whoever asked for one can't approve it", missing="approver"
        ) from None
    tx.after_commit.append(call.api.changed.ring)
