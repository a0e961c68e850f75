"""Groups, collections and policies of several kinds, for tests below the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.credentials.add import add_credential
from locum.identities.caller import Caller, Role
from locum.identities.rights import Bounds, Rights, ScopeKind
from locum.kit.db import Database, Tx
from locum.kit.permissions import Permission
from locum.policies import groups
from locum.policies.add import add_policy
from locum.policies.groups import Sort
from locum.policies.members import Members
from locum.policies.model import Policy
from locum.resources.add import add_resource
from locum.resources.model import ResourceType
from locum.vault.secret import Secret
from locum.vault.store import Vault
from world import ACTOR

ADMIN = Caller(UUID(int=1), "root", "local", frozenset({Role.ADMIN}), frozenset(Permission), None)


def holder(*permissions: Permission, **listed: UUID) -> Caller:
    """Somebody with one custom role, for the listed things."""
    bounds = Bounds(UUID(int=9), {ScopeKind(kind): frozenset({thing}) for kind, thing in listed.items()})
    rights = Rights(dict.fromkeys(permissions, (bounds,)))
    return Caller(UUID(int=1), "ann", "local", frozenset({Role.USER_PLUS}), frozenset(), None, rights=rights)


async def group(database: Database, sort: Sort, name: str, *things: UUID) -> UUID:
    """A set with these things in it."""

    def make(tx: Tx) -> UUID:
        made = groups.add_group(tx, ACTOR, sort, name=name)
        if things:
            groups.add_things(tx, ACTOR, sort, made.id, things)
        return made.id

    return await database.write(make)


async def policy(database: Database, name: str, **values: Any) -> Policy:
    """A policy; fields of Members among `values` say what it joins."""
    members = Members(**{field: values.pop(field) for field in Members.__struct_fields__ if field in values})
    return await database.write(add_policy, ACTOR, name=name, members=members, **values)


async def host(database: Database, name: str, **values: Any) -> UUID:
    """A Linux host where nobody answers."""
    made = await database.write(add_resource, ACTOR, name=name, ip_address="127.0.0.1", **values)
    return made.id


async def vault_resource(database: Database, name: str) -> UUID:
    """A secret vault."""
    made = await database.write(add_resource, ACTOR, name=name, type=ResourceType.SECRET_VAULT)
    return made.id


async def login(database: Database, vault: Vault, username: str) -> UUID:
    """A credential."""
    made = await database.write(add_credential, vault, ACTOR, username=username, password=Secret("a password"))
    return made.id
