"""Certifications are set up, started once and kept; what can't be is refused before anything is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from audited import events
from certifying import Certifying, certifying, names, reviewer
from locum.identities.model import identity, identity_role
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, LocumError, NotFound
from locum.policies import certify
from locum.policies.certification_model import RowStatus, certification, certification_row
from locum.policies.certify import Wanted
from locum.policies.status import set_status
from world import ACTOR

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    return await certifying(database, tmp_path)


async def test_it_is_set_up_changed_started_and_kept(it: Certifying) -> None:
    made = await it.set_up(policies=[], description="all of it", deadline=NOW + DAY)
    change = Wanted(name="winter", identities=[it.world.person], policies=[it.world.policy])
    changed = await it.database.write(certify.change, ACTOR, made.id, change)
    assert (changed.name, changed.description, changed.deadline) == ("winter", "all of it", made.deadline)
    chosen = await it.database.read(certify.chosen_of, made.id)
    assert (chosen.identities, chosen.policies) == ([it.world.person], [it.world.policy])
    begun = await it.database.write(certify.start, ACTOR, made.id)
    assert begun.started_at is not None
    found = await it.rows(begun)
    assert names(found) == [("Alice", "Linux shell", "web01"), ("Alice", "Linux sudo", "web01")]
    assert {row.status for row in found} == {RowStatus.REQUESTED}
    for step in (
        lambda tx: certify.start(tx, ACTOR, made.id),
        lambda tx: certify.delete(tx, ACTOR, made.id),
        lambda tx: certify.change(tx, ACTOR, made.id, Wanted(policies=[])),
        lambda tx: certify.change(tx, ACTOR, made.id, Wanted(identities=[])),
    ):
        with pytest.raises(Conflict, match="started"):
            await it.database.write(step)
    other = await reviewer(it.database, "Rob")
    moved = await it.database.write(certify.change, ACTOR, made.id, Wanted(reviewer_id=other.identity_id))
    assert moved.reviewer_id == other.identity_id
    told = events(it.database, *(f"certification.{step}" for step in ("created", "changed", "started")))
    assert [(row[0], row[5], row[7]["certification"], row[7]["identity"]) for row in told] == [
        ("certification.created", made.id, "autumn", "Rita"),
        ("certification.changed", made.id, "winter", "Rita"),
        ("certification.started", made.id, "winter", "Rita"),
        ("certification.changed", made.id, "winter", "Rob"),
    ]
    assert told[2][7]["count"] == 2


async def test_one_that_has_not_started_can_go(it: Certifying) -> None:
    made = await it.set_up(identities=[it.world.person])
    await it.database.write(certify.delete, ACTOR, made.id)
    assert await it.database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(certification))) == 0
    with pytest.raises(NotFound):
        await it.database.read(certify.get, made.id)
    for step in (certify.delete, certify.start):
        with pytest.raises(NotFound):
            await it.database.write(step, ACTOR, made.id)
    assert await it.set_up()  # the name is free


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"name": None}, "name"),
        ({"name": "AUTUMN"}, "of this name already"),
        ({"reviewer_id": None}, "needs a reviewer"),
        ({"reviewer_id": uuid4()}, "nobody with the role"),
        ({"reviewer_id": "stranger"}, "nobody with the role"),
        ({"deadline": NOW - DAY}, "in the future"),
        ({"policies": [uuid4()]}, "policyIds names something"),
        ({"identities": [uuid4()]}, "userIds or groupIds names something"),
        ({"identities": [uuid4() for _ in range(1001)]}, "at most 1000"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
async def test_what_can_not_be_is_refused(it: Certifying, wanted: dict[str, Any], message: str) -> None:
    made = await it.set_up()
    wanted = {name: it.world.stranger if value == "stranger" else value for name, value in wanted.items()}
    with pytest.raises((Invalid, Conflict), match=message):
        await it.set_up(**{"name": "other", **wanted})
    if all(value is not None for value in wanted.values()) and "name" not in wanted:
        with pytest.raises(LocumError, match=message):
            await it.database.write(certify.change, ACTOR, made.id, Wanted(**wanted))
    assert await it.database.read(certify.get, made.id) == made


async def test_what_does_not_start(it: Certifying, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(message: str, **wanted: Any) -> None:
        made = await it.set_up(message, **wanted)
        with pytest.raises(LocumError, match=message):
            await it.database.write(certify.start, ACTOR, made.id)
        assert (await it.database.read(certify.get, made.id)).started_at is None
        assert await it.rows(made) == []

    await refused("about nothing", policies=[])
    await refused("has any access", identities=[it.world.stranger])
    late = await it.set_up("late", deadline=NOW + DAY)
    await it.database.write(lambda tx: tx.run(sa.update(certification).values(deadline=tx.now - DAY)))
    with pytest.raises(Conflict, match="deadline"):
        await it.database.write(certify.start, ACTOR, late.id)
    await it.database.write(lambda tx: tx.run(sa.update(certification).values(deadline=None)))
    monkeypatch.setattr(certify, "MOST_ROWS", 1)
    await refused("more than 1 accesses")
    monkeypatch.undo()
    await it.database.write(set_status, ACTOR, it.world.policy, is_disabled=True)
    await refused("nobody whom the certification is about has any access")
    await it.database.write(set_status, ACTOR, it.world.policy, is_disabled=False)
    made = await it.set_up()
    await it.database.write(lambda tx: tx.run(sa.delete(identity_role)))
    with pytest.raises(Invalid, match="role Reviewer or Admin"):
        await it.database.write(certify.start, ACTOR, made.id)
    assert await it.database.read(lambda tx: tx.scalar(sa.select(sa.func.count(certification_row.c.id)))) == 0


async def test_a_deleted_person_reviews_nothing(it: Certifying) -> None:
    gone = sa.update(identity).where(identity.c.id == it.rita.identity_id)
    await it.database.write(lambda tx: tx.run(gone.values(deleted_at=tx.now)))
    with pytest.raises(Invalid, match="nobody with the role"):
        await it.set_up()
