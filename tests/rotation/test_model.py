"""The table refuses what Python could get wrong: above all two open rotations of one credential."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.credentials.model import credential
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.rotation.model import State, rotation
from world import World, make_world

pytestmark = pytest.mark.anyio


def add(tx: Tx, world: World, **values: Any) -> None:
    credential_id: UUID = tx.scalar(sa.select(credential.c.id))
    tx.add(
        rotation,
        id=new_id(),
        resource_id=world.resource,
        requested_by_name="test",
        created_at=tx.now,
        **{
            "credential_id": credential_id,
            "open_credential_id": credential_id,
            "reason": "asked",
            "state": 0,
            **values,
        },
    )


async def test_a_credential_has_one_open_rotation(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(add, world)
    with pytest.raises(IntegrityError):
        await database.write(add, world)
    await database.write(
        lambda tx: tx.run(
            sa.update(rotation).values(state=State.COMPLETED, open_credential_id=None, ended_at=tx.now)
        )
    )
    await database.write(add, world)


@pytest.mark.parametrize(
    "values",
    [
        {"state": 9},
        {"state": -3},
        {"state": State.COMPLETED},
        {"state": State.FAILED, "open_credential_id": None},
        {"open_credential_id": None},
        {"candidate_secret_id": UUID(int=7)},
        {"credential_id": UUID(int=7)},
    ],
    ids=str,
)
async def test_impossible_rows_are_refused(database: Database, tmp_path: Path, values: dict[str, Any]) -> None:
    world = await make_world(database, tmp_path)
    with pytest.raises(IntegrityError):
        await database.write(add, world, **values)
