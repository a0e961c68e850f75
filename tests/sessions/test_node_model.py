"""A node lives once."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.sessions.node_model import node_life

pytestmark = pytest.mark.anyio


async def test_a_node_has_one_row(database: Database) -> None:
    def add(tx: Tx) -> None:
        tx.add(node_life, node="n", seen_at=tx.now)

    await database.write(add)
    with pytest.raises(IntegrityError):
        await database.write(add)
