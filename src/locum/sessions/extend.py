"""Gives an access session more time: its owner as the connection profile says, an administrator always (SES-06)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import ConnectionProfile
from locum.activities.read import connection_profile_of
from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid
from locum.sessions import transition
from locum.sessions.extension import ExtensionRules, NotExtended, extend
from locum.sessions.lifecycle import Status, may_extend
from locum.sessions.model import AccessSession, access_session, lease
from locum.sessions.profile_rules import check_time
from locum.sessions.session_limit import hold_room_for_session


def rules_of(profile: ConnectionProfile) -> ExtensionRules:
    """What a connection profile says about extending."""
    return ExtensionRules(
        profile.allow_session_extension,
        profile.session_extension_minutes or 0,
        profile.session_extension_count or 0,
    )


def offered(tx: ReadTx, session: AccessSession) -> int | None:
    """How many minutes the owner may add at once when the session nears its end, or None."""
    rules = rules_of(connection_profile_of(tx, session.profile_id))
    return rules.minutes if rules.allowed and rules.minutes and session.extensions < rules.count else None


def extend_session(
    tx: Tx, actor: Actor, session_id: UUID, minutes: int, *, as_administrator: bool, most: int | None = None
) -> AccessSession:
    """Move the end by `minutes` (0: as many as the profile gives at once). The worker and live connections follow.

    Raises NotFound, Conflict where the session does not run, Invalid for a wrong number of minutes, and Forbidden
    where the profile does not allow it, or its owner has `most` other sessions in that time.
    """
    session = transition.get(tx, session_id, hold=True)
    if not may_extend(Status(session.status), session.scheduled_end, tx.now):
        raise Conflict("only a session that runs can be extended")
    if session.locked and not as_administrator:
        raise Forbidden("your session is locked", missing="session not locked")
    step = extend(
        rules_of(connection_profile_of(tx, session.profile_id)),
        start=session.scheduled_start,
        end=session.scheduled_end,
        used=session.extensions,
        minutes=minutes,
        now=tx.now,
        as_administrator=as_administrator,
    )
    if isinstance(step, NotExtended):
        if step.missing is None:
            raise Invalid(step.reason, field="minutes")
        raise Forbidden(step.reason, missing=step.missing)
    end = step.end if as_administrator else _within_windows(tx, session, step.end)
    if not as_administrator:
        hold_room_for_session(tx, most, session.identity_id, session.scheduled_end, end, but=session.id)
    tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id)
        .values(
            scheduled_end=end,
            extensions=session.extensions + (0 if as_administrator else 1),
            modified_at=tx.now,
        )
    )
    tx.run(sa.update(lease).where(lease.c.session_id == session.id).values(due_at=end))
    jobs.schedule(tx, transition.JOB, session.id, due_at=tx.now)  # a database login ends by itself: it is renewed
    transition.say(tx, session.id, f"extended to {end:%Y-%m-%d %H:%M} UTC by {actor.name}")
    audit.record(
        tx,
        actor,
        "session.extended",
        object_kind="session",
        object_id=session.id,
        detail={"from": session.scheduled_end.isoformat(), "to": end.isoformat()},
    )
    return transition.get(tx, session.id)


def _within_windows(tx: Tx, session: AccessSession, end: dt.datetime) -> dt.datetime:
    """No session runs past its access window, unless an administrator says so."""
    latest = check_time(tx, session.profile_id, tx.now)
    if latest is not None and latest <= session.scheduled_end:
        raise Forbidden("the session ends with its access window", missing="access window")
    return end if latest is None else min(end, latest)
