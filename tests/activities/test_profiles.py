"""Connection profiles: made, changed for what comes, deleted while nothing has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from locum.activities.custom_fields import CustomField
from locum.activities.model import ConnectionProfile, connection_profile, custom_field
from locum.activities.profiles import NEW, add_profile, change_profile, delete_profile
from locum.activities.read import connection_profile_of, custom_fields_of
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.policies.add import Members, add_policy
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

FIELDS = [CustomField(number=1, name="change", options=["a", "b"])]


async def add(database: Database, name: str | None = "Short", **settings: Any) -> ConnectionProfile:
    return await database.write(add_profile, ACTOR, name=name, settings=settings, fields=FIELDS)


async def test_what_is_absent_is_as_usual(database: Database) -> None:
    made = await add(database, max_session_minutes=5, notes_required=True)
    usual = {name: getattr(made, name) for name in NEW}
    assert usual == {**NEW, "max_session_minutes": 5, "notes_required": True}
    assert await database.read(custom_fields_of, made.id) == FIELDS
    assert not made.is_default


async def test_what_is_given_changes_and_the_rest_stays(database: Database) -> None:
    made = await add(database, record=False)
    changed = await database.write(
        change_profile, ACTOR, made.id, name="Shorter", settings={"max_session_minutes": 2}
    )
    assert (changed.name, changed.max_session_minutes, changed.record) == ("Shorter", 2, False)
    assert await database.read(custom_fields_of, made.id) == FIELDS
    assert await database.write(change_profile, ACTOR, made.id, settings={"record": False}) == changed
    await database.write(change_profile, ACTOR, made.id, settings={}, fields=[])
    assert await database.read(custom_fields_of, made.id) == []


async def test_a_name_is_one_profile_s(database: Database) -> None:
    made, other = await add(database), await add(database, "Long")
    for name in ("short", "SHORT "):
        with pytest.raises(Conflict):
            await add(database, name)
    with pytest.raises(Conflict):
        await database.write(change_profile, ACTOR, other.id, name="short", settings={})
    assert (await database.write(change_profile, ACTOR, made.id, name="SHORT", settings={})).name == "SHORT"


@pytest.mark.parametrize(
    "settings",
    [
        {"max_session_minutes": 0},
        {"max_session_minutes": 43_201},
        {"session_extension_minutes": -1},
        {"session_extension_count": 1001},
        {"view_password_seconds": 0},
        {"expiration_notice_minutes": -1},
    ],
)
async def test_out_of_bounds(database: Database, settings: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="must lie between"):
        await add(database, **settings)
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(custom_field))) == 0


async def test_one_that_is_used_stays(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await add(database)
    policy = await database.write(
        add_policy, ACTOR, name="short ones", members=Members([world.person]), connection_profile_id=made.id
    )
    with pytest.raises(Conflict, match="used by access policy “short ones”"):
        await database.write(delete_profile, ACTOR, made.id)
    default = await database.read(
        lambda tx: tx.scalar(sa.select(connection_profile.c.id).where(connection_profile.c.is_default.is_(True)))
    )
    with pytest.raises(Conflict, match="default"):
        await database.write(delete_profile, ACTOR, default)
    other = await add(database, "Unused")
    await database.write(delete_profile, ACTOR, other.id)
    for gone in (other.id, new_id()):
        with pytest.raises(NotFound):
            await database.write(delete_profile, ACTOR, gone)
    assert policy.connection_profile_id == made.id
    assert (await database.read(connection_profile_of, made.id)).name == "Short"
