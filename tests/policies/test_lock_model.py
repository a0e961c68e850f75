"""An activity is locked once in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.policies.lock_model import activity_lock
from world import make_world

pytestmark = pytest.mark.anyio


async def test_twice_or_nowhere_is_no_lock(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def put(tx: Tx, **place: Any) -> None:
        tx.add(activity_lock, id=new_id(), activity_id=world.sudo, locked_at=tx.now, **place)

    await database.write(put, resource_id=world.resource)
    with pytest.raises(IntegrityError):
        await database.write(put, resource_id=world.resource)
    with pytest.raises(IntegrityError):
        await database.write(put)
