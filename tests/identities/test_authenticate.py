"""From a credential to a caller, in one statement, with what changed since taken into account."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Caller, Role
from locum.identities.digests import KeyedDigest
from locum.identities.model import identity, identity_role
from locum.identities.roles import permissions_of
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Unauthenticated
from locum.kit.permissions import Permission
from locum.vault.store import Vault


class Door:
    """Authenticates, and counts the statements that took."""

    def __init__(self, database: Database, authenticator: Authenticator) -> None:
        self._db = database
        self._authenticator = authenticator
        self.statements = 0
        self._seen = 0

        @sa.event.listens_for(database.engine, "before_cursor_execute")
        def _count(*_: object) -> None:
            self._seen += 1

    def caller(self, credential: str) -> Caller:
        proven = self._authenticator.prove(credential, "192.0.2.1")

        def counted(tx: ReadTx) -> Caller:
            before = self._seen
            found = proven(tx)
            self.statements = self._seen - before
            return found

        return self._db.submit_read(counted).result()


@pytest.fixture
def door(database: Database, issuer: Tokens, digest: KeyedDigest) -> Door:
    return Door(database, Authenticator(issuer, digest))


def change(database: Database, identity_id: UUID, **values: object) -> None:
    database.submit_write(
        lambda tx: tx.run(sa.update(identity).where(identity.c.id == identity_id).values(**values))
    ).result()


def test_a_token(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person(roles=frozenset({Role.ADMIN, Role.USER}))
    token = database.submit_read(signin.issue, ada.id).result()
    caller = door.caller(token)
    assert (caller.identity_id, caller.name, caller.kind, caller.pending) == (ada.id, "ada", "local", None)
    assert caller.roles == {Role.ADMIN, Role.USER}
    assert caller.permissions == frozenset(Permission)
    assert caller.actor == Actor(ada.id, "ada", "192.0.2.1")
    assert caller.token_end is not None
    assert door.statements == 1


def test_a_pending_token_has_no_rights(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person(roles=frozenset({Role.ADMIN}))
    for pending in ("second_factor", "enrolment", "password_change"):
        caller = door.caller(database.submit_read(signin.issue, ada.id, pending=pending).result())
        assert (caller.pending, caller.roles, caller.permissions) == (pending, frozenset(), frozenset())


def test_roles_are_those_of_now(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person(roles=frozenset({Role.ADMIN, Role.USER}))
    token = database.submit_read(signin.issue, ada.id).result()
    database.submit_write(
        lambda tx: tx.run(sa.delete(identity_role).where(identity_role.c.role == "Admin"))
    ).result()
    assert door.caller(token).permissions == permissions_of([Role.USER])
    database.submit_write(lambda tx: tx.run(sa.delete(identity_role))).result()
    assert door.caller(token).permissions == frozenset()


def test_a_key(database: Database, world: World, vault: Vault, digest: KeyedDigest, door: Door) -> None:
    robot = world.application()
    key = database.submit_write(api_keys.issue, vault, digest, LOCUM, robot.id).result().reveal_text()
    caller = door.caller(key)
    assert (caller.identity_id, caller.kind, caller.pending, caller.roles) == (
        robot.id,
        "application",
        None,
        {Role.APP},
    )
    assert caller.token_end is None
    assert door.statements == 1


def test_signing_out_everywhere_ends_what_was_issued_before(
    database: Database, world: World, signin: SignIn, door: Door
) -> None:
    ada = world.person()
    old = database.submit_read(signin.issue, ada.id).result()
    assert door.caller(old).name == "ada"
    change(database, ada.id, tokens_valid_from=dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=1))
    with pytest.raises(Unauthenticated):
        door.caller(old)


def test_locked_expired_and_gone(
    database: Database, world: World, signin: SignIn, vault: Vault, digest: KeyedDigest, door: Door
) -> None:
    ada, robot = world.person(), world.application()
    token = database.submit_read(signin.issue, ada.id).result()
    key = database.submit_write(api_keys.issue, vault, digest, LOCUM, robot.id).result().reveal_text()
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for credential, identity_id in ((token, ada.id), (key, robot.id)):
        for values in ({"locked": True}, {"expires_at": long_ago}):
            change(database, identity_id, **values)
            with pytest.raises(Unauthenticated):
                door.caller(credential)
            change(database, identity_id, locked=False, expires_at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
            assert door.caller(credential).identity_id == identity_id
    for table in reversed(identity.metadata.sorted_tables):
        if any(key.column.table is identity for key in table.foreign_keys):
            database.submit_write(lambda tx, table=table: tx.run(sa.delete(table))).result()
    database.submit_write(lambda tx: tx.run(sa.delete(identity))).result()
    for credential in (token, key):
        with pytest.raises(Unauthenticated):
            door.caller(credential)


def test_unknown_keys_and_nonsense(door: Door, world: World) -> None:
    world.application()
    good = api_keys.new_key().reveal_text()
    for credential in (good, good[:-1] + "!", "locum_ak_", "", "nonsense", "a.b.c"):
        with pytest.raises(Unauthenticated):
            door.caller(credential)
