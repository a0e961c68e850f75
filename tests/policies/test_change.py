"""Changing a policy: every field under its own permission, in and out of scope."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.audit.model import audit_event
from locum.identities.caller import Caller, Role
from locum.identities.rights import NO_RIGHTS, Bounds, Rights, ScopeKind
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.permissions import Permission
from locum.policies.add import add_policy, get_policy
from locum.policies.change import RIGHTS, Changes, change_policy, names_for
from locum.policies.decide import Approval
from locum.policies.members import Members, members_of
from locum.policies.model import policy
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

NAME, USERS = Permission.POLICIES_NAME_MODIFY, Permission.POLICIES_USERS_MODIFY


def holder(*permissions: Permission, **listed: UUID) -> Caller:
    """Somebody with one custom role, for the listed things."""
    bounds = Bounds(UUID(int=9), {ScopeKind(kind): frozenset({thing}) for kind, thing in listed.items()})
    rights = Rights(dict.fromkeys(permissions, (bounds,)))
    return Caller(UUID(int=1), "ann", "local", frozenset({Role.USER_PLUS}), frozenset(), None, rights=rights)


ADMIN = Caller(UUID(int=1), "root", "local", frozenset({Role.ADMIN}), frozenset(Permission), None)
NOBODY = Caller(UUID(int=1), "eve", "local", frozenset({Role.USER}), frozenset(), None, rights=NO_RIGHTS)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def profile(database: Database) -> UUID:
    """Another connection profile than the one there is."""

    def copy(tx: Tx) -> UUID:
        names = [column.name for column in connection_profile.c]
        values: dict[str, Any] = {n: tx.scalar(sa.select(connection_profile.c[n])) for n in names}
        made = new_id()
        values |= {"id": made, "name": "other", "is_default": False}
        tx.add(connection_profile, **{**values, **({"name_key": "other"} if "name_key" in values else {})})
        return made

    return await database.write(copy)


async def changes(database: Database, world: World) -> dict[Permission, Changes]:
    """For each permission a change that needs it and no other."""
    return {
        NAME: Changes(name="renamed"),
        Permission.POLICIES_DESCRIPTION_MODIFY: Changes(description="described"),
        Permission.POLICIES_PROFILE_MODIFY: Changes(connection_profile_id=await profile(database)),
        Permission.POLICIES_ACTIVITIES_MODIFY: Changes(activities=[world.sudo]),
        USERS: Changes(identities=[world.person, world.stranger]),
        Permission.POLICIES_RESOURCES_MODIFY: Changes(resources=[]),
    }


async def state(database: Database, world: World) -> Any:
    return await database.read(get_policy, world.policy), await database.read(members_of, world.policy)


@pytest.mark.parametrize("permission", RIGHTS)
async def test_each_permission_with_and_without_in_and_out_of_scope(
    database: Database, world: World, permission: Permission
) -> None:
    change = (await changes(database, world))[permission]
    others = [p for p in Permission if p not in (permission, Permission.POLICIES_POLICY_MODIFY)]
    before = await state(database, world)
    for caller in (
        NOBODY,
        holder(*others, policy=world.policy),
        holder(permission, policy=uuid4()),
        holder(permission, *others, policy=uuid4()),
    ):
        with pytest.raises(Forbidden, match=permission) as refused:
            await database.write(change_policy, caller, world.policy, change)
        assert f"permission {permission} for this " in str(refused.value.missing)
    assert await state(database, world) == before
    await database.write(change_policy, holder(permission, policy=world.policy), world.policy, change)
    assert await state(database, world) != before


@pytest.mark.parametrize("caller", [holder(permission) for permission in RIGHTS])
async def test_the_rest_is_for_who_holds_the_whole_policy(
    database: Database, world: World, caller: Caller
) -> None:
    before = await state(database, world)
    for change in (
        Changes(priority=3),
        Changes(approval=Approval.DENY),
        Changes(notes_required=True),
        Changes(ticket_required=True),
    ):
        with pytest.raises(Forbidden, match="policies:policy:modify for this policy"):
            await database.write(change_policy, caller, world.policy, change)
    assert await state(database, world) == before


async def test_members_outside_the_roles_scope_are_neither_added_nor_removed(
    database: Database, world: World
) -> None:
    for field, permission, kind, there in (
        ("identities", USERS, "identity", world.person),
        ("activities", Permission.POLICIES_ACTIVITIES_MODIFY, "activity", world.sudo),
        ("resources", Permission.POLICIES_RESOURCES_MODIFY, "resource", world.resource),
    ):
        kept = getattr((await state(database, world))[1], field)
        caller = holder(permission, policy=world.policy, **{kind: there})
        for wanted in ([*kept, uuid4()], [one for one in kept if one != there] + [uuid4()]):
            with pytest.raises(Forbidden, match=f"{permission} for this {kind}"):
                await database.write(change_policy, caller, world.policy, Changes(**{field: wanted}))
        outside = holder(permission, policy=world.policy, **{kind: uuid4()})
        with pytest.raises(Forbidden, match=f"for this {kind}"):
            await database.write(change_policy, outside, world.policy, Changes(**{field: []}))
        without = [one for one in kept if one != there]
        await database.write(change_policy, caller, world.policy, Changes(**{field: without}))
        assert getattr((await state(database, world))[1], field) == without
        await database.write(change_policy, caller, world.policy, Changes(**{field: kept}))
        assert getattr((await state(database, world))[1], field) == kept


async def test_what_is_the_same_needs_no_permission_and_leaves_no_trace(database: Database, world: World) -> None:
    row, joined = await state(database, world)
    same = Changes(
        name=f" {row.name} ",
        description="",
        connection_profile_id=row.connection_profile_id,
        activities=joined.activities[::-1],
        identities=joined.identities * 2,
        resources=joined.resources,
        priority=row.priority,
        approval=Approval(row.approval),
        notes_required=row.notes_required,
        ticket_required=row.ticket_required,
    )
    for change in (same, Changes()):
        assert await database.write(change_policy, NOBODY, world.policy, change) == row
    changed = sa.select(sa.func.count()).where(audit_event.c.action == "policy.changed")
    assert await database.read(ReadTx.scalar, changed) == 0
    await database.write(change_policy, ADMIN, world.policy, Changes(name="new", priority=2, resources=[]))
    detail = await database.read(
        ReadTx.scalar,
        sa.select(audit_event.c.detail).where(audit_event.c.object_id == row.id).order_by(audit_event.c.id.desc()),
    )
    assert detail == '{"fields":"name, priority, resources","policy":"new"}'


async def test_an_administrator_changes_everything(database: Database, world: World) -> None:
    for permission, change in (await changes(database, world)).items():
        before = await state(database, world)
        await database.write(change_policy, ADMIN, world.policy, change)
        assert await state(database, world) != before, permission
    row = await database.write(
        change_policy, ADMIN, world.policy,
        Changes(priority=3, approval=Approval.DENY, notes_required=True, ticket_required=True, description=""),
    )  # fmt: skip
    assert (row.priority, row.approval, row.notes_required, row.ticket_required) == (3, 0, True, True)
    assert row.description is None
    assert row.modified_at > row.created_at


async def test_what_cannot_be(database: Database, world: World) -> None:
    await database.write(add_policy, ACTOR, name="taken", members=Members())
    before = await state(database, world)
    for change, kind in (
        (Changes(name="TAKEN"), Conflict),
        (Changes(name=" "), Invalid),
        (Changes(connection_profile_id=uuid4()), Invalid),
        (Changes(name="new", identities=[uuid4()]), Invalid),
        (Changes(activities=[world.person]), Invalid),
    ):
        with pytest.raises(kind):
            await database.write(change_policy, ADMIN, world.policy, change)
    with pytest.raises(NotFound):
        await database.write(change_policy, ADMIN, uuid4(), Changes(name="new"))
    assert await state(database, world) == before


async def test_changes_at_once_are_made_one_after_the_other(database: Database, world: World) -> None:
    wanted = [Changes(identities=[]), Changes(identities=[world.person]), Changes(identities=[world.stranger])] * 3
    await asyncio.gather(*(database.write(change_policy, ADMIN, world.policy, change) for change in wanted))
    assert len((await state(database, world))[1].identities) <= 1


async def test_names_for_a_caller(database: Database, world: World) -> None:
    other = await database.write(add_policy, ACTOR, name="Other", members=Members())

    async def names(caller: Caller) -> list[str]:
        return [row.name for row in await database.read(names_for, caller)]

    assert await names(ADMIN) == ["admins", "Other"]
    assert await names(NOBODY) == []
    assert await names(holder(NAME)) == ["admins", "Other"]
    await database.write(
        lambda tx: tx.run(sa.update(policy).where(policy.c.id == other.id).values(is_deleted=True))
    )
    assert await names(ADMIN) == ["admins"]
    with pytest.raises(NotFound):
        await database.read(get_policy, other.id)
    assert (await database.read(get_policy, other.id, deleted_too=True)).name == "Other"
