"""/api/v1/ActivitySession: the password of one's own session's login, or the secret of its credential (SES-10, B.5)."""

from __future__ import annotations

from locum.activities.read import connection_profile_of
from locum.api.activity_session import SessionId, may_see
from locum.api.context import Call, PlainText
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission
from locum.sessions.lifecycle import Status
from locum.sessions.password import reveal_password


@operation(
    "ActivitySession.ViewPasswordAsync",
    "GET /api/v1/ActivitySession/{sessionId}/CanViewPassword",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    summary="Whether the password of one's own active session may be shown on a screen, by its connection profile",
)
def can_view_password(tx: ReadTx, call: Call[SessionId, None, None]) -> bool:
    session = may_see(tx, call.caller, call.params.session_id)
    own = session.identity_id == call.caller.identity_id
    running = session.status == Status.ACTIVE and tx.now < session.scheduled_end and not session.locked
    profile = connection_profile_of(tx, session.profile_id)
    if session.credential_id is not None:  # what such a session is for, whatever the profile says (B.5)
        return own and running
    return own and running and session.password_secret_id is not None and profile.allow_view_password


@operation(
    "ActivitySession.CopyPasswordAsync",
    "GET /api/v1/ActivitySession/{sessionId}/Password",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    audit="session.password_shown",
    summary="The password of one's own active session's login, or the secret of its credential, as plain text (SES-10);"
    " the header View-Password-In-Seconds says how long a client may show it, where the connection profile does",
)
def copy_password(tx: Tx, call: Call[SessionId, None, None]) -> PlainText:
    session = may_see(tx, call.caller, call.params.session_id)
    profile = connection_profile_of(tx, session.profile_id)
    if session.credential_id is not None:
        if call.caller.key is not None:
            call.caller.key.check_credential(session.credential_id)
    elif not profile.allow_password_access:
        raise Forbidden(
            f"the connection profile “{profile.name}” shows nobody the password", missing="password access"
        )
    if profile.view_password_seconds is not None:
        call.reply.headers.append((b"view-password-in-seconds", str(profile.view_password_seconds).encode()))
    return PlainText(reveal_password(tx, call.api.vault, call.caller.actor, session.id).reveal())
