"""The tables refuse what Python could get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.model import activity, activity_action, connection_profile
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from world import make_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "change",
    [
        sa.update(activity).values(type=1),
        sa.update(activity).values(login_type=3),
        sa.update(activity).values(name_key="same"),
        sa.update(activity).values(platform_id=new_id()),
        sa.update(connection_profile).values(max_session_minutes=0),
        sa.update(connection_profile).values(max_session_minutes=43_201),
        sa.delete(activity),
    ],
    ids=str,
)
async def test_impossible_rows_are_refused(
    database: Database, tmp_path: Path, change: sa.Update | sa.Delete
) -> None:
    await make_world(database, tmp_path)
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(change))


async def test_two_actions_of_an_activity_have_no_one_place(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def add(tx: Tx, position: int) -> None:
        tx.add(
            activity_action, id=new_id(), activity_id=world.sudo, position=position, kind="group", parameters={}
        )

    await database.write(add, 1)
    with pytest.raises(IntegrityError):
        await database.write(add, 1)
