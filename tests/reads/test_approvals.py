"""Approvals as lists: one statement each, whatever the number of rows."""

from __future__ import annotations

import pytest

from locum.kit.db import Database
from locum.kit.ids import new_id
from locum.reads.approvals import approvals, asked_of, sessions_of, workflows
from statements import selects

pytestmark = pytest.mark.anyio


async def test_one_statement_each(database: Database) -> None:
    with selects(database) as seen:
        assert await database.read(approvals, new_id()) == []
        assert await database.read(asked_of, new_id(), policies=None) == []
        assert await database.read(asked_of, new_id(), policies=frozenset({new_id()})) == []
    assert len(seen) == 3
    assert await database.read(sessions_of, []) == []
    with selects(database) as seen:
        assert await database.read(workflows) == []
    assert len(seen) == 3
