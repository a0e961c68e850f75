"""Approval workflows are made whole or not at all, and stay while something depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.sessions.approval import get_workflow, tiers_of
from locum.sessions.approval_workflow import NewTier, add_workflow, delete_workflow
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_tiers_are_kept_in_order(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    tiers = [NewTier((world.person,)), NewTier((world.stranger, world.person), 2, 5, world.person)]
    made = await database.write(add_workflow, ACTOR, name=" Two ", tiers=tiers, self_approval=True)
    assert (made.name, made.self_approval) == ("Two", True)
    found = await database.read(tiers_of, made.id)
    assert [(t.number, t.required, t.escalation_minutes, t.escalation_id) for t in found] == [
        (1, 1, 10, None),
        (2, 2, 5, world.person),
    ]


async def test_what_is_wrong_is_refused(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    good = NewTier((world.person,))
    await database.write(add_workflow, ACTOR, name="One", tiers=[good])
    wrong: list[tuple[str, list[NewTier], type[Exception]]] = [
        ("ONE", [good], Conflict),
        (" ", [good], Invalid),
        ("a", [], Invalid),
        ("a", [good] * 4, Invalid),
        ("a", [NewTier(())], Invalid),
        ("a", [NewTier((new_id(),))], Invalid),
        ("a", [NewTier((world.person,), 0)], Invalid),
        ("a", [NewTier((world.person,), 1, 0)], Invalid),
        ("a", [NewTier((world.person,), 1, 1, new_id())], Invalid),
    ]
    for name, tiers, error in wrong:
        with pytest.raises(error):
            await database.write(add_workflow, ACTOR, name=name, tiers=tiers)


async def test_it_goes_when_nothing_uses_it(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await database.write(add_workflow, ACTOR, name="One", tiers=[NewTier((world.person,))])
    use = sa.update(connection_profile)
    await database.write(lambda tx: tx.run(use.values(approval_workflow_id=made.id)))
    with pytest.raises(Conflict, match="Default"):
        await database.write(delete_workflow, ACTOR, made.id)
    await database.write(lambda tx: tx.run(use.values(is_deleted=True)))
    await database.write(delete_workflow, ACTOR, made.id)
    with pytest.raises(NotFound):
        await database.read(get_workflow, made.id)
    await database.write(add_workflow, ACTOR, name="One", tiers=[NewTier((world.person,))])
