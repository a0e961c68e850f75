"""What is written down of a connection after it was opened: what passed in it, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from locum.activities.command_rules import CommandHit
from locum.audit import log as audit
from locum.audit.classify import Detail
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.sessions import transition
from locum.sessions.command_hits import write_hit
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection
from locum.sessions.recover import sealed

ConnectionEvent = tuple[str, Detail] | CommandHit


def write_events(
    tx: Tx, actor: Actor, session_id: UUID, connection_id: UUID, events: Sequence[ConnectionEvent]
) -> None:
    """One audit row each, for its action and details: a file that was moved, a connection that was forwarded. What a
    restricted command brings about is done with it."""
    for event in events:
        if isinstance(event, CommandHit):
            write_hit(tx, actor, session_id, connection_id, event)
            continue
        action, detail = event
        audit.record(
            tx,
            actor,
            action,
            object_kind="session",
            object_id=session_id,
            detail={"connection": str(connection_id), **detail},
        )


def write_end(
    tx: Tx, actor: Actor, session_id: UUID, connection_id: UUID, reason: str, recording_digest: str | None
) -> None:
    """The connection is gone; again, nothing happens. A session that hangs on it ends too (PRX-08)."""
    changed = tx.run(
        sa.update(connection)
        .where(connection.c.id == connection_id, connection.c.closed_at.is_(None))
        .values(closed_at=tx.now, close_reason=reason[:1000], recording_digest=recording_digest)
    )
    if not changed:
        if recording_digest is not None:
            sealed(tx, connection_id, recording_digest)  # its node was given up, and comes again
        return
    transition.say(tx, session_id, f"connection closed: {reason}")
    closing: ConnectionEvent = ("connection.closed", {"reason": reason, "recording": recording_digest})
    write_events(tx, actor, session_id, connection_id, [closing])
    session = transition.get(tx, session_id)
    if session.ends_with_connection:
        transition.begin_end(tx, actor, session, outcome=Status.COMPLETE, reason="its connection was closed")
