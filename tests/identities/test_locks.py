"""Locking and unlocking by hand."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.identities import locks, people, signins
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.model import local_login
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound


def test_a_lock_ends_the_sign_ins_and_comes_off(database: Database, world: World, digest: KeyedDigest) -> None:
    ada = world.person()
    how = {"method": "password", "address": None, "client": None}
    database.submit_write(signins.begin, digest, identity_id=ada.id, **how).result()
    database.submit_write(locks.lock, LOCUM, ada.id).result()
    login = database.submit_read(people.login_of, ada.id).result()
    assert login is not None
    assert login.locked
    (row,) = database.submit_read(signins.of_identity, ada.id).result()
    assert row.ended_at is not None
    until = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    tried = sa.update(local_login).values(failed_attempts=7, locked_until=until)
    database.submit_write(lambda tx: tx.run(tried)).result()
    database.submit_write(locks.unlock, LOCUM, ada.id).result()
    login = database.submit_read(people.login_of, ada.id).result()
    assert login is not None
    assert (login.locked, login.failed_attempts, login.locked_until) == (False, 0, None)
    for action in ("identity.locked", "identity.unlocked"):
        assert details(database, action, ada.id) == [{"name": "ada"}]


def test_an_application(database: Database, world: World) -> None:
    robot = world.application()
    database.submit_write(locks.lock, LOCUM, robot.id).result()
    assert database.submit_read(people.get, robot.id).result().locked
    database.submit_write(locks.unlock, LOCUM, robot.id).result()
    assert not database.submit_read(people.get, robot.id).result().locked


def test_who_can_t_be_locked(database: Database, world: World) -> None:
    boss = world.person("boss", roles=frozenset({Role.ADMIN}))
    with pytest.raises(Conflict):
        database.submit_write(locks.lock, LOCUM, boss.id).result()
    assert not database.submit_read(people.get, boss.id).result().locked
    for verb in (locks.lock, locks.unlock):
        with pytest.raises(NotFound):
            database.submit_write(verb, LOCUM, uuid4()).result()
