"""The tables refuse what Python could get wrong."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from certifying import Certifying, certifying
from crowd import copy
from locum.kit.db import Database
from locum.policies.certification_model import RowStatus, access_denial, certification, certification_row

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    made = await certifying(database, tmp_path)
    await made.say(await made.begun(), RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    return made


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (certification_row, {"status": 0}),
        (certification_row, {"status": RowStatus.APPROVED}),  # the other row was never decided
        (certification_row, {"decided_by": None}),
        (certification_row, {"decided_at": None}),
        (certification_row, {"resource_id": None}),
        (access_denial, {"resource_id": None}),
        (access_denial, {"reason": None}),
        (access_denial, {"certification_id": UUID(int=7)}),
        (certification, {"reviewer_id": UUID(int=7)}),
    ],
    ids=str,
)
async def test_impossible_rows_are_refused(it: Certifying, table: sa.Table, values: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        await it.database.write(lambda tx: tx.run(sa.update(table).values(**values)))


async def test_an_access_is_denied_once(it: Certifying) -> None:
    denial = await it.database.read(lambda tx: tx.scalar(sa.select(access_denial.c.id)))
    with pytest.raises(IntegrityError):
        await copy(it.database, access_denial, denial, 1)
