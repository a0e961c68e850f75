"""Keys of applications: their form, and that the newest alone lives."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys
from locum.identities.api_keys import PATTERN, new_key, well_formed
from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound
from locum.vault.model import vault_secret_version
from locum.vault.secret import Secret
from locum.vault.store import Vault

ADMIN = Actor(UUID(int=1), "admin", "192.0.2.1")


def test_the_form() -> None:
    keys = [new_key().reveal_text() for _ in range(200)]
    assert len(set(keys)) == 200
    assert all(PATTERN.fullmatch(key) and well_formed(key) for key in keys)
    assert {len(key) for key in keys} == {len("locum_ak_") + 49}


def test_a_typing_error_is_told_without_the_database() -> None:
    key = new_key().reveal_text()
    for place in range(len(key)):
        other = "x" if key[place] != "x" else "y"
        assert not well_formed(key[:place] + other + key[place + 1 :])
    assert not well_formed(key[:-1])
    assert not well_formed(key + "0")
    assert not well_formed(f" {key}")
    assert not well_formed("")


def test_a_new_key_replaces_the_old_one(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot = world.application()
    issue = lambda: database.submit_write(api_keys.issue, vault, digest, ADMIN, robot.id).result()  # noqa: E731
    old, new = issue(), issue()
    assert database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result() == new
    live = sa.select(api_key.c.digest).where(api_key.c.revoked_at.is_(None))
    assert database.submit_read(lambda tx: tx.scalars(live)).result() == [digest.of("api-key", new.reveal())]
    assert old != new
    kept = sa.select(sa.func.count()).select_from(vault_secret_version)
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() == 1


@pytest.mark.anyio
async def test_of_concurrent_keys_one_lives(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot = world.application()
    made = await asyncio.gather(
        *(database.write(api_keys.issue, vault, digest, ADMIN, robot.id) for _ in range(12))
    )
    live = sa.select(api_key.c.digest).where(api_key.c.revoked_at.is_(None))
    (only,) = await database.read(lambda tx: tx.scalars(live))
    revealed: Secret = await database.write(api_keys.reveal, vault, ADMIN, robot.id)
    assert only == digest.of("api-key", revealed.reveal())
    assert any(key == revealed for key in made)


def test_nobody_but_an_application(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    ada, robot = world.person(), world.application()
    for identity_id, kind in ((ada.id, Invalid), (uuid4(), NotFound)):
        with pytest.raises(kind):
            database.submit_write(api_keys.issue, vault, digest, LOCUM, identity_id).result()
        with pytest.raises(kind):
            database.submit_write(api_keys.reveal, vault, LOCUM, identity_id).result()
    with pytest.raises(NotFound):
        database.submit_write(api_keys.reveal, vault, LOCUM, robot.id).result()


def test_the_keys_of_two_applications_do_not_touch_each_other(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot, crawler = world.application("robot"), world.application("crawler")
    issue = lambda application: database.submit_write(  # noqa: E731
        api_keys.issue, vault, digest, ADMIN, application.id
    ).result()
    issue(robot)
    keys = {robot.id: issue(robot), crawler.id: issue(crawler)}
    for application, key in keys.items():
        assert database.submit_write(api_keys.reveal, vault, ADMIN, application).result() == key
    live = sa.select(api_key.c.identity_id, api_key.c.digest, api_key.c.created_by).where(
        api_key.c.revoked_at.is_(None)
    )
    found = database.submit_read(lambda tx: {tuple(row) for row in tx._connection.execute(live)}).result()
    assert found == {(id_, digest.of("api-key", key.reveal()), ADMIN.id) for id_, key in keys.items()}


def test_a_key_revoked_before_keeps_the_time_it_ended(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot = world.application()
    ends = []
    for _ in range(3):
        database.submit_write(api_keys.issue, vault, digest, ADMIN, robot.id).result()
        first = sa.select(api_key.c.revoked_at).order_by(api_key.c.created_at).limit(1)
        ends.append(database.submit_read(lambda tx, first=first: tx.scalar(first)).result())
    assert ends[0] is None
    assert ends[1] is not None
    assert ends[2] == ends[1]


def test_no_key_yet_says_what_to_do(database: Database, world: World, vault: Vault) -> None:
    with pytest.raises(NotFound) as refused:
        database.submit_write(api_keys.reveal, vault, ADMIN, world.application().id).result()
    assert refused.value.detail == "this application has no API key yet: generate one"
