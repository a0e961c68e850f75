"""Custom roles: what they give, for which things, and that callers carry it from their next request on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys, custom_roles, people, role_members
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Caller, Role
from locum.identities.custom_roles import Contents, CustomRole
from locum.identities.digests import KeyedDigest
from locum.identities.model import custom_role_member, custom_role_permission, custom_role_scope, identity
from locum.identities.rights import NO_RIGHTS, ScopeKind
from locum.identities.roles import BUILT_IN, GRANTABLE, Target
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.vault.store import Vault
from statements import selects

pytestmark = pytest.mark.anyio

NAME, USERS = Permission.POLICIES_NAME_MODIFY, Permission.POLICIES_USERS_MODIFY
ONE, TWO = uuid4(), uuid4()
EACH = [(target, permission) for target, g in GRANTABLE.items() for permission in g.permissions]


async def make(
    database: Database,
    name: str = "policy names",
    permissions: list[Permission] | None = None,
    target: Target = Target.POLICIES,
    **scopes: list[UUID],
) -> CustomRole:
    contents = Contents(permissions or [NAME], {ScopeKind(kind): ids for kind, ids in scopes.items()})
    return await database.write(
        custom_roles.create, LOCUM, name=name, description="d", target=target, contents=contents
    )


async def give(database: Database, role: CustomRole, *ids: UUID) -> None:
    await database.write(role_members.add, LOCUM, role.id, list(ids))


async def change(database: Database, role: CustomRole, **changes: Any) -> CustomRole:
    given = {"name": None, "description": None, "permissions": None, "scopes": {}, **changes}
    return await database.write(custom_roles.change, LOCUM, role.id, **given)


@pytest.fixture
async def caller_of(database: Database, signin: SignIn, issuer: Tokens, digest: KeyedDigest, vault: Vault) -> Any:
    door = Authenticator(issuer, digest, vault)

    async def find(identity_id: UUID) -> Caller:
        how = {"method": "password", "address": None, "client": "tests"}
        opened = await database.write(lambda tx: signin.issuer.open(tx, identity_id, **how))
        return await database.read(door.prove(opened.token, None))

    return find


@pytest.mark.parametrize(("target", "permission"), EACH)
async def test_a_holder_has_each_right_in_scope_only(
    database: Database, world: World, caller_of: Any, target: Target, permission: Permission
) -> None:
    kinds = GRANTABLE[target].scopes
    role = await make(database, "r", [permission], target, **{kind: [ONE] for kind in kinds})
    ada, eve = world.person("ada", enrolled=False), world.person("eve", enrolled=False)
    await give(database, role, ada.id)
    held, other = await caller_of(ada.id), await caller_of(eve.id)
    assert (Role.USER_PLUS in held.roles, Role.USER_PLUS in other.roles) == (True, False)
    assert permission not in held.permissions
    for kind in kinds:
        assert held.may(permission, {kind: ONE})
        assert not held.may(permission, {kind: TWO})
        assert not other.may(permission, {kind: ONE})
        assert not any(held.may(p, {kind: ONE}) for _, p in EACH if p is not permission)


async def test_rights_take_one_statement_and_none_without_a_role(
    database: Database, world: World, caller_of: Any
) -> None:
    ada, eve = world.person("ada", enrolled=False), world.person("eve", enrolled=False)
    for number in range(5):
        await give(database, await make(database, f"r{number}", policy=[ONE, TWO]), ada.id)
    with selects(database) as seen:
        assert (await caller_of(eve.id)).rights == NO_RIGHTS
    alone = len(seen)
    with selects(database) as seen:
        assert len((await caller_of(ada.id)).rights.bounds(NAME)) == 5
    assert len(seen) == alone + 1


async def test_an_unfinished_sign_in_and_a_key_carry_what_they_should(
    database: Database, world: World, signin: SignIn, issuer: Tokens, digest: KeyedDigest, vault: Vault
) -> None:
    role, door = await make(database), Authenticator(issuer, digest, vault)
    ada, robot = world.person("ada", enrolled=False), world.application("robot")
    await give(database, role, ada.id, robot.id)
    token = await database.read(lambda tx: signin.issuer.pending(tx, ada.id, pending="second_factor"))
    assert (await database.read(door.prove(token, None))).rights == NO_RIGHTS
    key = await database.write(api_keys.issue, vault, digest, LOCUM, robot.id)
    caller = await database.read(door.prove(key.reveal_text(), None))
    assert caller.roles == {Role.APP, Role.USER_PLUS}
    assert caller.rights.allow([NAME], {ScopeKind.POLICY: ONE})


async def test_a_change_counts_with_the_next_request(database: Database, world: World, caller_of: Any) -> None:
    role, ada = await make(database, policy=[ONE]), world.person("ada", enrolled=False)
    await give(database, role, ada.id)
    one, two = {ScopeKind.POLICY: ONE}, {ScopeKind.POLICY: TWO}
    await change(database, role, scopes={ScopeKind.POLICY: [TWO]})
    caller = await caller_of(ada.id)
    assert (caller.may(NAME, one), caller.may(NAME, two)) == (False, True)
    await change(database, role, permissions=[USERS])
    caller = await caller_of(ada.id)
    assert (caller.may(NAME, two), caller.may(USERS, two), caller.may(USERS, one)) == (False, True, False)
    await change(database, role, scopes={ScopeKind.POLICY: []})
    assert (await caller_of(ada.id)).may(USERS, one)
    await database.write(custom_roles.delete, LOCUM, role.id)
    caller = await caller_of(ada.id)
    assert (caller.rights, caller.roles) == (NO_RIGHTS, {Role.USER})
    for table in (custom_role_member, custom_role_permission, custom_role_scope):
        assert await database.read(ReadTx.scalar, sa.select(sa.func.count()).select_from(table)) == 0


async def test_a_list_is_kept_to_the_scope(database: Database, world: World, caller_of: Any) -> None:
    """`within` and `may` say the same of every thing, whatever the roles."""
    people_ = [world.person(f"p{number}", enrolled=False).id for number in range(4)]
    ada, root = people_[0], world.person("root", enrolled=False, roles=frozenset({Role.ADMIN})).id

    async def seen(identity_id: UUID) -> set[UUID]:
        caller = await caller_of(identity_id)
        columns = {ScopeKind.IDENTITY: identity.c.id}
        found = custom_roles.within(caller, Permission.RECORDINGS_ENDED_VIEW, columns)
        listed = set(await database.read(ReadTx.scalars, sa.select(identity.c.id).where(found)))
        everybody = [*people_, root]
        may = {i for i in everybody if caller.may(Permission.RECORDINGS_ENDED_VIEW, {ScopeKind.IDENTITY: i})}
        assert listed == may
        return listed

    view = [Permission.RECORDINGS_ENDED_VIEW]
    assert await seen(ada) == set()
    assert await seen(root) == {*people_, root}
    for number, ids in enumerate(([people_[1]], [people_[1], people_[2]])):
        await give(database, await make(database, f"r{number}", view, Target.RECORDINGS, identity=ids), ada)
    assert await seen(ada) == {people_[1], people_[2]}
    await give(database, await make(database, "everything", view, Target.RECORDINGS), ada)
    assert await seen(ada) == {*people_, root}


async def test_what_a_target_cannot_have(database: Database) -> None:
    for target, grantable in GRANTABLE.items():
        foreign = next(p for p in Permission if p not in grantable.permissions)
        for permissions in ([], [foreign], [grantable.permissions[0], foreign]):
            with pytest.raises(Invalid):
                await database.write(
                    custom_roles.create, LOCUM, name="r", description=None, target=target,
                    contents=Contents(permissions, {}),
                )  # fmt: skip
        for kind in set(ScopeKind) - set(grantable.scopes):
            with pytest.raises(Invalid, match=kind):
                await make(database, "r", list(grantable.permissions), target, **{kind: [ONE]})
    with pytest.raises(Invalid, match="at most"):
        await make(database, policy=[uuid4() for _ in range(custom_roles.LONGEST_LIST + 1)])
    assert await database.read(custom_roles.custom_roles) == []


async def test_a_name_is_one_roles_only(database: Database) -> None:
    first, second = await make(database), await make(database, "other")
    for name in ("policy names", "POLICY_NAMES", "Administrator", "user", "App"):
        with pytest.raises(Conflict):
            await make(database, name)
        with pytest.raises(Conflict):
            await change(database, second, name=name)
    assert (await change(database, first, name="Policy Names")).name == "Policy Names"
    assert (await change(database, first, description="")).description is None
    made = await asyncio.gather(*(make(database, "new") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Conflict", "Conflict", "Conflict", "CustomRole"]


async def test_built_in_roles_are_not_rows_to_change(database: Database) -> None:
    for role in BUILT_IN:
        with pytest.raises(Conflict, match="built-in"):
            await database.write(custom_roles.delete, LOCUM, role.id)
        with pytest.raises(Conflict, match="built-in"):
            await database.write(
                custom_roles.change, LOCUM, role.id, name="x", description=None, permissions=None, scopes={}
            )
    with pytest.raises(NotFound):
        await database.read(custom_roles.get, uuid4())


async def test_roles_on_a_policy(database: Database) -> None:
    everywhere, here = await make(database, "b"), await make(database, "a", policy=[ONE])
    await make(database, "there", policy=[TWO])
    await make(database, "r", [Permission.RECORDINGS_ENDED_VIEW], Target.RECORDINGS)
    assert await database.read(custom_roles.roles_on_policy, ONE) == [here, everywhere]


async def test_the_contracts_role_name_follows_concurrent_changes(database: Database, world: World) -> None:
    """Whatever comes first, in the end somebody is UserPlus just when they hold a custom role."""
    roles = [await make(database, f"r{number}") for number in range(3)]
    ids = [world.person(f"p{number}", enrolled=False).id for number in range(2)]
    for _ in range(3):
        await asyncio.gather(*(database.write(role_members.add, LOCUM, role.id, ids) for role in roles))
        for one in ids:
            assert Role.USER_PLUS in await database.read(people.roles_of, one)
        first, *rest = roles
        await asyncio.gather(
            database.write(role_members.remove, LOCUM, first.id, ids),
            *(database.write(role_members.remove, LOCUM, role.id, [one]) for role in rest for one in ids),
        )
        for one in ids:
            assert Role.USER_PLUS not in await database.read(people.roles_of, one)
