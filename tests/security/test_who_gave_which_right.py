"""What each change of a right leaves in the audit log, word for word: roles, applications, their keys and sign-ins."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import Event, events
from certificates import make_ca, make_client
from identities_world import World
from locum.identities import api_keys, applications, custom_roles, people, role_members
from locum.identities.api_keys import Bounds
from locum.identities.application_signin import Offered, sign_in
from locum.identities.caller import Caller, Role
from locum.identities.custom_roles import Contents, CustomRole
from locum.identities.digests import KeyedDigest
from locum.identities.model import custom_role, identity
from locum.identities.model import sign_in as sign_in_table
from locum.identities.rights import ScopeKind
from locum.identities.roles import BUILT_IN, Target
from locum.identities.signin import SignIn
from locum.identities.token_issuer import Opened
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.permissions import Permission
from locum.vault.secret import Secret
from locum.vault.store import Vault
from statements import holds

ADMIN = Actor(uuid4(), "root", "192.0.2.9")
NAME, USERS = Permission.POLICIES_NAME_MODIFY, Permission.POLICIES_USERS_MODIFY
VIEW = Permission.RECORDINGS_ENDED_VIEW
ONE, TWO = uuid4(), uuid4()
CLIENT = make_client(make_ca())
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)


def by(actor: Actor, action: str, kind: str, object_id: UUID | None, outcome: str = "ok", **detail: Any) -> Event:
    return (action, actor.id, actor.name, actor.address, kind, object_id, outcome, detail)


def make(
    database: Database,
    name: str,
    permissions: list[Permission],
    target: Target = Target.POLICIES,
    **scopes: list[UUID],
) -> CustomRole:
    contents = Contents(permissions, {ScopeKind(kind): ids for kind, ids in scopes.items()})
    values = {"name": name, "description": "d", "target": target, "contents": contents}
    return database.submit_write(custom_roles.create, ADMIN, **values).result()


def change(database: Database, role: CustomRole, **changes: Any) -> CustomRole:
    given = {"name": None, "description": None, "permissions": None, "scopes": {}, **changes}
    return database.submit_write(custom_roles.change, ADMIN, role.id, **given).result()


def give(database: Database, role_id: UUID, *ids: UUID) -> int:
    return database.submit_write(role_members.add, ADMIN, role_id, list(ids)).result()


def test_a_role_s_life(database: Database, world: World) -> None:
    role = make(database, "r", [USERS, NAME, USERS], policy=[ONE, TWO, ONE], activity=[ONE])
    ada, robot = world.person("ada", enrolled=False), world.application("robot")
    give(database, role.id, ada.id, robot.id)
    changed = change(database, role, name="s", permissions=[NAME], scopes={ScopeKind.POLICY: [TWO]})
    database.submit_write(role_members.remove, ADMIN, role.id, [robot.id]).result()
    database.submit_write(custom_roles.delete, ADMIN, role.id).result()
    assert (role.name, role.description, role.target, changed.name) == ("r", "d", Target.POLICIES, "s")
    actions = ("role.created", "role.member_added", "role.changed", "role.member_removed", "role.deleted")
    found = events(database, *actions)
    added = sorted(found[1:3], key=lambda event: event[7]["identity"])
    assert [found[0], *added, *found[3:]] == [
        by(ADMIN, "role.created", "role", role.id, role="r", permissions=f"{NAME}, {USERS}", count=3),
        by(ADMIN, "role.member_added", "identity", ada.id, role="r", identity="ada"),
        by(ADMIN, "role.member_added", "identity", robot.id, role="r", identity="robot"),
        by(ADMIN, "role.changed", "role", role.id, role="s", permissions=NAME, count=2),
        by(ADMIN, "role.member_removed", "identity", robot.id, role="s", identity="robot"),
        by(ADMIN, "role.deleted", "role", role.id, role="s", count=1),
    ]


@pytest.mark.parametrize("role", [role for role in BUILT_IN if role.role is not Role.APP])
def test_a_built_in_role_s_members(database: Database, world: World, role: Any) -> None:
    world.person("boss", enrolled=False, roles=frozenset({Role.ADMIN}))
    ada = world.person("ada", enrolled=False, roles=frozenset())
    give(database, role.id, ada.id)
    database.submit_write(role_members.remove, ADMIN, role.id, [ada.id]).result()
    assert events(database, "role.member_added", "role.member_removed") == [
        by(ADMIN, action, "identity", ada.id, role=role.name, identity="ada")
        for action in ("role.member_added", "role.member_removed")
    ]


def test_a_changed_role_is_kept_whole_and_another_is_left_alone(database: Database, world: World) -> None:
    role = make(database, "one", [NAME], policy=[ONE], activity=[TWO])
    other = make(database, "other", [USERS], policy=[TWO])
    ada, eve = world.person("ada", enrolled=False), world.person("eve", enrolled=False)
    give(database, role.id, ada.id)
    give(database, other.id, ada.id, eve.id)
    earlier = sa.update(custom_role).values(modified_at=LONG_AGO)
    database.submit_write(lambda tx: tx.run(earlier)).result()

    def rename(tx: Tx) -> tuple[CustomRole, dt.datetime]:
        given = {"permissions": None, "scopes": {ScopeKind.POLICY: [TWO]}}
        return custom_roles.change(tx, ADMIN, role.id, name="Two", description="new", **given), tx.now

    with holds(database) as held:
        changed, now = database.submit_write(rename).result()
    assert held[:1] == ["custom_role"]
    assert (changed.name, changed.description, changed.modified_at) == ("Two", "new", now)
    assert changed.created_at == role.created_at
    assert change(database, role).description == "new"
    assert database.submit_read(custom_roles.contents_of, [role.id]).result() == {
        role.id: Contents([NAME], {ScopeKind.ACTIVITY: [TWO], ScopeKind.POLICY: [TWO]})
    }
    assert make(database, "ONE", [NAME]).name == "ONE"  # the old name is free, and the new one found by its key
    assert set(database.submit_read(custom_roles.contents_of).result()) >= {role.id, other.id}
    with holds(database) as held:
        database.submit_write(custom_roles.delete, ADMIN, role.id).result()
    assert held[0] == "custom_role"
    assert database.submit_read(custom_roles.contents_of, [role.id, other.id]).result() == {
        other.id: Contents([USERS], {ScopeKind.POLICY: [TWO]})
    }
    assert database.submit_read(custom_roles.get, other.id).result().modified_at == LONG_AGO
    assert database.submit_read(role_members.counts).result()[other.id] == 2
    for who in (ada, eve):
        assert database.submit_read(people.roles_of, who.id).result() == {Role.USER, Role.USER_PLUS}


def test_only_the_things_of_one_s_own_role_and_of_the_kind_asked_for(database: Database, world: World) -> None:
    ids = [world.person(f"p{number}", enrolled=False).id for number in range(4)]
    mine = make(database, "mine", [VIEW], Target.RECORDINGS, identity=[ids[1]], resource=[ids[2]])
    make(database, "another's", [VIEW], Target.RECORDINGS, identity=[ids[3]])
    give(database, mine.id, ids[0])

    def seen(tx: ReadTx) -> list[UUID]:
        rights = custom_roles.rights_of(tx, ids[0], frozenset({Role.USER_PLUS}))
        caller = Caller(ids[0], "p0", "local", frozenset({Role.USER_PLUS}), frozenset(), None, rights=rights)
        found = custom_roles.within(caller, VIEW, {ScopeKind.IDENTITY: identity.c.id})
        return tx.scalars(sa.select(identity.c.id).where(found))

    assert database.submit_read(seen).result() == [ids[1]]


def test_a_role_bounded_by_other_things_is_on_every_policy(database: Database) -> None:
    bounded = make(database, "by activity", [NAME], activity=[TWO])
    make(database, "elsewhere", [NAME], policy=[TWO], activity=[ONE])
    assert database.submit_read(custom_roles.roles_on_policy, ONE).result() == [bounded]


def test_a_key_s_life(database: Database, vault: Vault, digest: KeyedDigest) -> None:
    robot = database.submit_write(applications.create, ADMIN, name=" robot ").result()
    with holds(database) as held:
        key = database.submit_write(
            api_keys.create, vault, digest, ADMIN, robot.id, name="nightly", bounds=Bounds()
        ).result()
        database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result()
        database.submit_write(api_keys.change, ADMIN, key.row.id, name="weekly", bounds=Bounds()).result()
        database.submit_write(api_keys.revoke, vault, ADMIN, key.row.id).result()
    assert held.count("identity") == 4
    actions = ("api_key.generated", "api_key.revealed", "api_key.changed", "api_key.revoked")
    assert events(database, "application.created", *actions) == [
        by(ADMIN, "application.created", "identity", robot.id, name="robot"),
        *(
            by(ADMIN, action, "identity", robot.id, application="robot", api_key_name=name)
            for action, name in zip(actions, ("nightly", "nightly", "weekly", "weekly"), strict=True)
        ),
    ]


class Door:
    """An application with a certificate and a key."""

    def __init__(self, database: Database, vault: Vault, digest: KeyedDigest, signin: SignIn) -> None:
        self.database, self.digest, self.issuer = database, digest, signin.issuer
        create = database.submit_write(applications.create, ADMIN, name="robot", certificate_serial=CLIENT.serial)
        self.id = create.result().id
        bounds = Bounds(max_uses=1)
        self.key = database.submit_write(
            api_keys.create, vault, digest, ADMIN, self.id, name="x", bounds=bounds
        ).result()
        self.right = Offered("Robot", self.key.key, CLIENT.serial, CLIENT.der, "192.0.2.1", "PowerShell")

    def sign_in(self, **changes: Any) -> Any:
        return self.database.submit_write(
            sign_in, self.digest, self.issuer, replace(self.right, **changes)
        ).result()


def test_an_application_s_sign_ins(database: Database, vault: Vault, digest: KeyedDigest, signin: SignIn) -> None:
    door = Door(database, vault, digest, signin)
    opened = door.sign_in()
    assert isinstance(opened, Opened)
    columns = ("identity_id", "api_key_id", "method", "address", "client")
    row = sa.select(*(sign_in_table.c[name] for name in columns))
    found = database.submit_read(lambda tx: tuple(tx._connection.execute(row).one())).result()
    assert found == (door.id, door.key.row.id, "certificate", "192.0.2.1", "PowerShell")
    used = database.submit_read(api_keys.get, door.key.row.id).result()
    assert (used.use_count, used.last_used_from) == (1, "192.0.2.1")
    door.sign_in()
    door.sign_in(certificate=None, address=None)
    door.sign_in(certificate=None, name="nobody")
    door.sign_in(name="nobody")
    door.sign_in(key=Secret("x"))
    robot, plain = Actor(door.id, "robot", "192.0.2.1"), Actor(door.id, "robot")
    stranger = Actor(None, "unknown", "192.0.2.1")
    assert events(database, "signin.completed", "signin.refused") == [
        by(robot, "signin.completed", "identity", door.id),
        *(
            by(actor, "signin.refused", "identity", actor.id, "refused", reason=reason)
            for actor, reason in (
                (robot, "the API key is not valid any more: its uses are used up"),
                (plain, "no client certificate"),
                (stranger, "no client certificate"),
                (stranger, "unknown application"),
                (robot, "wrong API key"),
            )
        ),
    ]
