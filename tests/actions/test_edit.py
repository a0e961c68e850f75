"""Activities and their actions, below the API (tests/api/test_activity.py, test_action_group.py)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.actions.catalog import template_for
from locum.actions.edit import MOST_ACTIONS, Action, add_activity, change_activity, delete_activity, set_actions
from locum.activities.model import Activity, ActivityType, LoginType, Phase, activity_group, activity_group_member
from locum.activities.read import actions_of
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid, NotAvailable, NotFound
from locum.kit.ids import new_id
from locum.main.seed import seed
from locum.resources.model import platform
from world import ACTOR

pytestmark = pytest.mark.anyio


async def on(database: Database, connector: str) -> UUID:
    found = sa.select(platform.c.id).where(platform.c.connector == connector)
    made: UUID = await database.read(lambda tx: tx.scalar(found))
    return made


async def new(database: Database, connector: str = "linux", **how: object) -> Activity:
    await database.write(seed)
    where = await on(database, connector)
    return await database.write(add_activity, ACTOR, name="New", platform_id=where, description=None, **how)


def action(kind: str, connector: str = "linux", **parameters: str) -> Action:
    template = template_for(connector, kind)
    assert template is not None
    return Action(template.id, parameters)


async def kinds(database: Database, held: Activity, phase: Phase | None = None) -> list[str]:
    return [row.kind for row in await database.read(actions_of, held.id, phase)]


async def test_each_part_of_a_session_has_its_own_list(database: Database) -> None:
    held = await new(database)
    group, script = action("group", group="users"), action("custom_script", script="id")
    await database.write(set_actions, ACTOR, held.id, Phase.AFTER, [script, script])
    await database.write(set_actions, ACTOR, held.id, Phase.BEFORE, [group, script])
    assert await kinds(database, held) == ["group", *["custom_script"] * 3]
    await database.write(set_actions, ACTOR, held.id, Phase.BEFORE, [])
    assert await kinds(database, held) == await kinds(database, held, Phase.AFTER) == ["custom_script"] * 2
    with pytest.raises(Invalid, match="may have 50 actions"):
        await database.write(set_actions, ACTOR, held.id, Phase.BEFORE, [group] * (MOST_ACTIONS + 1))
    with pytest.raises(NotFound):
        await database.write(set_actions, ACTOR, new_id(), Phase.BEFORE, [])


async def test_actions_are_those_of_the_platform(database: Database) -> None:
    held = await new(database, "mariadb")
    await database.write(set_actions, ACTOR, held.id, Phase.BEFORE, [action("role", "mariadb", role="clerks")])
    for wrong in (action("group", group="users"), action("role", "postgresql", role="clerks")):
        with pytest.raises(Invalid, match="of another platform"):
            await database.write(set_actions, ACTOR, held.id, Phase.BEFORE, [wrong])
    assert await kinds(database, held) == ["role"]


async def test_a_task_is_made_where_something_can_be_done_and_stays_one(database: Database) -> None:
    held = await new(database, type=ActivityType.TASK_AUTOMATION)
    assert held.type == ActivityType.TASK_AUTOMATION
    same = await database.write(change_activity, ACTOR, held.id, type=ActivityType.TASK_AUTOMATION, name="Newer")
    assert (same.type, same.name) == (ActivityType.TASK_AUTOMATION, "Newer")
    with pytest.raises(Invalid, match="keeps its type"):
        await database.write(change_activity, ACTOR, held.id, type=ActivityType.INTERACTIVE)
    with pytest.raises(NotAvailable, match="tasks are not available on this platform"):
        await new(database, "mariadb", type=ActivityType.TASK_AUTOMATION)


async def test_a_change_is_looked_at_as_a_whole(database: Database) -> None:
    held = await new(database, requester_format=4)
    with pytest.raises(Invalid, match="needs loginAccountNameFormat"):
        await database.write(change_activity, ACTOR, held.id, login_type=LoginType.REQUESTER)
    both = {"login_type": LoginType.REQUESTER, "login_template": "%samaccountname%"}
    changed = await database.write(change_activity, ACTOR, held.id, **both)
    assert (changed.login_type, changed.login_template) == (0, "%samaccountname%")
    with pytest.raises(Invalid, match="needs loginAccountNameFormat"):
        await database.write(change_activity, ACTOR, held.id, login_template=None)
    with pytest.raises(NotFound):
        await database.write(change_activity, ACTOR, new_id(), name="x")


async def test_every_kind_of_account_is_on_databases_too(database: Database) -> None:
    held = await new(database, "postgresql")
    for kind in LoginType:
        changed = await database.write(change_activity, ACTOR, held.id, login_type=kind)
        assert changed.login_type == kind


async def test_one_that_a_group_holds_is_not_deleted(database: Database) -> None:
    held = await new(database)

    def join(tx: Tx) -> None:
        made = new_id()
        times = {"created_at": tx.now, "modified_at": tx.now}
        tx.add(activity_group, id=made, name="All", name_key="all", **times)
        tx.add(activity_group_member, group_id=made, activity_id=held.id)

    await database.write(join)
    with pytest.raises(Conflict, match="activity group “All”"):
        await database.write(delete_activity, ACTOR, held.id)
    await database.write(lambda tx: tx.run(sa.delete(activity_group_member)))
    await database.write(delete_activity, ACTOR, held.id)
    with pytest.raises(NotFound):
        await database.write(delete_activity, ACTOR, held.id)
