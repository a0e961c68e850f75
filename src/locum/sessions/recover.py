"""What a crash of a node left: connections that are gone, sessions that hung on them, open recordings."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import RECORDED, AccessSession, access_session, connection

LOST = "Locum restarted"
GIVEN_UP = "its node was not heard of any more"
GIVEN_UP_OPEN = sa.and_(
    sa.func.coalesce(connection.c.close_reason, "") == GIVEN_UP, connection.c.recording_digest.is_(None)
)


def recover(tx: Tx, node: str | None) -> list[UUID]:
    """End what hung on the connections of `node` (None: of every node, for in a restored copy none of them lives).

    Answers those that were being recorded: they wait for `sealed`.
    """
    here = () if node is None else (connection.c.node == node,)
    open_here = (connection.c.closed_at.is_(None), *here)
    open_files = sa.or_(connection.c.closed_at.is_(None), GIVEN_UP_OPEN)
    recorded = tx.scalars(sa.select(connection.c.id).where(open_files, *here, RECORDED))
    # Those stay open until `sealed`: else a second crash before that would leave their recordings open for ever.
    not_recorded = (*open_here, connection.c.recorded.is_(False))
    tx.run(sa.update(connection).where(*not_recorded).values(closed_at=tx.now, close_reason=LOST))
    _end_hung(tx, node, "its connection was lost when Locum restarted")
    return recorded


def give_up(tx: Tx, node: str) -> list[UUID]:
    """The same for another node, of which nobody knows whether it comes again: its connections count no more. Answers
    those that were being recorded; their recordings lie with that node, which closes them if it comes."""
    open_there = (connection.c.closed_at.is_(None), connection.c.node == node)
    recorded = tx.scalars(sa.select(connection.c.id).where(*open_there, RECORDED))
    tx.run(sa.update(connection).where(*open_there).values(closed_at=tx.now, close_reason=GIVEN_UP))
    _end_hung(tx, node, "its connection was lost with its node")
    return recorded


def _end_hung(tx: Tx, node: str | None, reason: str) -> None:
    """The sessions that live no longer than their connection."""
    hung = tx.rows(
        AccessSession,
        sa.select(*(access_session.c[name] for name in AccessSession.__struct_fields__)).where(
            *(() if node is None else (access_session.c.node == node,)),
            access_session.c.ends_with_connection.is_(True),
            access_session.c.status.in_([Status.PENDING, Status.ACTIVE]),
        ),
    )
    for session in hung:
        transition.begin_end(tx, LOCUM, session, outcome=Status.COMPLETE, reason=reason)


def sealed(tx: Tx, connection_id: UUID, digest: str | None) -> None:
    """The recording that a crash had left open is closed now, or can't be (None): its connection is done with."""
    tx.run(
        sa.update(connection)
        .where(connection.c.id == connection_id, sa.or_(connection.c.closed_at.is_(None), GIVEN_UP_OPEN))
        .values(
            closed_at=sa.func.coalesce(connection.c.closed_at, tx.now), close_reason=LOST, recording_digest=digest
        )
    )
    if digest is None:
        return
    audit.record(
        tx,
        LOCUM,
        "recording.sealed",
        object_kind="connection",
        object_id=connection_id,
        detail={"recording": digest},
    )
