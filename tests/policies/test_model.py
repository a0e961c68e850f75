"""The tables refuse what Python could get wrong."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crowd import copy
from locum.activities.model import connection_profile
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.policies.model import policy, policy_activity, policy_identity, policy_resource
from world import make_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "values",
    [
        {"approval": 3},
        {"approval": -1},
        {"name_key": "same"},
        {"connection_profile_id": UUID(int=7)},
        {"is_disabled": None},
    ],
    ids=str,
)
async def test_impossible_policies_are_refused(
    database: Database, tmp_path: Path, values: dict[str, object]
) -> None:
    world = await make_world(database, tmp_path)
    await copy(database, policy, world.policy, 1, name_key="other")
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(sa.update(policy).values(**values)))


@pytest.mark.parametrize("table", [policy_identity, policy_resource, policy_activity], ids=str)
async def test_a_member_exists_and_is_joined_once(database: Database, tmp_path: Path, table: sa.Table) -> None:
    world = await make_world(database, tmp_path)

    def join(tx: Tx, member: object) -> None:
        tx.add(table, policy_id=world.policy, member_id=member)

    known = await database.read(lambda tx: tx.scalar(sa.select(table.c.member_id)))
    for member in (known, new_id()):
        with pytest.raises(IntegrityError):
            await database.write(join, member)


async def test_a_profile_in_use_stays(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(sa.delete(connection_profile)))
