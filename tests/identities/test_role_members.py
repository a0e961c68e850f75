"""Who holds which role, and the administrator who must stay."""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.audit.model import audit_event
from locum.identities import custom_roles, people, role_members
from locum.identities.caller import Role
from locum.identities.custom_roles import Contents
from locum.identities.model import identity
from locum.identities.roles import BUILT_IN, Target
from locum.kit.actor import LOCUM
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.kit.permissions import Permission

pytestmark = pytest.mark.anyio

ID = {role.role: role.id for role in BUILT_IN}
ADMIN, USER, REVIEWER, APP = (ID[role] for role in (Role.ADMIN, Role.USER, Role.REVIEWER, Role.APP))
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def person(world: World, name: str, *roles: Role) -> UUID:
    return world.person(name, enrolled=False, roles=frozenset(roles)).id


async def audited(database: Database, action: str) -> list[UUID]:
    query = sa.select(audit_event.c.object_id).where(audit_event.c.action == action).order_by(audit_event.c.id)
    return await database.read(ReadTx.scalars, query)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.USER, Role.REVIEWER])
async def test_a_persons_role_comes_and_goes(database: Database, world: World, role: Role) -> None:
    person(world, "root", Role.ADMIN)
    ada, eve = person(world, "ada"), person(world, "eve")
    before = (await database.read(role_members.counts)).get(ID[role], 0)
    assert await database.write(role_members.add, LOCUM, ID[role], [ada, eve, ada]) == 2
    assert await database.write(role_members.add, LOCUM, ID[role], [ada]) == 0
    assert await database.read(people.roles_of, ada) == {role}
    assert (await database.read(role_members.counts))[ID[role]] == before + 2
    listed = await database.read(role_members.members, ID[role], Page(filter_text="a"))
    assert [one.id for one in listed.rows] == [ada]
    assert await database.write(role_members.remove, LOCUM, ID[role], [ada, eve]) == 2
    assert await database.write(role_members.remove, LOCUM, ID[role], [ada]) == 0
    assert await database.read(people.roles_of, ada) == set()
    assert await audited(database, "role.member_added") == sorted([ada, eve])
    assert await audited(database, "role.member_removed") == sorted([ada, eve])


async def test_a_custom_role_may_be_an_applications(database: Database, world: World) -> None:
    robot = world.application("robot").id
    contents = Contents([Permission.POLICIES_NAME_MODIFY], {})
    made = await database.write(
        custom_roles.create, LOCUM, name="r", description=None, target=Target.POLICIES, contents=contents
    )
    assert await database.write(role_members.add, LOCUM, made.id, [robot]) == 1
    assert await database.read(people.roles_of, robot) == {Role.APP, Role.USER_PLUS}
    assert (await database.read(role_members.counts))[made.id] == 1
    assert await database.write(role_members.remove, LOCUM, made.id, [robot]) == 1
    assert await database.read(people.roles_of, robot) == {Role.APP}


async def test_what_is_refused_changes_nothing(database: Database, world: World) -> None:
    robot, ada = world.application("robot").id, person(world, "ada", Role.USER)
    for role_id, ids, kind in (
        (APP, [ada], Conflict),
        (REVIEWER, [ada, robot], Invalid),
        (ADMIN, [robot], Invalid),
        (REVIEWER, [ada, uuid4()], NotFound),
        (uuid4(), [ada], NotFound),
        (REVIEWER, [uuid4() for _ in range(role_members.MOST_AT_ONCE + 1)], Invalid),
    ):
        with pytest.raises(kind):
            await database.write(role_members.add, LOCUM, role_id, ids)
    for role_id, ids, kind in ((APP, [robot], Conflict), (USER, [uuid4()], NotFound), (uuid4(), [ada], NotFound)):
        with pytest.raises(kind):
            await database.write(role_members.remove, LOCUM, role_id, ids)
    with pytest.raises(NotFound):
        await database.read(role_members.members, uuid4(), Page())
    assert await database.read(people.roles_of, ada) == {Role.USER}
    assert await database.read(people.roles_of, robot) == {Role.APP}


async def test_who_is_deleted_is_nobody(database: Database, world: World) -> None:
    ada = person(world, "ada", Role.USER)
    await database.write(lambda tx: tx.run(sa.update(identity).values(deleted_at=LONG_AGO)))
    assert (await database.read(role_members.counts)) == {}
    assert (await database.read(role_members.members, USER, Page())).total == 0
    with pytest.raises(NotFound):
        await database.write(role_members.add, LOCUM, REVIEWER, [ada])


@pytest.mark.parametrize("unable", [{"locked": True}, {"expires_at": LONG_AGO}, {"deleted_at": LONG_AGO}, None])
async def test_the_last_administrator_who_can_sign_in_stays(
    database: Database, world: World, unable: dict[str, object] | None
) -> None:
    root, other = person(world, "root", Role.ADMIN), person(world, "other", Role.ADMIN)
    if unable is None:
        await database.write(role_members.remove, LOCUM, ADMIN, [other])
    else:
        values = sa.update(identity).where(identity.c.id == other).values(**unable)
        await database.write(lambda tx: tx.run(values))
    with pytest.raises(Conflict, match="last administrator"):
        await database.write(role_members.remove, LOCUM, ADMIN, [root])
    assert Role.ADMIN in await database.read(people.roles_of, root)
    person(world, "third", Role.ADMIN)
    assert await database.write(role_members.remove, LOCUM, ADMIN, [root]) == 1


async def test_two_administrators_cannot_remove_each_other(database: Database, world: World) -> None:
    ids = [person(world, f"root{number}", Role.ADMIN) for number in range(3)]
    gone = await asyncio.gather(
        *(database.write(role_members.remove, LOCUM, ADMIN, [one]) for one in ids), return_exceptions=True
    )
    assert sorted(str(one) for one in gone)[:2] == ["1", "1"]
    assert sum(isinstance(one, Conflict) for one in gone) == 1
    with pytest.raises(Conflict):
        await database.write(role_members.remove, LOCUM, ADMIN, ids)


async def test_many_at_once(database: Database) -> None:
    """A thousand, in bounded time: what the bulk operations allow."""
    ids = [new_id() for _ in range(role_members.MOST_AT_ONCE)]
    rows = [
        {"id": one, "kind": 4, "name": str(one), "name_key": str(one), "locked": False, "created_at": LONG_AGO,
         "modified_at": LONG_AGO, "tokens_valid_from": LONG_AGO}
        for one in ids
    ]  # fmt: skip
    await database.write(lambda tx: tx.add_all(identity, rows))
    assert await database.write(role_members.add, LOCUM, REVIEWER, ids) == len(ids)
    assert await database.write(role_members.remove, LOCUM, REVIEWER, ids) == len(ids)
