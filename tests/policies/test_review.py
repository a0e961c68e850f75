"""A reviewer's word: on others' access alone, in time, and all of it or nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from audited import details
from certifying import Certifying, certifying, ids, reviewer
from locum.identities.caller import Caller, Role
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, NotFound
from locum.kit.permissions import Permission
from locum.policies import certify
from locum.policies.certification_model import RowStatus, access_denial, certification
from locum.policies.certify import Wanted
from locum.policies.review import MOST_AT_ONCE, Word, decide_rows, visible
from policies_world import policy
from world import ACTOR

pytestmark = pytest.mark.anyio

OK, NO = RowStatus.APPROVED, RowStatus.DENIED
ROOT = Caller(uuid4(), "root", "local", frozenset({Role.ADMIN}), frozenset(Permission), None)


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    return await certifying(database, tmp_path)


async def denied(it: Certifying) -> int:
    return int(await it.database.read(lambda tx: tx.scalar(sa.select(sa.func.count(access_denial.c.id)))))


async def test_each_word_is_written_down_and_can_be_taken_back(it: Certifying) -> None:
    begun = await it.begun()
    (said,) = await it.say(begun, OK, "still needed", activity_name="Linux shell")
    assert (said.status, said.notes, said.decided_by) == (OK, "still needed", it.rita.identity_id)
    (told,) = details(it.database, "access.certified", begun.id)
    assert (told["identity"], told["activity"], told["reason"]) == ("Alice", "Linux shell", "still needed")
    await it.say(begun, NO, "not any more", activity_name="Linux shell")
    assert await denied(it) == 1
    await it.say(begun, NO, "really", activity_name="Linux shell")
    assert await denied(it) == 1
    await it.say(begun, OK, activity_name="Linux shell")
    assert await denied(it) == 0
    assert len(details(it.database, "access.denial_lifted", begun.id)) == 1
    (row,) = await it.rows(begun, activity_name="Linux shell")
    assert (row.status, row.notes) == (OK, None)
    (other,) = await it.rows(begun, activity_name="Linux sudo")
    assert (other.status, other.decided_at) == (RowStatus.REQUESTED, None)


async def test_nobody_certifies_their_own_access(it: Certifying) -> None:
    rita = it.rita.identity_id
    mine = await policy(it.database, "mine", identities=[rita, it.world.person], activities=[it.world.sudo],
                        resources=[it.world.resource])  # fmt: skip
    begun = await it.begun(policies=[mine.id])
    for status in (OK, NO):
        with pytest.raises(Forbidden, match="their own access"):
            await it.say(begun, status, "of course")
    assert {row.status for row in await it.rows(begun)} == {RowStatus.REQUESTED}  # Alice's went with it
    await it.say(begun, OK, user_name="Alice")
    rob = await reviewer(it.database, "Rob")
    await it.database.write(certify.change, ACTOR, begun.id, Wanted(reviewer_id=rob.identity_id))
    words = [Word(one, NO, "two are enough") for one in ids(await it.rows(begun, user_name="Rita"))]
    await it.database.write(decide_rows, rob, begun.id, words)
    assert await denied(it) == 1
    with pytest.raises(NotFound):  # it is no longer hers
        await it.say(begun, NO, "so is his", user_name="Alice")


async def test_only_the_reviewer_decides(it: Certifying) -> None:
    begun = await it.begun()
    words = [Word(one, OK, None) for one in ids(await it.rows(begun))]
    rob = await reviewer(it.database, "Rob")
    with pytest.raises(NotFound, match="no certification with this id"):
        await it.database.write(decide_rows, rob, begun.id, words)
    with pytest.raises(NotFound):
        await it.database.read(visible, rob, begun.id)
    with pytest.raises(Forbidden, match="only the reviewer"):
        await it.database.write(decide_rows, ROOT, begun.id, words)
    assert (await it.database.read(visible, ROOT, begun.id)).id == begun.id
    assert {row.status for row in await it.rows(begun)} == {RowStatus.REQUESTED}


async def test_not_before_the_start_nor_after_the_deadline(it: Certifying) -> None:
    waits = await it.set_up("waits")
    with pytest.raises(Conflict, match="has not started"):
        await it.say(waits, OK)
    begun = await it.begun()
    await it.database.write(lambda tx: tx.run(sa.update(certification).values(deadline=tx.now)))
    for status in (OK, NO):
        with pytest.raises(Conflict, match="deadline"):
            await it.say(begun, status, "too late")
    assert await denied(it) == 0
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    await it.database.write(certify.change, ACTOR, begun.id, Wanted(deadline=later))
    await it.say(begun, NO, "in time")
    assert await denied(it) == 2


async def test_a_word_that_is_none_decides_nothing(it: Certifying) -> None:
    begun, other = await it.begun(), await it.begun("other")
    first, second = ids(await it.rows(begun))
    (elsewhere, _) = ids(await it.rows(other))
    for words, kind, message in (
        ([Word(first, RowStatus.REQUESTED, None)], Invalid, "Approved or Denied"),
        ([Word(first, RowStatus.NOT_SET, None)], Invalid, "Approved or Denied"),
        ([Word(first, NO, " ")], Invalid, "needs notes"),
        ([Word(first, OK, None), Word(first, NO, "x")], Invalid, "twice"),
        ([Word(second, OK, None), Word(elsewhere, OK, None)], NotFound, "no row"),
        ([Word(uuid4(), OK, None)] * (MOST_AT_ONCE + 1), Invalid, "at most 500"),
    ):
        with pytest.raises(kind, match=message) as caught:
            await it.database.write(decide_rows, it.rita, begun.id, words)
        assert isinstance(caught.value, LocumError)
    assert {row.status for row in await it.rows(begun)} == {RowStatus.REQUESTED}
