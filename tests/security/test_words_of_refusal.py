"""What a refusal says, word for word, and which field or missing thing it names.

People read these words, programs the field, and neither must have to guess. Each step is tried as a caller may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import Person, World
from locum.identities import (
    administrators,
    api_keys,
    applications,
    custom_roles,
    key_usage,
    locks,
    people,
    policy,
    remove,
    role_members,
)
from locum.identities.api_keys import Bounds
from locum.identities.caller import Role
from locum.identities.custom_roles import Contents
from locum.identities.digests import KeyedDigest
from locum.identities.model import Identity, Kind, api_key
from locum.identities.rights import ScopeKind
from locum.identities.roles import BUILT_IN, GRANTABLE, Target
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, NotFound, Unauthenticated
from locum.kit.permissions import Permission
from locum.vault.store import Vault

NONE = dict.fromkeys(("display_name", "email", "department", "user_principal_name", "sam_account_name"))
LAST = "this is the last administrator who can sign in"
NO_ACCOUNT = "there is no account with this id"
TAKEN = "there is an account of that name already"
ROLE_TAKEN = "there is a role of this name already"
BUILT_IN_ROLE = "a built-in role can't be changed or deleted"
APP_ROLE = "the role App belongs to applications: they have it from the start and can't lose it"
NO_APPLICATION = "only applications have API keys, and this account is none"
KEY_ENDED = "this API key has ended already"
ID = {role.role: role.id for role in BUILT_IN}
NAME, VIEW = Permission.POLICIES_NAME_MODIFY, Permission.RECORDINGS_ENDED_VIEW


@dataclass(frozen=True)
class Scene:
    """An administrator, a person, an application with a live key and one that has none, and two roles."""

    vault: Vault
    digest: KeyedDigest
    boss: Person
    ada: Person
    robot: Identity
    bare: Identity
    key: UUID
    ended: UUID
    role: UUID
    other: UUID


@pytest.fixture
def scene(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> Scene:
    robot = world.application()

    def make(tx: Tx) -> list[UUID]:
        keys = [api_keys.create(tx, vault, digest, LOCUM, robot.id, name="k", bounds=Bounds()) for _ in range(2)]
        contents = Contents([NAME], {})
        values = {"description": None, "target": Target.POLICIES, "contents": contents}
        roles = [custom_roles.create(tx, LOCUM, name=name, **values) for name in ("r", "s")]
        return [keys[1].row.id, keys[0].row.id, roles[0].id, roles[1].id]

    ids = database.submit_write(make).result()
    boss = world.person("boss", enrolled=False, roles=frozenset({Role.ADMIN}))
    return Scene(vault, digest, boss, world.person(enrolled=False), robot, world.application("bare"), *ids)


def update(tx: Tx, who: UUID, kind: Kind, name: str) -> None:
    people.update(tx, LOCUM, who, kind, name=name, **NONE)


def create_role(tx: Tx, name: str | None, target: Target, permissions: list[Permission], **scopes: Any) -> None:
    contents = Contents(permissions, {ScopeKind(kind): ids for kind, ids in scopes.items()})
    custom_roles.create(tx, LOCUM, name=name, description=None, target=target, contents=contents)


def change_role(tx: Tx, role: UUID, **changes: Any) -> None:
    given = {"name": None, "description": None, "permissions": None, "scopes": {}, **changes}
    custom_roles.change(tx, LOCUM, role, **given)


def change_key(tx: Tx, key: UUID, **bounds: Any) -> None:
    api_keys.change(tx, LOCUM, key, name="x", bounds=Bounds(**bounds))


def add_key(tx: Tx, s: Scene, who: UUID, **bounds: Any) -> None:
    api_keys.create(tx, s.vault, s.digest, LOCUM, who, name="x", bounds=Bounds(**bounds))


def without_revealing(tx: Tx, verb: Callable[..., Any], *arguments: Any) -> None:
    policy.change(tx, LOCUM, reveal_api_keys=False)
    verb(tx, *arguments)


def ending_now(tx: Tx, verb: Callable[..., Any], key: UUID, *arguments: Any) -> None:
    tx.run(sa.update(api_key).where(api_key.c.id == key).values(expires_at=tx.now))
    verb(tx, *arguments)


def spend_twice(tx: Tx, s: Scene) -> None:
    change_key(tx, s.key, max_uses=1)
    for _ in range(2):
        key_usage.spend(tx, s.key, None)


Refused = tuple[Callable[[Tx, Scene], Any], type[LocumError], str, str | None]

PEOPLE: list[Refused] = [
    (lambda tx, s: people.get(tx, uuid4()), NotFound, NO_ACCOUNT, None),
    (lambda tx, s: people.local(tx, s.robot.id), Invalid, "this account is no local user", None),
    (
        lambda tx, s: people.require_factor(tx, LOCUM, s.robot.id, None),
        Invalid,
        "this account is no local user",
        None,
    ),
    (
        lambda tx, s: people.create_local_user(tx, LOCUM, name="ROBOT", password_hash="x"),
        Invalid,
        TAKEN,
        "name",
    ),
    (lambda tx, s: applications.create(tx, LOCUM, name=" ADA"), Invalid, TAKEN, "name"),
    (lambda tx, s: update(tx, s.ada.id, Kind.LOCAL, "BOSS"), Invalid, TAKEN, "name"),
    (lambda tx, s: update(tx, s.robot.id, Kind.APPLICATION, "boss"), Invalid, TAKEN, "name"),
    (
        lambda tx, s: update(tx, s.robot.id, Kind.LOCAL, "x"),
        NotFound,
        "there is no local user with this id",
        None,
    ),
    (
        lambda tx, s: update(tx, s.ada.id, Kind.APPLICATION, "x"),
        NotFound,
        "there is no application with this id",
        None,
    ),
    (lambda tx, s: locks.lock(tx, LOCUM, s.boss.id), Conflict, LAST, None),
    (lambda tx, s: locks.unlock(tx, LOCUM, uuid4()), NotFound, NO_ACCOUNT, None),
    (lambda tx, s: remove.remove(tx, s.vault, LOCUM, s.boss.id), Conflict, LAST, None),
    (lambda tx, s: remove.remove(tx, s.vault, LOCUM, uuid4()), NotFound, NO_ACCOUNT, None),
    (lambda tx, s: administrators.keep_one(tx, without=s.boss.id), Conflict, LAST, None),
    (lambda tx, s: policy.change(tx, LOCUM, idle_minutes=0), Invalid, "expected `int` >= 1", "idle_minutes"),
    (
        lambda tx, s: policy.change(tx, LOCUM, password_length=129),
        Invalid,
        "expected `int` <= 128",
        "password_length",
    ),
    (
        lambda tx, s: policy.change(tx, LOCUM, user_mfa="at times"),
        Invalid,
        "invalid enum value 'at times'",
        "user_mfa",
    ),
]

ROLES: list[Refused] = [
    (lambda tx, s: custom_roles.get(tx, uuid4()), NotFound, "there is no role with this id", None),
    (lambda tx, s: custom_roles.get(tx, ID[Role.USER]), Conflict, BUILT_IN_ROLE, None),
    (lambda tx, s: custom_roles.delete(tx, LOCUM, ID[Role.ADMIN]), Conflict, BUILT_IN_ROLE, None),
    (lambda tx, s: change_role(tx, ID[Role.APP]), Conflict, BUILT_IN_ROLE, None),
    (lambda tx, s: create_role(tx, "R", Target.POLICIES, [NAME]), Conflict, ROLE_TAKEN, None),
    (lambda tx, s: create_role(tx, "reviewer", Target.POLICIES, [NAME]), Conflict, ROLE_TAKEN, None),
    (lambda tx, s: change_role(tx, s.role, name="S"), Conflict, ROLE_TAKEN, None),
    (lambda tx, s: create_role(tx, None, Target.POLICIES, [NAME]), Invalid, "name must not be empty", "name"),
    (
        lambda tx, s: create_role(tx, "x", Target.POLICIES, []),
        Invalid,
        "a role needs at least one permission",
        "permissions",
    ),
    (
        lambda tx, s: change_role(tx, s.role, permissions=[]),
        Invalid,
        "a role needs at least one permission",
        "permissions",
    ),
    *(
        (
            lambda tx, s, target=target, foreign=foreign: create_role(tx, "x", target, [foreign]),
            Invalid,
            f"a role for {target} can give {', '.join(GRANTABLE[target].permissions)}",
            "permissions",
        )
        for target, foreign in (
            (Target.POLICIES, VIEW),
            (Target.CREDENTIALS, VIEW),
            (Target.RECORDINGS, NAME),
        )
    ),
    (
        lambda tx, s: create_role(tx, "x", Target.RECORDINGS, [VIEW], policy=[uuid4()]),
        Invalid,
        "a role for recordings can't be limited by policy",
        "target",
    ),
    (
        lambda tx, s: create_role(tx, "x", Target.POLICIES, [NAME], policy=[uuid4() for _ in range(1001)]),
        Invalid,
        "a role can list at most 1000 things of one kind",
        "target",
    ),
    (lambda tx, s: role_members.add(tx, LOCUM, ID[Role.APP], []), Conflict, APP_ROLE, None),
    (lambda tx, s: role_members.remove(tx, LOCUM, ID[Role.APP], []), Conflict, APP_ROLE, None),
    (
        lambda tx, s: role_members.add(tx, LOCUM, ID[Role.REVIEWER], [s.robot.id]),
        Invalid,
        "only people can have the role Reviewer",
        None,
    ),
    (lambda tx, s: role_members.add(tx, LOCUM, s.role, [uuid4()]), NotFound, NO_ACCOUNT, None),
    (
        lambda tx, s: role_members.add(tx, LOCUM, s.role, [uuid4() for _ in range(1001)]),
        Invalid,
        "at most 1000 can be changed at once",
        None,
    ),
    (lambda tx, s: role_members.remove(tx, LOCUM, ID[Role.ADMIN], [s.boss.id]), Conflict, LAST, None),
]

FUTURE = "expiresAt must lie in the future"
KEYS: list[Refused] = [
    (lambda tx, s: add_key(tx, s, s.robot.id, expires_at=tx.now), Invalid, FUTURE, "expiresAt"),
    (lambda tx, s: add_key(tx, s, s.ada.id), Invalid, NO_APPLICATION, None),
    (
        lambda tx, s: change_key(tx, s.key, expires_at=tx.now),
        Invalid,
        f"{FUTURE}: revoke the key to end it now",
        "expiresAt",
    ),
    (lambda tx, s: change_key(tx, s.ended), NotFound, KEY_ENDED, None),
    (lambda tx, s: ending_now(tx, change_key, s.key, s.key), NotFound, KEY_ENDED, None),
    (lambda tx, s: api_keys.revoke(tx, s.vault, LOCUM, s.ended), NotFound, KEY_ENDED, None),
    (
        lambda tx, s: ending_now(tx, api_keys.revoke, s.key, s.vault, LOCUM, s.key),
        NotFound,
        KEY_ENDED,
        None,
    ),
    (lambda tx, s: api_keys.get(tx, uuid4()), NotFound, "there is no API key with this id", None),
    (lambda tx, s: api_keys.of_application(tx, s.ada.id), Invalid, NO_APPLICATION, None),
    (lambda tx, s: api_keys.of_application(tx, uuid4()), NotFound, NO_ACCOUNT, None),
    (
        lambda tx, s: api_keys.reveal(tx, s.vault, LOCUM, s.bare.id),
        NotFound,
        "this application has no API key yet: generate one",
        None,
    ),
    (
        lambda tx, s: ending_now(tx, api_keys.reveal, s.key, s.vault, LOCUM, s.robot.id),
        NotFound,
        "this application has no API key yet: generate one",
        None,
    ),
    (
        lambda tx, s: without_revealing(tx, api_keys.reveal, s.vault, LOCUM, s.robot.id),
        Forbidden,
        "revealing API keys is switched off in this installation",
        "revealing switched on",
    ),
    (spend_twice, Unauthenticated, "the API key is not valid any more: its uses are used up", None),
    (
        lambda tx, s: applications.create(tx, LOCUM, name="x", certificate_serial="xyz"),
        Invalid,
        "the serial number must be hexadecimal",
        "certificateSerialNumber",
    ),
]


@pytest.mark.parametrize(("step", "kind", "words", "named"), [*PEOPLE, *ROLES, *KEYS])
def test_words(
    database: Database,
    scene: Scene,
    step: Callable[[Tx, Scene], Any],
    kind: type[LocumError],
    words: str,
    named: str | None,
) -> None:
    with pytest.raises(LocumError) as refused:
        database.submit_write(step, scene).result()
    check(refused.value, kind, words, named)


def check(error: LocumError, kind: type[LocumError], words: str, named: str | None) -> None:
    assert (type(error), error.detail) == (kind, words)
    assert named == getattr(error, "field", getattr(error, "missing", None))


def test_revealing_does_not_come_back(database: Database, scene: Scene) -> None:
    database.submit_write(policy.change, LOCUM, reveal_api_keys=False).result()
    with pytest.raises(Conflict) as back:
        database.submit_write(policy.change, LOCUM, reveal_api_keys=True).result()
    assert back.value.detail == "revealing API keys was switched off for good in this installation"
    with pytest.raises(Conflict) as nobody:
        database.submit_write(api_keys.issue, scene.vault, scene.digest, LOCUM, scene.robot.id).result()
    assert nobody.value.detail == (
        "revealing API keys is switched off here, so nobody could learn this key:"
        f" POST /api/locum/v1/Application/{scene.robot.id}/ApiKey makes one and answers it"
    )
