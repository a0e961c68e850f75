"""Certifications, their rows and the denials as lists: how far each is, and by which names."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from certifying import Certifying, certifying, names, reviewer
from crowd import copy
from locum.kit.db import Database
from locum.kit.paging import Page
from locum.policies.certification_model import RowStatus, TaskStatus, certification_row
from locum.policies.certify import Wanted, change
from locum.policies.status import delete_policy
from locum.reads.certifications import certifications, denials, one, rows
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    return await certifying(database, tmp_path)


async def status(it: Certifying, certification_id: UUID) -> TaskStatus:
    return (await it.database.read(one, certification_id)).status


async def test_how_far_it_is(it: Certifying) -> None:
    made = await it.set_up(policies=[])
    assert await status(it, made.id) == TaskStatus.SETUP
    await it.database.write(change, ACTOR, made.id, Wanted(policies=[it.world.policy]))
    assert await status(it, made.id) == TaskStatus.READY_TO_START
    begun = await it.begun("begun")
    assert await status(it, begun.id) == TaskStatus.INCOMPLETE
    await it.say(begun, RowStatus.APPROVED, activity_name="Linux sudo")
    half = await it.database.read(one, begun.id)
    assert (half.status, half.open_rows, half.reviewer) == (TaskStatus.INCOMPLETE, 1, "Rita")
    (last,) = await it.say(begun, RowStatus.DENIED, "no", activity_name="Linux shell")
    done = await it.database.read(one, begun.id)
    assert (done.status, done.last_decided_at) == (TaskStatus.COMPLETE, last.decided_at)


async def test_what_is_gone_keeps_none_from_its_end(it: Certifying) -> None:
    begun = await it.begun()
    await it.database.write(delete_policy, ACTOR, it.world.policy)
    assert await status(it, begun.id) == TaskStatus.COMPLETE
    assert len(await it.rows(begun)) == 2


async def test_a_reviewer_has_their_own_once_they_have_started(it: Certifying) -> None:
    await it.set_up("waits")
    begun = await it.begun()
    rob = await reviewer(it.database, "Rob")
    await it.begun("his", reviewer_id=rob.identity_id)

    async def found(reviewer_id: UUID | None = None, page: Page = Page()) -> list[str]:  # noqa: B008
        listed = await it.database.read(certifications, page, reviewer_id=reviewer_id)
        return [row.name for row in listed.rows]

    assert await found() == ["autumn", "his", "waits"]
    assert await found(it.rita.identity_id) == [begun.name]
    assert await found(page=Page(filter_text="ROB")) == ["his"]
    assert await found(page=Page(order_by="startDateTimeUtc", take=1)) != []


async def test_rows_tell_when_an_access_was_used_last(it: Certifying) -> None:
    begun = await it.begun()
    asked = Request(identity_id=it.world.person, activity_id=it.world.sudo, resource_id=it.world.resource)
    await it.database.write(request_session, ACTOR, asked, node="n")
    ran = sa.update(access_session).values(status=Status.ACTIVE, actual_start=access_session.c.created_at)
    await it.database.write(lambda tx: tx.run(ran))
    found = {row.activity_name: row for row in await it.rows(begun)}
    assert found["Linux shell"].last_start is None
    start = await it.database.read(lambda tx: tx.scalar(sa.select(access_session.c.actual_start)))
    assert found["Linux sudo"].last_start == start
    assert (found["Linux sudo"].policy_name, found["Linux sudo"].profile_name) == ("admins", "Default")
    await it.say(begun, RowStatus.DENIED, "no", activity_name="Linux sudo")
    listed = await it.database.read(rows, Page(), begun.id, status=RowStatus.DENIED)
    assert names(listed.rows) == [("Alice", "Linux sudo", "web01")]
    turned = await it.database.read(rows, Page(order_by="activity", descending=True), begun.id)
    assert [row.activity_name for row in turned.rows] == ["Linux sudo", "Linux shell"]
    assert (await it.database.read(rows, Page(filter_text="nobody"), begun.id)).total == 0


async def test_denials_the_latest_first(it: Certifying) -> None:
    begun = await it.begun()
    for activity in ("Linux shell", "Linux sudo"):
        await it.say(begun, RowStatus.DENIED, f"no {activity}", activity_name=activity)
    listed = await it.database.read(denials, Page())
    assert [row.reason for row in listed.rows] == ["no Linux sudo", "no Linux shell"]
    assert {row.certification_name for row in listed.rows} == {"autumn"}
    assert (await it.database.read(denials, Page(), identity_id=it.world.stranger)).total == 0
    assert (await it.database.read(denials, Page(take=1), identity_id=it.world.person)).total == 2


async def test_two_statements_whatever_there_is(it: Certifying) -> None:
    begun = await it.begun()
    (row, _) = await it.rows(begun)
    await copy(it.database, certification_row, row.id, 300)
    for query in (certifications, denials):
        with selects(it.database) as seen:
            await it.database.read(query, Page())
        assert len(seen) <= 2
    with selects(it.database) as seen:
        listed = await it.database.read(rows, Page(take=50), begun.id)
    assert (len(seen), len(listed.rows), listed.total) == (2, 50, 302)
