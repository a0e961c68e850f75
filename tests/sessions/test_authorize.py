"""Who may enter a session now, asked of the decision itself."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.signin import SignedIn
from locum.kit import pause
from locum.kit.errors import Forbidden
from locum.sessions.authorize import Grant, authorize_connection
from locum.sessions.model import access_session, connection
from stage import Stage
from world import lock

pytestmark = pytest.mark.anyio
COUNT = sa.select(sa.func.count()).select_from(connection)


async def enter(stage: Stage, session_id: UUID) -> Grant:
    return await stage.database.write(
        authorize_connection,
        stage.world.vault,
        session_id=session_id,
        who=SignedIn(stage.world.person, "alice"),
        address="192.0.2.7",
        node="n",
    )


async def test_only_an_active_session_of_an_unlocked_person_in_its_time_passes(stage: Stage) -> None:
    session_id = await stage.ask()
    with pytest.raises(Forbidden, match="pending"):
        await enter(stage, session_id)
    await stage.turn()
    assert (await enter(stage, session_id)).session_id == session_id
    now = dt.datetime.now(dt.UTC)
    over = sa.update(access_session).values(scheduled_start=now - dt.timedelta(2), scheduled_end=now)
    await stage.database.write(lock, stage.world.person)
    with pytest.raises(Forbidden, match="locked"):
        await enter(stage, session_id)
    await stage.database.write(lambda tx: tx.run(over))
    with pytest.raises(Forbidden, match="over"):
        await enter(stage, session_id)
    assert await stage.database.read(lambda tx: tx.scalar(COUNT)) == 1
    await stage.end(session_id)
    await stage.turn()


async def test_a_paused_copy_lets_nobody_in(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    await stage.database.write(pause.begin, "a test")
    with pytest.raises(pause.Paused):
        await enter(stage, session_id)
    assert await stage.database.read(lambda tx: tx.scalar(COUNT)) == 0
    await stage.database.write(pause.end)
    await stage.end(session_id)
    await stage.turn()
