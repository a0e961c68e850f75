"""A session keeps the activity as it was when it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.activities.model import ActivityType, LoginType, Phase, activity, activity_action, connection_profile
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.sessions import transition
from locum.sessions.model import access_session
from locum.sessions.planned import as_json, is_task, planned_now, planned_of
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

SUDO = {"run_as": "ALL", "commands": "ALL", "nopasswd": "true"}


async def test_a_change_of_the_activity_changes_no_session(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    await database.write(lambda tx: tx.run(sa.delete(activity_action)))
    session = await database.read(transition.get, session_id)
    planned = await database.read(planned_of, session)
    assert planned.actions == [PlannedStep("sudoers", SUDO)]
    assert planned.login_type is LoginType.ACTIVITY_IDENTITY
    assert (await database.read(planned_now, world.sudo, session.profile_id)).actions == []
    assert session.planned == as_json(planned)


async def test_a_session_of_the_release_before_has_the_activity_as_it_is(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    await database.write(lambda tx: tx.run(sa.update(access_session).values(planned=sa.null())))
    session = await database.read(transition.get, session_id)
    assert session.planned is None
    assert (await database.read(planned_of, session)).actions == [PlannedStep("sudoers", SUDO)]


async def test_the_scripts_a_task_is_for_are_not_run_twice(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    given = [({"script": "a"}, Phase.BEFORE), ({"script": "b"}, Phase.DURING)]
    given += [({"script": "c", "repeatable": "true"}, Phase.DURING), ({"script": "d"}, Phase.AFTER)]

    def fill(tx: Tx) -> None:
        for position, (parameters, phase) in enumerate(given):
            where = {"activity_id": world.shell, "position": position, "phase": phase}
            tx.add(activity_action, id=new_id(), kind="custom_script", parameters=parameters, **where)

    await database.write(fill)
    profile_id = await database.read(lambda tx: tx.scalar(sa.select(connection_profile.c.id)))
    planned = await database.read(planned_now, world.shell, profile_id)
    assert [action.parameters for action in planned.actions] == [parameters for parameters, _ in given]
    task = sa.update(activity).where(activity.c.id == world.shell).values(type=ActivityType.TASK_AUTOMATION)
    await database.write(lambda tx: tx.run(task))
    planned = await database.read(planned_now, world.shell, profile_id)
    told = [action.parameters.get("repeatable") for action in planned.actions]
    assert told == [None, "false", "true", None]


async def test_a_session_is_what_it_was_asked_for(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    task = sa.update(activity).values(type=ActivityType.TASK_AUTOMATION)
    await database.write(lambda tx: tx.run(task))
    assert not is_task(await database.read(transition.get, session_id))
    old = sa.update(access_session).values(planned=sa.null())
    await database.write(lambda tx: tx.run(old))
    assert not is_task(await database.read(transition.get, session_id))
