"""Queues of actions: each session has three, pages come out in order, in a bounded number of statements."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.actions.plan import PlannedStep
from locum.identities.caller import Caller
from locum.identities.key_bounds import KeyBounds
from locum.identities.rights import Bounds, Rights, ScopeKind
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.kit.permissions import Permission
from locum.reads.action_queues import Queue, queue, search, session, session_ids
from locum.reads.session_search import Filter
from locum.sessions import ledger
from locum.sessions.lifecycle import LIVE, Status
from locum.sessions.model import access_session, ledger_entry
from locum.sessions.queue_status import PARTS, queue_id
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


def caller(identity_id: UUID, *permissions: Permission, **more: object) -> Caller:
    return Caller(identity_id, "x", "local", frozenset(), frozenset(permissions), None, **more)  # type: ignore[arg-type]


def admin() -> Caller:
    return caller(new_id(), Permission.SESSIONS_ANY_MANAGE)


async def asked(database: Database, world: World) -> UUID:
    request = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, request, node="n")
    steps = [PlannedStep("account"), PlannedStep("sudoers", {"commands": "canary"}, phase=1)]
    await database.write(ledger.intend, session_id=made, resource_id=world.resource, steps=steps)
    return made


async def names(
    database: Database, page: Page, who: Caller | None = None, **more: object
) -> list[tuple[UUID, int]]:
    found = await database.read(search, who or admin(), Filter(), page, **more)  # type: ignore[arg-type]
    return [(one.session.id, one.part) for one in found.rows]


async def test_pages_are_those_of_the_whole_list(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    first = await asked(database, world)
    await copy(database, access_session, first, 6)
    everything = await names(database, Page())
    assert len(everything) == len(set(everything)) == 7 * len(PARTS)
    for skip in range(8):
        for take in (1, 2, 3, 5):
            assert await names(database, Page(skip, take)) == everything[skip : skip + take]
    counted = await database.read(search, admin(), Filter(), Page(take=0))
    assert (counted.rows, counted.total) == ([], 21)
    with pytest.raises(Invalid):
        await names(database, Page(skip=-1))


async def test_the_number_of_statements_does_not_grow(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    first = await asked(database, world)
    counts = []
    for more in (1, 20):
        await copy(database, access_session, first, more)
        with selects(database) as seen:
            found = await database.read(search, admin(), Filter(), Page())
        counts.append((found.total, len(seen)))
    assert counts == [(6, counts[0][1]), (66, counts[0][1])]
    assert counts[0][1] <= 6


async def test_what_a_queue_holds(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await asked(database, world)
    found = [await database.read(queue, admin(), queue_id(made, part)) for part in PARTS]
    assert [[one.kind for one in q.steps] for q in found if q] == [["account"], ["sudoers"], []]
    assert all(isinstance(q, Queue) and q.work is not None and not q.made for q in found)
    assert "canary" not in repr(found)
    assert await database.read(queue, admin(), made) is None
    assert await database.read(queue, admin(), new_id()) is None


async def test_only_what_fails(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    stuck, unreachable, _well = [await asked(database, world) for _ in range(3)]

    def fail(tx: Tx) -> None:
        one = sa.select(ledger_entry.c.id).where(ledger_entry.c.session_id == stuck, ledger_entry.c.position == 0)
        ledger.failed(tx, tx.scalar(one), "no")
        tx.run(sa.update(jobs.job).where(jobs.job.c.subject_id == unreachable).values(attempts=2))

    await database.write(fail)
    assert {one for one, _ in await names(database, Page(), failing=True)} == {stuck, unreachable}
    assert {one for one, _ in await names(database, Page(), session_id=stuck)} == {stuck}


async def test_who_sees_which(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    live, ended = await asked(database, world), await asked(database, world)

    def end(tx: Tx) -> None:
        one = sa.update(access_session).where(access_session.c.id == ended)
        tx.run(one.values(status=Status.COMPLETE, actual_end=tx.now))

    await database.write(end)
    own, stranger = caller(world.person), caller(world.stranger)
    listed = {ScopeKind.RESOURCE: frozenset({world.resource})}
    rights = Rights({Permission.RECORDINGS_ENDED_VIEW: (Bounds(new_id(), {}),)})
    outside = Rights({Permission.RECORDINGS_ENDED_VIEW: (Bounds(new_id(), listed),)})  # its list stands nowhere
    key = KeyBounds(new_id(), policies=frozenset({new_id()}))
    for who, seen in (
        (own, {live, ended}),
        (stranger, set()),
        (admin(), {live, ended}),
        (caller(world.stranger, rights=rights), {ended}),
        (caller(world.stranger, rights=outside), set()),
        (caller(world.person, key=key), set()),
    ):
        assert {one for one, _ in await names(database, Page(), who)} == seen
        for one in (live, ended):
            there = await database.read(queue, who, queue_id(one, 0))
            assert (there is not None) == (one in seen)
            assert (await database.read(session, who, one) is not None) == (one in seen)
        ids = await database.read(session_ids, who, Filter(statuses=LIVE), Page())
        assert set(ids.rows) == seen & {live}
