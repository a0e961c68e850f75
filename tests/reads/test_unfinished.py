"""What is under way: counted whole, listed in the order of its end, in statements that do not grow with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.kit.db import Database, Tx
from locum.reads.unfinished import unfinished
from locum.sessions.ledger import intend
from locum.sessions.model import access_session, ledger_entry
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


def _three(tx: Tx, world: World) -> None:
    """Two live, one ended, whose ledger says nothing."""
    asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
    ids = [request_session(tx, ACTOR, asked, node="n") for _ in range(3)]
    for one in ids:
        steps = [PlannedStep("account", {}), PlannedStep("sudoers", {})]
        intend(tx, session_id=one, resource_id=world.resource, steps=steps)
    first = ledger_entry.c.position == 0
    tx.run(sa.update(ledger_entry).where(first).values(state="reverted", reverted_at=tx.now))
    over = {"status": 3, "outcome": 3, "actual_end": tx.now}
    tx.run(sa.update(access_session).where(access_session.c.id == ids[0]).values(over))


async def test_what_lives_is_listed(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(_three, world)
    found = await database.read(unfinished)
    assert (found.session_count, found.connection_count, found.lease_count, found.rotation_count) == (2, 0, 0, 0)
    assert [(one.user, one.activity, one.resource, one.ledger) for one in found.sessions] == [
        ("Alice", "Linux sudo", "web01", 1)
    ] * 2
    assert found.sessions[0].ends <= found.sessions[1].ends
    with selects(database) as seen:
        await database.read(unfinished)
    assert len(seen) == 5
