"""Asking for access, on both databases: policy decides, and a refusal leaves nothing behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit import jobs, pause
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, NotFound
from locum.policies.model import policy
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.planned import is_task
from locum.sessions.request import Request, request_session
from task_activity import make_task, script
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio

HOUR = dt.timedelta(hours=1)


def asked(world: World, **changes: object) -> Request:
    request = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    return replace(request, **changes)  # type: ignore[arg-type]


async def refused(database: Database, request: Request, kind: type[LocumError]) -> LocumError:
    with pytest.raises(kind) as refusal:
        await database.write(request_session, ACTOR, request, node="n")
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(access_session))) == 0
    assert await database.read(jobs.next_due) is None
    return refusal.value


async def test_an_allowed_request_is_pending_and_its_work_is_due(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await database.write(request_session, ACTOR, asked(world), node="n")
    session = await database.read(transition.get, session_id)
    assert session.status == Status.PENDING
    assert session.policy_id == world.policy
    assert session.record
    assert session.login_name.startswith("alice-")
    assert session.scheduled_end - session.scheduled_start == HOUR
    claimed = await database.write(jobs.claim, owner="n", limit=5)
    assert [job.subject_id for job in claimed] == [session_id]


async def test_names_in_any_spelling_do_as_well_as_ids(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    request = Request(
        identity_id=world.person, activity_name="LINUX_sudo", resource_name=" Web01 ", policy_name="Admins"
    )
    session_id = await database.write(request_session, ACTOR, request, node="n")
    assert (await database.read(transition.get, session_id)).resource_id == world.resource


async def test_an_unknown_thing_is_not_found(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for change in (
        {"identity_id": UUID(int=7)},
        {"activity_id": UUID(int=7)},
        {"activity_id": None, "activity_name": "nothing"},
        {"resource_id": UUID(int=7)},
        {"resource_id": None, "resource_name": "nowhere"},
        {"policy_id": UUID(int=7)},
        {"policy_name": "none"},
    ):
        await refused(database, asked(world, **change), NotFound)
    await refused(database, asked(world, activity_id=None), Invalid)
    await refused(database, asked(world, resource_id=None), Invalid)


async def test_who_is_in_no_policy_or_locked_is_refused(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    refusal = await refused(database, asked(world, identity_id=world.stranger), Forbidden)
    assert refusal.detail == "no access policy gives you this activity on this resource"
    await database.write(lock, world.person)
    refusal = await refused(database, asked(world), Forbidden)
    assert isinstance(refusal, Forbidden)
    assert refusal.missing == "account not locked"


async def test_a_disabled_or_deleted_policy_gives_nothing(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    assert "disabled" in (await refused(database, asked(world), Forbidden)).detail
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=False, is_deleted=True)))
    await refused(database, asked(world), Forbidden)


async def test_the_window_is_the_callers_within_the_profiles(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    now = dt.datetime.now(dt.UTC)
    request = asked(world, start=now + HOUR, end=now + HOUR * 10)
    session = await database.read(transition.get, await database.write(request_session, ACTOR, request, node="n"))
    assert session.scheduled_start == now + HOUR
    assert session.scheduled_end == now + 2 * HOUR
    short = asked(world, end=now + HOUR / 4)
    session = await database.read(transition.get, await database.write(request_session, ACTOR, short, node="n"))
    assert session.scheduled_end == now + HOUR / 4


async def test_an_impossible_window_is_refused(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    now = dt.datetime.now(dt.UTC)
    await refused(database, asked(world, end=now - HOUR), Invalid)
    await refused(database, asked(world, start=now + HOUR, end=now + HOUR / 2), Invalid)
    await refused(database, asked(world, start=now + 24 * 400 * HOUR), Invalid)


async def test_nobody_is_given_access_while_locum_is_paused(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(pause.begin, "a test")
    await refused(database, asked(world), pause.Paused)
    # Who may not know of the resource learns nothing of the pause either.
    await refused(database, asked(world, identity_id=world.stranger), Forbidden)
    await database.write(pause.end)
    assert await database.write(request_session, ACTOR, asked(world), node="n")


async def test_a_task_does_something_and_nobody_connects_to_it(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await make_task(database, world)
    await refused(database, asked(world, activity_id=world.shell), Conflict)
    await make_task(database, world, script("id"))
    at_the_gateway = asked(world, activity_id=world.shell, ends_with_connection=True)
    assert "it runs by itself" in (await refused(database, at_the_gateway, Invalid)).detail
    made = await database.write(request_session, ACTOR, asked(world, activity_id=world.shell), node="n")
    assert is_task(await database.read(transition.get, made))
