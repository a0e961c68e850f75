"""What a group or collection holds, its members have: from the next request on, and until they leave."""

from __future__ import annotations

import pytest

from identities_world import World
from locum.identities import custom_roles, people, role_members
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Role
from locum.identities.custom_roles import Contents, CustomRole
from locum.identities.digests import KeyedDigest
from locum.identities.rights import ScopeKind
from locum.identities.roles import Target
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.ids import new_id
from locum.kit.permissions import Permission
from locum.policies.groups import COLLECTIONS, PEOPLE, add_things, delete_group, remove_things
from locum.vault.store import Vault
from policies_world import group
from statements import selects

pytestmark = pytest.mark.anyio

NAME, VIEW = Permission.POLICIES_NAME_MODIFY, Permission.CREDENTIALS_PASSWORD_VIEW


async def role(database: Database, name: str, permission: Permission, **scopes: object) -> CustomRole:
    target = Target(permission.partition(":")[0])
    contents = Contents([permission], {ScopeKind(kind): [thing] for kind, thing in scopes.items()})  # type: ignore[list-item]
    return await database.write(
        custom_roles.create, LOCUM, name=name, description=None, target=target, contents=contents
    )


async def test_members_have_it_with_their_next_request_and_no_longer_than_they_are_in(
    database: Database, world: World, signin: SignIn, issuer: Tokens, digest: KeyedDigest, vault: Vault
) -> None:
    ada, eve = world.person("ada"), world.person("eve")
    door = Authenticator(issuer, digest, vault)
    how = {"method": "password", "address": None, "client": "tests"}
    tokens = {
        one.id: (await database.write(lambda tx, one=one: signin.issuer.open(tx, one.id, **how))).token
        for one in (ada, eve)
    }

    async def holds(permission: Permission, who: object = ada.id) -> int:
        """In how many ways; a request costs the same two statements whatever the way."""
        with selects(database) as seen:
            caller = await database.read(door.prove(tokens[who], None))  # type: ignore[index]
        bounds = caller.rights.bounds(permission)
        assert (Role.USER_PLUS in caller.roles) == bool(caller.rights.held)
        assert len(seen) == 1 + bool(caller.rights.held)
        assert await database.read(people.roles_of, caller.identity_id) == caller.roles
        return len(bounds)

    names, views = await role(database, "names", NAME, policy=new_id()), await role(database, "views", VIEW)
    team = await group(database, PEOPLE, "team")
    around = await group(database, COLLECTIONS, "around", team)
    alone = await group(database, COLLECTIONS, "alone", eve.id)
    await database.write(role_members.add, LOCUM, names.id, [team, ada.id])
    await database.write(role_members.add, LOCUM, views.id, [around, alone])
    assert [await holds(NAME), await holds(VIEW)] == [1, 0]
    assert [await holds(NAME, eve.id), await holds(VIEW, eve.id)] == [0, 1]
    await database.write(add_things, LOCUM, PEOPLE, team, [ada.id])
    assert [await holds(NAME), await holds(VIEW)] == [1, 1]  # held twice, it gives no more
    await database.write(role_members.remove, LOCUM, names.id, [ada.id])
    assert [await holds(NAME), await holds(VIEW)] == [1, 1]
    await database.write(remove_things, LOCUM, COLLECTIONS, around, [team])
    assert [await holds(NAME), await holds(VIEW)] == [1, 0]
    await database.write(remove_things, LOCUM, PEOPLE, team, [ada.id])
    assert [await holds(NAME), await holds(VIEW)] == [0, 0]
    await database.write(delete_group, LOCUM, COLLECTIONS, alone)
    assert await holds(VIEW, eve.id) == 0
    await database.write(add_things, LOCUM, PEOPLE, team, [eve.id])
    assert await holds(NAME, eve.id) == 1
    await database.write(custom_roles.delete, LOCUM, names.id)
    assert await holds(NAME, eve.id) == 0
