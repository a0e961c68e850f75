"""After a crash: nothing stays open, and a second crash in the middle of cleaning up changes nothing in that."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit.db import Database
from locum.sessions.connections import authorize_connection
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection
from locum.sessions.recover import LOST, recover, sealed
from stage import Stage

pytestmark = pytest.mark.anyio


async def opened(stage: Stage, session_id: UUID) -> UUID:
    grant = await stage.database.write(
        authorize_connection,
        stage.world.vault,
        session_id=session_id,
        who=SignedIn(stage.world.person, "alice"),
        address="192.0.2.7",
        node="n",
    )
    return grant.connection_id


async def closed(database: Database, connection_id: UUID) -> tuple[str | None, str | None]:
    def look(column: sa.Column[str]) -> sa.Select[tuple[str]]:
        return sa.select(column).where(connection.c.id == connection_id)

    reason = await database.read(lambda tx: tx.scalar(look(connection.c.close_reason)))
    digest = await database.read(lambda tx: tx.scalar(look(connection.c.recording_digest)))
    return reason, digest


async def test_what_was_being_recorded_comes_again_until_it_is_sealed(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    first, second, unrecorded = [await opened(stage, session_id) for _ in range(3)]
    await stage.database.write(
        lambda tx: tx.run(sa.update(connection).where(connection.c.id == unrecorded).values(recorded=False))
    )
    assert set(await stage.database.write(recover, "n")) == {first, second}
    assert await closed(stage.database, unrecorded) == (LOST, None)
    await stage.database.write(sealed, first, "ab" * 32)
    assert await stage.database.write(recover, "n") == [second]
    await stage.database.write(sealed, second, None)
    assert await stage.database.write(recover, "n") == []
    assert await closed(stage.database, first) == (LOST, "ab" * 32)
    assert await closed(stage.database, second) == (LOST, None)
    audited = sa.select(audit_event.c.object_id).where(audit_event.c.action == "recording.sealed")
    assert await stage.database.read(lambda tx: tx.scalars(audited)) == [first]


async def test_only_this_nodes_sessions_that_hung_on_a_connection_end(stage: Stage) -> None:
    hung, kept = await stage.ask(ends_with_connection=True), await stage.ask()
    await stage.turn()
    assert await stage.database.write(recover, "another") == []
    assert (await stage.session(hung)).status == Status.ACTIVE
    await stage.database.write(recover, "n")
    await stage.turn()
    assert (await stage.session(hung)).status == Status.COMPLETE
    assert (await stage.session(kept)).status == Status.ACTIVE
    await stage.end(kept)
    await stage.turn()
