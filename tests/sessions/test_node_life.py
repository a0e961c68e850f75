"""A node that is silent for too long is given up; one that comes again learns of it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.sessions import node_life
from locum.sessions.authorize import authorize_connection
from locum.sessions.connection_events import write_end
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection
from locum.sessions.node_model import node_life as table
from locum.sessions.recover import GIVEN_UP, LOST, recover, sealed
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def opened(stage: Stage, session_id: UUID, node: str) -> UUID:
    who = SignedIn(stage.world.person, "alice")
    grant = await stage.database.write(
        authorize_connection, stage.world.vault, session_id=session_id, who=who, address="192.0.2.7", node=node
    )
    return grant.connection_id


async def silent(stage: Stage, node: str) -> None:
    """It said for the last time that it lives a while ago."""
    ago = {"seen_at": dt.datetime.now(dt.UTC) - 2 * node_life.LOST_AFTER}
    await stage.database.write(lambda tx: tx.run(sa.update(table).where(table.c.node == node).values(ago)))


async def ends(stage: Stage, connection_id: UUID) -> tuple[str | None, str | None]:
    def look(column: sa.Column[str]) -> sa.Select[tuple[str]]:
        return sa.select(column).where(connection.c.id == connection_id)

    columns = connection.c.close_reason, connection.c.recording_digest
    return tuple([await stage.database.read(lambda tx, c=c: tx.scalar(look(c))) for c in columns])  # type: ignore[return-value]


async def test_what_a_silent_node_carried_is_ended_once(stage: Stage) -> None:
    database = stage.database
    hung, kept = await stage.ask(ends_with_connection=True), await stage.ask()
    await stage.turn()
    for node in ("n", "me", "alive"):
        assert not await database.write(node_life.beat, node)
    lost, other = await opened(stage, hung, "n"), await opened(stage, kept, "alive")
    assert await database.write(node_life.settle_lost, "me") == {}
    await silent(stage, "n")
    await silent(stage, "me")  # by the clock alone: who asks is there
    assert await database.write(node_life.settle_lost, "me") == {"n": [lost]}
    assert await database.write(node_life.settle_lost, "me") == {}
    assert (await ends(stage, lost), await ends(stage, other)) == ((GIVEN_UP, None), (None, None))
    await stage.turn()
    assert (await stage.session(hung)).status == Status.COMPLETE
    assert (await stage.session(kept)).status == Status.ACTIVE
    audited = sa.select(audit_event.c.detail).where(audit_event.c.action == "node.lost")
    assert await database.read(lambda tx: tx.scalars(audited)) == ['{"count":1,"name":"n"}']
    await stage.end(kept)
    await stage.turn()


async def test_who_comes_again_is_told_once_and_its_recording_still_counts(stage: Stage) -> None:
    database, session_id = stage.database, await stage.ask()
    await stage.turn()
    await database.write(node_life.beat, "n")
    alive, crashed, damaged = [await opened(stage, session_id, "n") for _ in range(3)]
    await silent(stage, "n")
    await database.write(node_life.settle_lost, "me")
    assert [await database.write(node_life.beat, "n") for _ in range(2)] == [True, False]
    await database.write(write_end, ACTOR, session_id, alive, "over", "ab" * 32)
    assert await ends(stage, alive) == (LOST, "ab" * 32)
    assert set(await database.write(recover, "n")) == {crashed, damaged}
    await database.write(sealed, crashed, "cd" * 32)
    await database.write(sealed, damaged, None)
    assert (await ends(stage, crashed), await ends(stage, damaged)) == ((LOST, "cd" * 32), (LOST, None))
    assert await database.write(recover, "n") == []
    await stage.end(session_id)
    await stage.turn()


async def test_who_leaves_is_not_missed(stage: Stage) -> None:
    await stage.database.write(node_life.beat, "n")
    await silent(stage, "n")
    await stage.database.write(node_life.leave, "n")
    assert await stage.database.write(node_life.settle_lost, "me") == {}
