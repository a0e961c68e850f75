"""A favourite is about one thing, and is there once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.policies.favourite_model import favourite
from world import make_world

pytestmark = pytest.mark.anyio


async def test_neither_nothing_nor_twice(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    async def add(**about: Any) -> None:
        def write(tx: Tx) -> None:
            tx.add(
                favourite,
                id=new_id(),
                identity_id=world.person,
                activity_id=world.sudo,
                created_at=tx.now,
                **about,
            )

        await database.write(write)

    await add(resource_id=world.resource)
    for about in ({}, {"resource_id": world.resource}):
        with pytest.raises(IntegrityError):
            await add(**about)
