"""How long wrong tries lock, counted in the database."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from identities_world import World
from locum.identities import lockout
from locum.identities.model import local_login
from locum.kit.db import Database, Tx


def test_the_fifth_locks_and_each_further_one_for_longer(database: Database, world: World) -> None:
    ada = world.person(enrolled=False)

    def count(tx: Tx) -> float | None:
        until = lockout.count_wrong(tx, ada.id)
        return None if until is None else (until - tx.now) / dt.timedelta(minutes=1)

    found = [database.submit_write(count).result() for _ in range(8)]
    assert found == [None, None, None, None, 5, 10, 15, 20]


def test_clearing_begins_anew(database: Database, world: World) -> None:
    ada = world.person(enrolled=False)
    for _ in range(6):
        database.submit_write(lockout.count_wrong, ada.id).result()
    database.submit_write(lockout.clear, ada.id).result()
    query = sa.select(local_login.c.locked_until).where(local_login.c.identity_id == ada.id)
    assert database.submit_read(lambda tx: tx.scalar(query)).result() is None
    assert database.submit_write(lockout.count_wrong, ada.id).result() is None


def test_one_account_s_tries_are_not_another_s(database: Database, world: World) -> None:
    ada, eve = world.person(enrolled=False), world.person("eve", enrolled=False)
    for _ in range(4):
        database.submit_write(lockout.count_wrong, ada.id).result()
    assert database.submit_write(lockout.count_wrong, eve.id).result() is None
    assert database.submit_write(lockout.count_wrong, ada.id).result() is not None
