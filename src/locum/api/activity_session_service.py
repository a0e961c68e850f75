"""/api/v1/ActivitySession: what services do for sessions besides the worker. They hold the role App."""

from __future__ import annotations

from uuid import UUID

from locum.activities.read import connection_profile_of, custom_fields_of
from locum.api.activity_session import WORDS, SessionId, key_policies
from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP, APP
from locum.api.operations import operation
from locum.api.profile_view import shown as profile_shown
from locum.api.session_view import shown
from locum.api.wire.activity_session import ActivitySession
from locum.api.wire.base import In, Name
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.identities.caller import Caller
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.ids import given
from locum.kit.permissions import Permission
from locum.reads import session_figures as figures
from locum.sessions import transition
from locum.sessions.approval_sweep import AT_ONCE, settle_waiting, waiting
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession
from locum.sessions.sweep import end_hanging
from locum.sessions.target_account import confirm_account


class ConfigId(In):
    id: UUID


class CountQuery(In):
    status: Name | None = None
    target_id: UUID | None = None
    target_user_id: UUID | None = None


class TargetUser(In):
    session_id: UUID
    target_user_id: UUID


class NameAndIdIn(In):
    __contract__ = "SbPAM.Models.NameAndId"

    id: UUID | None = None
    name: Name | None = None


@operation(
    "ActivitySession.CheckApprovalStateAsync",
    "GET /api/v1/ActivitySession/ApprovalCheck",
    who=APP,
    permission=Permission.SESSIONS_SERVICE_USE,
    problems=(400, 409),
    audit="session.ended",
    summary="Settle what is due about requests that wait for approval (APR-02); how many are not as they were",
)
async def check_approvals(call: Call[None, None, None]) -> int:
    """A few at a time, so that no approver waits for all of them. The worker does the same for each when it is due."""
    db, changed = call.api.db, 0
    ids = await db.read(waiting, key_policies(call.caller))
    for start in range(0, len(ids), AT_ONCE):
        changed += await db.write(settle_waiting, ids[start : start + AT_ONCE])
    call.api.changed.ring()
    return changed


@operation(
    "ActivitySession.CancelHangingSessionsAsync",
    "DELETE /api/v1/ActivitySession/CancelHanging",
    who=APP,
    permission=Permission.SESSIONS_SERVICE_USE,
    problems=(400, 409),
    audit="session.ending",
    summary="End the sessions that hang past their time (SES-14); how many there were",
)
async def cancel_hanging(call: Call[None, None, None]) -> int:
    """Those that are ending already are the worker's, which never gives up, and the sweep's, which wakes it."""
    ended = 0
    while some := await call.api.db.write(end_hanging, call.caller.actor, key_policies(call.caller)):
        ended += len(some)
        call.api.changed.ring()
    return ended


@operation(
    "ActivitySession.GtActivityConfigurationAsync",
    "GET /api/v1/ActivitySession/Config/{id}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="The connection profile that a session runs under, as it is now",
)
def get_config(tx: ReadTx, call: Call[ConfigId, None, None]) -> ActivityConfiguration:
    """[INF] The id is a session's, as everywhere in this controller; profiles have a controller of their own."""
    profile = connection_profile_of(tx, _for_service(tx, call.caller, call.params.id).profile_id)
    return profile_shown(profile, custom_fields_of(tx, profile.id))


@operation(
    "ActivitySession.GetActivitySessionCountAsync",
    "GET /api/v1/ActivitySession/Count",
    who=APP,
    permission=Permission.SESSIONS_SERVICE_USE,
    problems=(400,),
    summary="How many sessions are in a state, on a resource, as an account there (SES-11)",
)
def count_sessions(tx: ReadTx, call: Call[None, CountQuery, None]) -> int:
    """`status` is pending, active, historical, or one SessionStatus by name or number; without one, any state counts.

    `targetUserId` is an account on a resource: sessions that sign in with its login count, whoever asked for them.
    """
    query = call.query
    return figures.count(
        tx,
        None if query.status is None else _states(query.status),
        resource_id=query.target_id,
        account_id=query.target_user_id,
        policies=key_policies(call.caller),
    )


@operation(
    "ActivitySession.UpdateAsync",
    "PUT /api/v1/ActivitySession/{sessionId}/targetId/{targetUserId}",
    who=APP,
    permission=Permission.SESSIONS_SERVICE_USE,
    problems=(404, 409),
    audit="session.account_found",
    summary="Say which account of its resource a live session signs in as; never another than it does",
)
def put_target_user(tx: Tx, call: Call[TargetUser, None, None]) -> ActivitySession:
    """[INF] Nothing follows from it but that the session's view names the account: Locum acts on the login it chose."""
    session = _for_service(tx, call.caller, call.params.session_id)
    found = confirm_account(
        tx,
        call.caller.actor,
        session.id,
        account_id=call.params.target_user_id,
        field="targetUserId",
    )
    return shown(tx, found)


@operation(
    "ActivitySession.UpdateSessionLoginAccountAsync",
    "PUT /api/v1/ActivitySession/{sessionId}/loginAccount",
    who=APP,
    permission=Permission.SESSIONS_SERVICE_USE,
    problems=(404, 409),
    audit="session.account_found",
    summary="Say with which login and account a live session signs in; never with another than it does",
)
def put_login_account(tx: Tx, call: Call[SessionId, None, NameAndIdIn]) -> str:
    """[INF] As `targetId`, by the login's name, and with `id` by its account. Answers the session's login.

    The reference's services chose the login and told. Here Locum chooses it when the session is asked for, and a
    service that could change it could have any account of the host taken over or removed.
    """
    name, account_id = call.body.name, given(call.body.id)
    if not name and account_id is None:
        raise Invalid("name or id is needed", field="name")
    session = _for_service(tx, call.caller, call.params.session_id)
    found = confirm_account(
        tx,
        call.caller.actor,
        session.id,
        account_id=account_id,
        login=name or None,
        field="name" if account_id is None else "id",
    )
    return found.login_name


def _for_service(tx: ReadTx, caller: Caller, session_id: UUID) -> AccessSession:
    """Anybody's session, for a service; none under an access policy that its API key is not for."""
    session = transition.get(tx, session_id)
    if caller.key is not None and not caller.key.has_policy(session.policy_id):
        raise NotFound("no such session")
    return session


def _states(word: str) -> frozenset[Status]:
    several = WORDS.get(word.casefold())
    if several is not None:
        return several
    by_name = {status.name.replace("_", "").casefold(): status for status in Status}
    by_number = {str(status.value): status for status in Status}
    one = by_name.get(word.casefold()) or by_number.get(word)
    if one is None:
        raise Invalid("status must be pending, active, historical or a SessionStatus", field="status")
    return frozenset({one})
