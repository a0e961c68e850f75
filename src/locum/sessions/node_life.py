"""Which nodes are alive: each says so every few seconds where there may be several, and what a silent one carried is
settled by another.

A node that was only cut off finds, when it says so again, that it was given up, and ends what it still carries.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.sessions.model import connection
from locum.sessions.node_model import node_life
from locum.sessions.recover import give_up

BEAT_S = 5.0
LOST_AFTER = dt.timedelta(seconds=60)


def beat(tx: Tx, node: str) -> bool:
    """This node is alive. True: it was given up meanwhile, so that nothing it carries may go on."""
    c = node_life.c
    lost = tx.scalar(sa.select(c.lost_at).where(c.node == node).with_for_update())
    if not tx.run(sa.update(node_life).where(c.node == node).values(seen_at=tx.now, lost_at=None)):
        tx.add(node_life, node=node, seen_at=tx.now)
    return lost is not None


def leave(tx: Tx, node: str) -> None:
    """This node ends, with nothing left open: it is not missed."""
    tx.run(sa.delete(node_life).where(node_life.c.node == node))


def settle_lost(tx: Tx, but: str) -> dict[str, list[UUID]]:
    """Give up the nodes that have been silent for too long, but not this one, and end what hung on their connections.
    Answers them, each with the connections that were being recorded.

    For whom has reached the database all that time: after an outage of it all are silent.
    """
    c = node_life.c
    silent = sa.select(c.node).where(c.seen_at < tx.now - LOST_AFTER, c.lost_at.is_(None), c.node != but)
    found: dict[str, list[UUID]] = {}
    for node in tx.scalars(silent.with_for_update(skip_locked=True)):
        tx.run(sa.update(node_life).where(c.node == node).values(lost_at=tx.now))
        open_there = connection.c.node == node, connection.c.closed_at.is_(None)
        count = tx.scalar(sa.select(sa.func.count()).select_from(connection).where(*open_there))
        found[node] = give_up(tx, node)
        audit.record(
            tx, LOCUM, "node.lost", object_kind="node", object_id=None, detail={"name": node, "count": count}
        )
    return found
