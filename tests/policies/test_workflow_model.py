"""No two approval workflows have one name."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.policies.workflow_model import Workflow, approval_workflow

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


def put(tx: Tx, number: int, key: str) -> None:
    row = Workflow(UUID(int=number), key, key, False, None, NOW, NOW, None)
    tx.add(approval_workflow, **{name: getattr(row, name) for name in Workflow.__struct_fields__})


async def test_names_are_kept_apart(database: Database) -> None:
    await database.write(put, 1, "four eyes")
    await database.write(put, 2, "six eyes")
    with pytest.raises(IntegrityError):
        await database.write(put, 3, "four eyes")
