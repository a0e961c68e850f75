"""From a credential to a caller, in one statement, with what changed since taken into account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys, policy, signing_key, signins, tokens
from locum.identities.api_keys import Bounds
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Caller, Role
from locum.identities.digests import KeyedDigest
from locum.identities.key_bounds import KeyBounds
from locum.identities.model import api_key, identity, identity_role, sign_in
from locum.identities.passwords import PasswordHasher
from locum.identities.roles import permissions_of
from locum.identities.signin import SignIn
from locum.identities.token_issuer import Opened
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Unauthenticated
from locum.kit.permissions import Permission
from locum.vault.store import Vault
from statements import selects


class Door:
    """Authenticates, and counts the statements that took."""

    def __init__(self, database: Database, authenticator: Authenticator) -> None:
        self._db = database
        self._authenticator = authenticator
        self.statements = 0

    def caller(self, credential: str, *, address: str = "192.0.2.1") -> Caller:
        return self._run(self._authenticator.prove(credential, address))

    def by_cookie(self, cookie: str) -> Caller:
        return self._run(self._authenticator.prove_cookie(cookie, "192.0.2.1"))

    def _run(self, proven: Callable[[ReadTx], Caller]) -> Caller:
        def counted(tx: ReadTx) -> Caller:
            with selects(self._db) as seen:
                found = proven(tx)
            self.statements = len(seen)
            return found

        return self._db.submit_read(counted).result()


@pytest.fixture
def door(database: Database, issuer: Tokens, digest: KeyedDigest, vault: Vault) -> Door:
    return Door(database, Authenticator(issuer, digest, vault))


def opened(database: Database, signin: SignIn, identity_id: UUID) -> Opened:
    how = {"method": "password", "address": "192.0.2.1", "client": "tests"}
    return database.submit_write(signin.issuer.open, identity_id, **how).result()


def change(database: Database, identity_id: UUID, **values: object) -> None:
    database.submit_write(
        lambda tx: tx.run(sa.update(identity).where(identity.c.id == identity_id).values(**values))
    ).result()


def test_a_token(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person(roles=frozenset({Role.ADMIN, Role.USER}))
    token = opened(database, signin, ada.id).token
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
        caller = door.caller(database.submit_read(signin.issuer.pending, ada.id, pending=pending).result())
        assert (caller.pending, caller.roles, caller.permissions) == (pending, frozenset(), frozenset())


def test_roles_are_those_of_now(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person(roles=frozenset({Role.ADMIN, Role.USER}))
    token = opened(database, signin, ada.id).token
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
    old = opened(database, signin, ada.id).token
    assert door.caller(old).name == "ada"
    change(database, ada.id, tokens_valid_from=dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=1))
    with pytest.raises(Unauthenticated):
        door.caller(old)


def test_a_cookie_is_as_good_as_a_token_until_it_was_not_used(
    database: Database, world: World, signin: SignIn, door: Door
) -> None:
    ada = world.person()
    cookie = opened(database, signin, ada.id).cookie.reveal_text()
    caller = door.by_cookie(cookie)
    assert (caller.identity_id, caller.token_end, caller.touch) == (ada.id, None, False)
    assert door.statements <= 3  # the sign-in, the idle time, PostgreSQL's clock
    assert caller.sign_in_id is not None
    used = lambda **ago: unused_for(database, caller.sign_in_id, dt.timedelta(**ago))  # noqa: E731
    used(seconds=31)
    assert door.by_cookie(cookie).touch
    used(minutes=9)
    assert door.by_cookie(cookie).touch
    database.submit_write(signins.used, caller.sign_in_id).result()
    assert not door.by_cookie(cookie).touch
    used(minutes=10)
    with pytest.raises(Unauthenticated, match="not used for too long"):
        door.by_cookie(cookie)
    database.submit_write(policy.change, LOCUM, idle_minutes=30).result()
    assert door.by_cookie(cookie).identity_id == ada.id
    for wrong in (cookie[:-1], cookie + "x", "", "é"):
        with pytest.raises(Unauthenticated):
            door.by_cookie(wrong)


def test_a_token_does_not_care_for_idleness(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada = world.person()
    token = opened(database, signin, ada.id).token
    caller = door.caller(token)
    unused_for(database, caller.sign_in_id, dt.timedelta(hours=3))
    assert door.caller(token).identity_id == ada.id


def unused_for(database: Database, sign_in_id: UUID | None, time: dt.timedelta) -> None:
    database.submit_write(
        lambda tx: tx.run(sa.update(sign_in).where(sign_in.c.id == sign_in_id).values(last_used_at=tx.now - time))
    ).result()


def test_a_sign_in_that_ended_or_is_over(database: Database, world: World, signin: SignIn, door: Door) -> None:
    ada, eve = world.person(), world.person("eve")
    ended, over, fine = (opened(database, signin, ada.id) for _ in range(3))
    first = door.caller(ended.token).sign_in_id
    assert first is not None
    database.submit_write(signins.end, LOCUM, ada.id, first).result()
    change_sign_in(database, door.caller(over.token).sign_in_id, ends_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(Unauthenticated):
        door.caller(ended.token)
    for gone in (ended, over):
        with pytest.raises(Unauthenticated):
            door.by_cookie(gone.cookie.reveal_text())
    assert door.caller(fine.token).identity_id == ada.id
    # A token of one person that names the sign-in of another is no token of a sign-in.
    change_sign_in(database, door.caller(fine.token).sign_in_id, identity_id=eve.id)
    with pytest.raises(Unauthenticated):
        door.caller(fine.token)


def change_sign_in(database: Database, sign_in_id: UUID | None, **values: object) -> None:
    changed = sa.update(sign_in).where(sign_in.c.id == sign_in_id).values(**values)
    database.submit_write(lambda tx: tx.run(changed)).result()


def test_a_change_of_the_signing_key_counts_at_once_on_every_node(
    database: Database, world: World, signin: SignIn, vault: Vault, digest: KeyedDigest, issuer: Tokens, door: Door
) -> None:
    ada = world.person()
    other_node = Tokens(tokens.make_key())
    old = opened(database, signin, ada.id)
    assert door.caller(old.token).identity_id == ada.id
    database.submit_write(signing_key.rotate, vault, LOCUM).result()
    with pytest.raises(Unauthenticated):
        door.caller(old.token)
    assert door.by_cookie(old.cookie.reveal_text()).identity_id == ada.id
    # Another node, which still knows an older key, signs and reads with the new one.
    new = opened(database, SignIn(database, vault, PasswordHasher(), other_node, digest), ada.id)
    stale = Door(database, Authenticator(Tokens(tokens.make_key()), digest, vault))
    for node in (door, stale):
        assert node.caller(new.token).identity_id == ada.id
    assert issuer.key_id == other_node.key_id is not None
    database.submit_write(signing_key.rotate, vault, LOCUM).result()
    with pytest.raises(Unauthenticated):
        stale.caller(new.token)


def test_bounds_of_a_key(database: Database, world: World, vault: Vault, digest: KeyedDigest, door: Door) -> None:
    robot = world.application()
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    bounds = Bounds(operations=["Credential.*"], addresses=["192.0.2.0/24"], max_uses=2, expires_at=soon)
    made = database.submit_write(
        api_keys.create, vault, digest, LOCUM, robot.id, name="nightly", bounds=bounds
    ).result()
    key = made.key.reveal_text()
    caller = door.caller(key)
    assert door.statements <= 3  # the key, its bounds, PostgreSQL's clock
    assert caller.key == KeyBounds(made.row.id, operations=frozenset({"Credential.*"}), counted=True, bounded=True)
    with pytest.raises(Unauthenticated, match="from this address"):
        door.caller(key, address="198.51.100.1")
    change_key(database, made.row.id, expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(Unauthenticated, match="has ended"):
        door.caller(key)
    change_key(database, made.row.id, expires_at=soon)
    assert door.caller(key).identity_id == robot.id


def test_a_token_made_with_a_key_is_bounded_like_it_and_ends_with_it(
    database: Database, world: World, vault: Vault, digest: KeyedDigest, signin: SignIn, door: Door
) -> None:
    robot = world.application()
    made = database.submit_write(
        api_keys.create, vault, digest, LOCUM, robot.id, name="x", bounds=Bounds(addresses=["192.0.2.1/32"])
    ).result()
    how = {"method": "certificate", "address": None, "client": None, "api_key_id": made.row.id}
    token = database.submit_write(signin.issuer.open, robot.id, **how).result().token
    caller = door.caller(token)
    assert (caller.kind, caller.roles) == ("application", {Role.APP})
    assert caller.key is not None
    assert caller.key.bounded
    with pytest.raises(Unauthenticated):
        door.caller(token, address="192.0.2.2")
    database.submit_write(api_keys.revoke, vault, LOCUM, made.row.id).result()
    with pytest.raises(Unauthenticated):
        door.caller(token)


def change_key(database: Database, key_id: UUID, **values: object) -> None:
    changed = sa.update(api_key).where(api_key.c.id == key_id).values(**values)
    database.submit_write(lambda tx: tx.run(changed)).result()


def test_locked_expired_and_gone(
    database: Database, world: World, signin: SignIn, vault: Vault, digest: KeyedDigest, door: Door
) -> None:
    ada, robot = world.person(), world.application()
    token = opened(database, signin, ada.id).token
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
