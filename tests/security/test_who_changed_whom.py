"""What each change of a person, an account or a rule of signing in leaves: its audit row, word for word, and its time.

Also that the row of the account is held, so that two changes at once come one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import Event, events
from identities_world import PASSWORD, World
from locum.identities import digests, first_administrator, locks, people, policy, remove
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import Kind, identity, signin_setting
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault
from statements import holds

ADMIN = Actor(uuid4(), "root", "192.0.2.9")
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
NAMES = ("display_name", "email", "department", "user_principal_name", "sam_account_name")
NONE = dict.fromkeys(NAMES)


def by(actor: Actor, action: str, object_id: UUID | None, **detail: Any) -> Event:
    kind = None if object_id is None else "identity"
    return (action, actor.id, actor.name, actor.address, kind, object_id, "ok", detail)


def update(tx: Tx, who: UUID, kind: Kind) -> None:
    people.update(tx, ADMIN, who, kind, name="Ada  B.", **NONE)


def test_locking_and_unlocking(database: Database, world: World) -> None:
    ada, robot = world.person(), world.application()
    for verb in (locks.lock, locks.unlock):
        for who in (ada, robot):
            database.submit_write(verb, ADMIN, who.id).result()
    assert events(database, "identity.locked", "identity.unlocked") == [
        by(ADMIN, "identity.locked", ada.id, name="ada"),
        by(ADMIN, "identity.locked", robot.id, name="robot"),
        by(ADMIN, "identity.unlocked", ada.id, name="ada"),
        by(ADMIN, "identity.unlocked", robot.id, name="robot"),
    ]


def test_making_changing_and_deleting(database: Database, world: World, vault: Vault) -> None:
    made = database.submit_write(people.create_local_user, ADMIN, name=" ada ", password_hash="x").result()
    robot = world.application()
    database.submit_write(update, made.id, Kind.LOCAL).result()
    database.submit_write(people.update, ADMIN, robot.id, Kind.APPLICATION, name="bot", **NONE).result()
    for who in (made, robot):
        database.submit_write(remove.remove, vault, ADMIN, who.id).result()
    assert events(database, "local_user.created", "identity.changed", "identity.deleted") == [
        by(ADMIN, "local_user.created", made.id, name="ada", roles="User", must_change=False),
        by(ADMIN, "identity.changed", made.id, name="Ada B.", before="ada"),
        by(ADMIN, "identity.changed", robot.id, name="bot", before="robot"),
        by(ADMIN, "identity.deleted", made.id, name="Ada B."),
        by(ADMIN, "identity.deleted", robot.id, name="bot"),
    ]


def test_who_needs_a_factor(database: Database, world: World) -> None:
    ada, eve = world.person(), world.person("eve", second_factor=SecondFactor.REQUIRED)
    for factor in (SecondFactor.REQUIRED, SecondFactor.NOT_REQUIRED, None):
        database.submit_write(people.require_factor, ADMIN, ada.id, factor).result()
        found = database.submit_read(people.local, eve.id).result()
        assert found.second_factor is SecondFactor.REQUIRED
    assert events(database, "second_factor.required") == [
        by(ADMIN, "second_factor.required", ada.id, name="ada", state=state)
        for state in ("required", "not_required", "default")
    ]


def test_rules_of_signing_in(database: Database) -> None:
    database.submit_write(
        policy.change, ADMIN, user_mfa="optional", password_days=90, password_digit=True
    ).result()
    database.submit_write(policy.change, ADMIN, password_days=90, idle_minutes=20).result()
    database.submit_write(policy.change, ADMIN, reveal_api_keys=False).result()
    assert events(database, "signin_policy.changed") == [
        by(ADMIN, "signin_policy.changed", None, name=name, state=state)
        for name, state in (
            ("user_mfa", "optional"),
            ("password_digit", "True"),
            ("password_days", "90"),
            ("idle_minutes", "20"),
            ("reveal_api_keys", "False"),
        )
    ]
    rows = sa.select(signin_setting.c.name, signin_setting.c.value)
    kept = database.submit_read(lambda tx: dict(map(tuple, tx._connection.execute(rows)))).result()
    assert kept == {
        "user_mfa": "optional",
        "password_digit": "true",
        "password_days": "90",
        "idle_minutes": "20",
        "reveal_api_keys": "false",
    }


CHANGES: dict[str, Callable[[Tx, Vault, UUID], Any]] = {
    "lock": lambda tx, vault, who: locks.lock(tx, ADMIN, who),
    "unlock": lambda tx, vault, who: locks.unlock(tx, ADMIN, who),
    "update": lambda tx, vault, who: update(tx, who, Kind.LOCAL),
    "remove": lambda tx, vault, who: remove.remove(tx, vault, ADMIN, who),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_has_the_time_of_its_transaction_and_touches_nobody_else(
    database: Database, world: World, vault: Vault, name: str
) -> None:
    ada, eve = world.person(), world.person("eve")
    database.submit_write(lambda tx: tx.run(sa.update(identity).values(modified_at=LONG_AGO))).result()

    def change(tx: Tx) -> dt.datetime:
        CHANGES[name](tx, vault, ada.id)
        return tx.now

    with holds(database) as held:
        now = database.submit_write(change).result()
    assert held[:1] == ["identity"]
    rows = sa.select(identity.c.id, identity.c.modified_at)
    found = database.submit_read(lambda tx: dict(map(tuple, tx._connection.execute(rows)))).result()
    assert found == {ada.id: now, eve.id: LONG_AGO}


@pytest.mark.parametrize("with_totp", [True, False])
def test_the_first_administrator_and_a_recovery(database: Database, vault: Vault, with_totp: bool) -> None:
    digest = KeyedDigest(
        database.submit_write(system_keys.ensure, vault, digests.SYSTEM_KEY, digests.make_key).result()
    )
    key = first_administrator.new_recovery_key()
    database.submit_write(
        first_administrator.create,
        vault,
        name="root",
        password=Secret(PASSWORD),
        with_totp=with_totp,
        user_mfa="optional",
        recovery_key=key,
    ).result()
    kept = sa.select(signin_setting.c.value).where(signin_setting.c.name == "recovery_digest")
    assert (
        database.submit_read(lambda tx: tx.scalar(kept)).result() == digest.of("recovery-key", key.reveal()).hex()
    )
    root = database.submit_read(people.login_named, "root").result()
    console = Actor(None, "console:root")

    def recover(tx: Tx) -> tuple[Any, dt.datetime]:
        return first_administrator.recover(tx, vault, console, key=key, minutes=5), tx.now

    made, now = database.submit_write(recover).result()
    assert made.name.rpartition("-")[0] == f"recovery-{now:%Y%m%d-%H%M%S}"
    assert len(made.name.rpartition("-")[2]) == 4
    assert made.expires_at == now + dt.timedelta(minutes=5)
    assert len(made.password.reveal()) == 24
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() == (
        digest.of("recovery-key", made.next_key.reveal()).hex()
    )
    assert database.submit_read(policy.load).result().user_mfa == "optional"
    new = database.submit_read(people.login_named, made.name).result()
    assert new is not None
    assert new.expires_at == made.expires_at
    assert database.submit_read(people.roles_of, new.identity_id).result() == {Role.ADMIN, Role.USER}
    init = Actor(None, "locum init")
    enrolled = [
        by(init, action, root.identity_id) for action in ("second_factor.started", "second_factor.enrolled")
    ]
    assert events(
        database,
        "local_user.created",
        "second_factor.started",
        "second_factor.enrolled",
        "administrator.recovered",
    ) == [
        by(init, "local_user.created", root.identity_id, name="root", roles="Admin, User", must_change=False),
        *(enrolled if with_totp else []),
        by(
            console,
            "local_user.created",
            new.identity_id,
            name=made.name,
            roles="Admin, User",
            must_change=False,
        ),
        by(console, "administrator.recovered", new.identity_id, name=made.name, minutes=5),
    ]


def test_a_recovery_key_s_form() -> None:
    key = first_administrator.new_recovery_key().reveal_text()
    assert key.startswith("locum-recovery-")
    assert len(bytes.fromhex(key.removeprefix("locum-recovery-"))) == 32
