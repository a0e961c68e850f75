"""What is done by itself with credentials, as jobs: which there are, in which order, in how many statements."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.model import Method, managed_user
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.reads.credential_jobs import (
    CredentialJob,
    Kind,
    Work,
    count_credential_jobs,
    credential_job,
    credential_jobs,
)
from locum.rotation.ask import ask_rotation, ask_verification
from locum.rotation.model import Reason, State
from rotation_stage import RotationStage, rotation_stage
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio

ALL = frozenset(Work)
HOUR = dt.timedelta(hours=1)


async def listed(
    database: Database, wanted: frozenset[Work] = ALL, page: Page | None = None
) -> list[CredentialJob]:
    return await database.read(credential_jobs, wanted, page or Page())


async def due(database: Database, credential_id: UUID, **hours: int) -> None:
    """Its dates, in so many hours."""

    def change(tx: Tx) -> None:
        dates = {name: tx.now + number * HOUR for name, number in hours.items()}
        tx.run(sa.update(managed_user).where(managed_user.c.credential_id == credential_id).values(dates))

    await database.write(change)


async def several(database: Database, tmp_path: Path) -> tuple[RotationStage, list[UUID]]:
    stage = await rotation_stage(database, tmp_path)
    names = ("anna", "berta", "carla", "dora")
    ids = [await stage.login(name, dependants=name == "carla") for name in names]
    await due(database, ids[0], next_change_at=2, next_verification_at=4)
    await due(database, ids[1], next_change_at=1, next_verification_at=3)
    await database.write(lambda tx: ask_rotation(tx, ACTOR, ids[2], Reason.ASKED))
    await database.write(ask_verification, ACTOR, ids[3])
    return stage, ids


async def test_first_what_is_under_way_then_by_date(database: Database, tmp_path: Path) -> None:
    _, (a, b, c, d) = await several(database, tmp_path)
    whole = [
        (c, Work.SERVICE_ROTATION),
        (d, Work.VERIFICATION),
        (b, Work.ROTATION),
        (a, Work.ROTATION),
        (b, Work.VERIFICATION),
        (a, Work.VERIFICATION),
    ]
    assert [(one.credential_id, one.work) for one in await listed(database)] == whole
    for skip in range(len(whole) + 1):
        for take in (0, 1, 2, 9):
            some = await listed(database, page=Page(skip, take))
            assert [(one.credential_id, one.work) for one in some] == whole[skip : skip + take], (skip, take)
    for text, many in ((None, len(whole)), ("BERTA", 2), ("nobody", 0)):
        with selects(database) as seen:
            assert await database.read(count_credential_jobs, ALL, text) == many
        assert len(seen) == 1
    for work in Work:
        of_it = [one for one in whole if one[1] is work]
        assert await database.read(count_credential_jobs, frozenset({work}), None) == len(of_it)
        some = await listed(database, frozenset({work}))
        assert [(one.credential_id, one.work) for one in some] == of_it
    assert await database.read(count_credential_jobs, frozenset(), None) == 0
    found = await listed(database, page=Page(filter_text="BERTA"))
    assert {one.credential_id for one in found} == {b}


async def test_a_page_is_a_bounded_number_of_statements(database: Database, tmp_path: Path) -> None:
    await several(database, tmp_path)
    for skip in (0, 1, 5, 100):
        with selects(database) as seen:
            await listed(database, page=Page(skip, 3))
        assert len(seen) <= 14
    with selects(database) as seen:
        assert len(await listed(database)) == 6
    assert len(seen) == 10


async def test_what_a_person_looks_after_has_no_job(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    by_hand = await stage.login("by-hand", method=Method.MANUAL)
    left_alone = await stage.login("left-alone", method=Method.NOT_MANAGED)
    for one in (by_hand, left_alone):
        await due(database, one, next_change_at=1, next_verification_at=1)
    assert [(one.credential_id, one.kind) for one in await listed(database)] == [(by_hand, Kind.VERIFICATION)]


async def test_a_job_says_what_came_of_its_last_run(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    managed = await stage.managed(one)
    made = await database.write(lambda tx: ask_rotation(tx, ACTOR, one, Reason.ASKED))
    (waiting,) = await listed(database)
    assert (waiting.id, waiting.under_way and waiting.under_way.id, waiting.last) == (managed.id, made, None)
    assert waiting.job is not None
    await stage.settle()
    assert await listed(database) == []
    over = await database.read(credential_job, managed.id)
    assert over is not None
    assert over.last is not None
    assert (over.last.id, over.last.state, over.under_way, over.job) == (made, State.COMPLETED, None, None)

    def looked(tx: Tx) -> None:
        audit.record(tx, ACTOR, "credential.verified", object_kind="credential", object_id=one, detail={})

    verification = UUID(int=managed.id.int ^ Kind.VERIFICATION)
    never = await database.read(credential_job, verification)
    assert never is not None
    assert (never.id, never.verified_at, never.last) == (verification, None, None)
    await database.write(looked)
    then = await database.read(credential_job, verification)
    assert then is not None
    assert then.verified_at is not None
    assert await database.read(credential_job, new_id()) is None


async def test_a_secret_that_is_put_back(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    await database.write(lambda tx: ask_rotation(tx, ACTOR, one, Reason.ROLLBACK))
    assert [row.work for row in await listed(database, frozenset({Work.ROLLBACK}))] == [Work.ROLLBACK]
    assert await listed(database, frozenset({Work.ROTATION})) == []
