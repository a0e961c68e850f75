"""Moves an access session from one state to the next: the only place that writes its status."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.sessions.approval_model import asked_tier
from locum.sessions.lifecycle import ENDED, Snapshot, Status, may_become
from locum.sessions.model import AccessSession, LogLevel, access_session, session_log
from locum.sessions.planned import is_task

JOB = "session"

_COLUMNS = [access_session.c[name] for name in AccessSession.__struct_fields__]


def get(tx: ReadTx, session_id: UUID, *, hold: bool = False) -> AccessSession:
    """The session, with `hold` its row held until commit; or NotFound."""
    one = sa.select(*_COLUMNS).where(access_session.c.id == session_id)
    found = tx.first(AccessSession, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("no such session")
    return found


def snapshot(session: AccessSession, open_entries: int = 0, lost: str | None = None) -> Snapshot:
    """A session as `lifecycle` looks at it."""
    return Snapshot(
        Status(session.status),
        session.scheduled_start,
        session.scheduled_end,
        open_entries,
        session.start_until,
        lost,
        is_task(session),
    )


def say(tx: Tx, session_id: UUID, text: str, level: LogLevel = LogLevel.INFO) -> None:
    """Add a line to the session's log (SES-12)."""
    tx.add(session_log, session_id=session_id, at=tx.now, level=level, text=text[:2000])


def move(tx: Tx, session: AccessSession, to: Status, **values: Any) -> None:
    """Change the status, if nobody else has meanwhile. Raises Conflict for an illegal or a lost step."""
    if not may_become(Status(session.status), to):
        raise Conflict(f"a session that is {Status(session.status).name} can't become {to.name}")
    if to in ENDED:
        values |= {"locked": False, "entry_digest": None, "entry_until": None}
    if session.status == Status.APPROVAL_REQUIRED and to != session.status:
        values = {"tier_number": None, "tier_since": None, **values}
        tx.run(sa.delete(asked_tier).where(asked_tier.c.session_id == session.id))
    changed = tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id, access_session.c.status == session.status)
        .values(status=to, modified_at=tx.now, **values)
    )
    if changed != 1:
        raise Conflict("the session has just changed")


def begin_end(tx: Tx, actor: Actor, session: AccessSession, *, outcome: Status, reason: str) -> None:
    """Start taking the access away, whatever the session became since it was read; the worker does the rest.

    Repeating it changes nothing.
    """
    session = get(tx, session.id, hold=True)
    if session.status == Status.CANCELLING or session.status in ENDED:
        return
    move(
        tx,
        session,
        Status.CANCELLING,
        outcome=outcome,
        status_description=reason,
        cancelled_by=actor.id,
    )
    say(tx, session.id, f"ending: {reason}")
    audit.record(
        tx,
        actor,
        "session.ending",
        object_kind="session",
        object_id=session.id,
        detail={"reason": reason, "outcome": outcome.name},
    )
    jobs.schedule(tx, JOB, session.id, due_at=tx.now, lane=session.resource_id)
