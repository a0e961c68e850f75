"""An activity's file holds all it does, and makes the same activity again or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.actions.activity_file import ActivityFile, FileAction, activity_file, import_activity
from locum.activities.model import LoginType, Phase, RequesterFormat, activity
from locum.activities.read import release_activity
from locum.audit.model import audit_event
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.resources.model import platform
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

WHOLE = ActivityFile(
    name="Deploy",
    platform="linux",
    description="As the robot",
    login=LoginType.MANAGED,
    login_template="adm-%samaccountname%",
    requester_format=RequesterFormat.UPN,
    create_account=False,
    actions={
        Phase.BEFORE: (
            FileAction("group", {"group": "deploy"}, "Group", continue_on_fail=True),
            FileAction("custom_script", {"script": "true\n"}, timeout=30),
        ),
        Phase.DURING: (),
        Phase.AFTER: (FileAction("custom_script", {"script": "false"}),),
    },
)


async def bring(database: Database, file: ActivityFile, *, where: UUID | None = None, yes: bool = True) -> UUID:
    made = await database.write(import_activity, ACTOR, file, platform_id=where, allow_scripts=yes)
    return made.id


async def test_what_comes_out_goes_in(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    linux = await database.read(
        lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.connector == "linux"))
    )
    made = await bring(database, WHOLE, where=linux)
    assert await database.read(activity_file, made) == WHOLE
    again = await bring(database, replace(WHOLE, name="Again"), where=linux)
    assert await database.read(activity_file, again) == replace(WHOLE, name="Again")
    said = sa.select(audit_event.c.detail).where(
        audit_event.c.action == "activity.imported", audit_event.c.object_id == made
    )
    assert await database.read(lambda tx: tx.scalar(said)) == '{"count":3,"name":"Deploy"}'


async def test_nothing_is_made_of_what_is_not_right(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    linux = await database.read(
        lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.connector == "linux"))
    )
    there = await database.read(lambda tx: tx.scalars(sa.select(activity.c.name)))
    wrong = (
        ("platformId", replace(WHOLE, platform="postgresql"), linux),
        ("platformId", WHOLE, new_id()),
        ("platform names", replace(WHOLE, platform="windows"), None),
        ("kind names", replace(WHOLE, actions={Phase.AFTER: (FileAction("role", {"role": "x"}),)}), linux),
        ("needs group", replace(WHOLE, actions={Phase.BEFORE: (FileAction("group"),)}), linux),
        (
            "part of a session",
            replace(WHOLE, actions={Phase.AFTER: (FileAction("group", {"group": "g"}),)}),
            linux,
        ),
        (
            "timeout",
            replace(WHOLE, actions={Phase.AFTER: (replace(WHOLE.actions[Phase.AFTER][0], timeout=0),)}),
            linux,
        ),
        ("name", replace(WHOLE, name=" "), linux),
    )
    for why, file, where in wrong:
        with pytest.raises(Invalid, match=why):
            await bring(database, file, where=where)
    with pytest.raises(Invalid, match="2 scripts to be run on hosts"):
        await bring(database, WHOLE, where=linux, yes=False)
    with pytest.raises(Conflict, match="of this name"):
        await bring(database, replace(WHOLE, name=there[0]), where=linux)
    assert await database.read(lambda tx: tx.scalars(sa.select(activity.c.name))) == there


async def test_the_one_of_credentials_is_no_file(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    kept = await database.read(release_activity)
    with pytest.raises(Conflict, match="every installation has it"):
        await database.read(activity_file, kept)
