"""What somebody asked for before, of many requests: four statements."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crowd import copy
from locum.kit.db import Database
from locum.reads.requester import SHOWN, requester
from locum.sessions import transition
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from reads.test_sessions import ask
from statements import selects
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_the_last_are_shown_and_all_are_counted(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    tier = NewTier((world.person,))
    workflow = (await database.write(lambda tx: add_workflow(tx, ACTOR, name="w", tiers=[tier]))).id
    for status, times in ((Status.FAILED, 2), (Status.APPROVAL_DENIED, 4), (Status.COMPLETE, 1)):
        one = await ask(database, world, status=status, created_at=before, workflow_id=workflow, actual_end=before)
        await copy(database, access_session, one, times)
    waits = await database.read(transition.get, await ask(database, world))
    with selects(database) as statements:
        found = await database.read(lambda tx: requester(tx, waits, policies=None))
    assert len(statements) == 4
    assert (found.counts.total, found.counts.failed, found.counts.denied) == (10, 3, 5)
    assert (found.person.name, len(found.rows)) == ("Alice", SHOWN)
    assert waits.id not in {row.id for row in found.rows}
    none = await database.read(lambda tx: requester(tx, waits, policies=set()))
    assert (none.counts.total, none.rows) == (0, [])
