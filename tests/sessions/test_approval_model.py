"""The tables refuse a tier that can't be asked."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.policies.workflow_model import approval_workflow
from locum.sessions.approval_model import approval_tier

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
GOOD = {"number": 1, "progression": 0, "required": 1, "escalation_minutes": 10}


def put(tx: Tx, values: dict[str, int]) -> None:
    row = {"id": UUID(int=1), "created_at": NOW}
    tx.add(approval_workflow, **row, name="w", name_key="w", self_approval=False, modified_at=NOW)
    tx.add(approval_tier, **{**row, **GOOD, "workflow_id": UUID(int=1), **values})


@pytest.mark.parametrize(
    "values",
    [{"number": 0}, {"number": 4}, {"progression": 2}, {"required": 0}, {"escalation_minutes": 0}],
    ids=str,
)
async def test_a_tier_that_cannot_be(database: Database, values: dict[str, int]) -> None:
    with pytest.raises(IntegrityError):
        await database.write(put, values)


async def test_a_tier_that_can_be(database: Database) -> None:
    await database.write(put, {})
