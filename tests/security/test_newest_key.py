"""Which of an application's keys is the newest: by time, and of one time by id."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys
from locum.identities.api_keys import Bounds
from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.vault.store import Vault

LONG = dt.timedelta(days=7)


@pytest.mark.parametrize("same_time", [True, False])
def test_the_newest(database: Database, world: World, vault: Vault, digest: KeyedDigest, same_time: bool) -> None:
    robot = world.application()

    def make(tx: Tx, overlap: dt.timedelta = LONG) -> UUID:
        created = api_keys.create(tx, vault, digest, LOCUM, robot.id, name="k", bounds=Bounds(), overlap=overlap)
        return created.row.id

    low, high = sorted(database.submit_write(make).result() for _ in range(2))
    newest, older = (high, low) if same_time else (low, high)
    early, late = dt.datetime(2001, 1, 1, tzinfo=dt.UTC), dt.datetime(2001, 1, 2, tzinfo=dt.UTC)

    def date(tx: Tx) -> None:
        for key, at in ((newest, late), (older, late if same_time else early)):
            tx.run(sa.update(api_key).where(api_key.c.id == key).values(created_at=at))

    database.submit_write(date).result()
    keys = database.submit_read(api_keys.of_application, robot.id).result()
    assert [key.id for key in keys] == [newest, older]
    revealed = database.submit_write(api_keys.reveal, vault, LOCUM, robot.id).result()
    found = database.submit_read(api_keys.find, digest, revealed).result()
    assert found is not None
    assert found.id == newest
    third = database.submit_write(make).result()
    live = [
        key.id for key in database.submit_read(api_keys.of_application, robot.id).result() if not key.revoked_at
    ]
    assert live == [third, newest]
