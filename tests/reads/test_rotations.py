"""Rotations as lists show them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from locum.kit.db import Database
from locum.kit.errors import NotFound
from locum.kit.paging import Page
from locum.reads import rotations
from locum.rotation.ask import ask_rotation
from locum.rotation.model import Reason
from rotation_stage import rotation_stage
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_a_page_is_three_statements_and_names_each_dependant(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one", dependants=2)
    for _ in range(2):
        await database.write(lambda tx: ask_rotation(tx, ACTOR, one, Reason.ASKED))
        await stage.settle()
    with selects(database) as seen:
        listed = await database.read(lambda tx: rotations.rotations(tx, one, Page()))
        ids = [row.id for row in listed.rows]
        updates = await database.read(lambda tx: rotations.updates(tx, ids))
    assert len(seen) == 3
    assert listed.total == 2
    assert listed.rows[0].created_at >= listed.rows[1].created_at
    assert [[(row.name, row.state) for row in updates[one_id]] for one_id in ids] == [
        [("d0", "updated"), ("d1", "updated")]
    ] * 2


async def test_an_id_names_a_credential_or_its_managed_user(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one, unknown = await stage.login("one"), uuid4()
    managed = await stage.managed(one)
    named = await database.read(lambda tx: rotations.named_credentials(tx, [managed.id, unknown, one]))
    assert named == [one, unknown]
    with pytest.raises(NotFound):
        await database.read(lambda tx: rotations.one_rotation(tx, unknown))
