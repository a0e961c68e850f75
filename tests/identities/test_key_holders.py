"""Whose a key is, and every reason for which it works no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys
from locum.identities.digests import KeyedDigest
from locum.identities.key_format import spelled
from locum.identities.key_holders import Holder, holder
from locum.identities.model import api_key, identity
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.vault.store import Vault

LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(2101, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def key(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> str:
    robot = world.application()
    return database.submit_write(api_keys.issue, vault, digest, LOCUM, robot.id).result().reveal_text()


def look(database: Database, digest: KeyedDigest, key: str) -> Holder | None:
    return database.submit_read(holder, digest, key).result()


def change(database: Database, table: sa.Table, **values: Any) -> None:
    def write(tx: Tx) -> None:
        tx.run(sa.update(table).values(**values))

    database.submit_write(write).result()


def test_a_key_that_works(database: Database, digest: KeyedDigest, key: str) -> None:
    assert look(database, digest, key) == Holder("robot", None)


@pytest.mark.parametrize("key_of_nobody", [spelled(1), "", "x"])
def test_a_key_of_nobody(database: Database, digest: KeyedDigest, key: str, key_of_nobody: str) -> None:
    assert look(database, digest, key_of_nobody) is None


@pytest.mark.parametrize(
    ("table", "values", "refusal"),
    [
        (api_key, {"revoked_at": LONG_AGO}, "revoked"),
        (api_key, {"expires_at": LONG_AGO}, "expired"),
        (api_key, {"expires_at": FAR_AHEAD}, None),
        (api_key, {"max_uses": 3, "use_count": 3}, "used up"),
        (api_key, {"max_uses": 3, "use_count": 2}, None),
        (identity, {"locked": True}, "its application is locked"),
        (identity, {"expires_at": LONG_AGO}, "its application has expired"),
        (identity, {"expires_at": FAR_AHEAD}, None),
    ],
)
def test_every_reason(
    database: Database, digest: KeyedDigest, key: str, table: sa.Table, values: dict[str, Any], refusal: str | None
) -> None:
    change(database, table, **values)
    assert look(database, digest, key) == Holder("robot", refusal)


def test_the_key_of_each_of_two(
    database: Database, world: World, vault: Vault, digest: KeyedDigest, key: str
) -> None:
    other = world.application("crawler")
    second = database.submit_write(api_keys.issue, vault, digest, LOCUM, other.id).result().reveal_text()
    assert look(database, digest, key) == Holder("robot", None)
    assert look(database, digest, second) == Holder("crawler", None)


@pytest.mark.parametrize(
    ("table", "refusal"),
    [(api_key, "expired"), (identity, "its application has expired")],
    ids=["key", "application"],
)
def test_the_moment_of_its_end_is_over(
    database: Database, digest: KeyedDigest, key: str, table: sa.Table, refusal: str
) -> None:
    def end(tx: Tx) -> Holder | None:
        tx.run(sa.update(table).values(expires_at=tx.now))
        return holder(tx, digest, key)

    assert database.submit_write(end).result() == Holder("robot", refusal)
