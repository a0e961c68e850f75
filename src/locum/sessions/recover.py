"""What a crash of a node left: connections that are gone, sessions that hung on them, open recordings."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session, connection

LOST = "Locum restarted"


def recover(tx: Tx, node: str | None) -> list[UUID]:
    """End what hung on the connections of `node` (None: of every node, for in a restored copy none of them lives).

    Answers those that were being recorded: they wait for `sealed`.
    """
    open_here = (connection.c.closed_at.is_(None), *(() if node is None else (connection.c.node == node,)))
    recorded = tx.scalars(sa.select(connection.c.id).where(*open_here, connection.c.recorded.is_(True)))
    # Those stay open until `sealed`: else a second crash before that would leave their recordings open for ever.
    not_recorded = (*open_here, connection.c.recorded.is_(False))
    tx.run(sa.update(connection).where(*not_recorded).values(closed_at=tx.now, close_reason=LOST))
    hung = tx.rows(
        AccessSession,
        sa.select(*(access_session.c[name] for name in AccessSession.__struct_fields__)).where(
            *(() if node is None else (access_session.c.node == node,)),
            access_session.c.ends_with_connection.is_(True),
            access_session.c.status.in_([Status.PENDING, Status.ACTIVE]),
        ),
    )
    for session in hung:
        transition.begin_end(
            tx, LOCUM, session, outcome=Status.COMPLETE, reason="its connection was lost when Locum restarted"
        )
    return recorded


def sealed(tx: Tx, connection_id: UUID, digest: str | None) -> None:
    """The recording that a crash had left open is closed now, or can't be (None): its connection is done with."""
    tx.run(
        sa.update(connection)
        .where(connection.c.id == connection_id, connection.c.closed_at.is_(None))
        .values(closed_at=tx.now, close_reason=LOST, recording_digest=digest)
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
