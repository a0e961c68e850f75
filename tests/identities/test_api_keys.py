"""Keys of applications: their form, and that the newest alone lives."""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.identities import api_keys, policy
from locum.identities.api_keys import PATTERN, Bounds, new_key, well_formed
from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
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


def made(
    database: Database, vault: Vault, digest: KeyedDigest, application_id: UUID, **more: object
) -> api_keys.Created:
    values = {"name": "nightly", "bounds": Bounds(), **more}
    return database.submit_write(api_keys.create, vault, digest, ADMIN, application_id, **values).result()


def live(database: Database, application_id: UUID) -> list[str]:
    """The names of the keys that work now, the newest first."""
    now = dt.datetime.now(dt.UTC)
    keys = database.submit_read(api_keys.of_application, application_id).result()
    return [k.name for k in keys if k.revoked_at is None and (k.expires_at is None or k.expires_at > now)]


def test_a_key_with_bounds(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    robot = world.application()
    bounds = Bounds(
        operations=["Log.Get"],
        policies=[str(UUID(int=1))],
        credentials=[str(UUID(int=2))],
        addresses=["192.0.2.0/24"],
        max_uses=7,
        expires_at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC),
    )
    new = made(database, vault, digest, robot.id, bounds=bounds)
    (row,) = database.submit_read(api_keys.of_application, robot.id).result()
    assert row == new.row == database.submit_read(api_keys.find, digest, new.key).result()
    assert (row.policies, row.credentials, row.operations) == ([UUID(int=1)], [UUID(int=2)], ["Log.Get"])
    assert (row.addresses, row.max_uses, row.use_count) == (["192.0.2.0/24"], 7, 0)
    assert row.expires_at == bounds.expires_at
    assert database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result() == new.key
    assert details(database, "api_key.generated", robot.id) == [
        {"api_key_name": "nightly", "application": "robot"}
    ]
    assert database.submit_read(api_keys.find, digest, new_key()).result() is None


def test_two_are_live_while_one_takes_over(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot, other = world.application(), world.application("other")
    week = dt.timedelta(days=7)
    made(database, vault, digest, other.id, name="theirs")
    made(database, vault, digest, robot.id, name="one")
    made(database, vault, digest, robot.id, name="two", overlap=week)
    assert live(database, robot.id) == ["two", "one"]
    made(database, vault, digest, robot.id, name="three", overlap=dt.timedelta(hours=1))
    assert live(database, robot.id) == ["three", "two"]
    ends = {k.name: k.expires_at for k in database.submit_read(api_keys.of_application, robot.id).result()}
    assert ends["three"] is None
    assert dt.timedelta(minutes=59) < ends["two"] - dt.datetime.now(dt.UTC) <= dt.timedelta(hours=1)
    made(database, vault, digest, robot.id, name="four", overlap=week)
    made(database, vault, digest, robot.id, name="five")
    assert live(database, robot.id) == ["five"]
    assert live(database, other.id) == ["theirs"]
    kept = sa.select(sa.func.count()).select_from(vault_secret_version)
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() == 2


def test_an_overlap_makes_no_key_live_longer(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot = world.application()
    soon = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=5)
    made(database, vault, digest, robot.id, name="short", bounds=Bounds(expires_at=soon))
    made(database, vault, digest, robot.id, name="new", overlap=dt.timedelta(hours=1))
    ends = {k.name: k.expires_at for k in database.submit_read(api_keys.of_application, robot.id).result()}
    assert ends["short"] == soon


def test_changing_and_revoking(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    robot = world.application()
    key = made(database, vault, digest, robot.id, bounds=Bounds(max_uses=1, addresses=["192.0.2.1/32"]))
    bounds = Bounds(max_uses=5)
    changed = database.submit_write(api_keys.change, ADMIN, key.row.id, name="weekly", bounds=bounds).result()
    assert (changed.name, changed.max_uses, changed.addresses) == ("weekly", 5, None)
    assert changed == database.submit_read(api_keys.get, key.row.id).result()
    past = Bounds(expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(Invalid) as refused:
        database.submit_write(api_keys.change, ADMIN, key.row.id, name="x", bounds=past).result()
    assert refused.value.field == "expiresAt"
    with pytest.raises(Invalid):
        made(database, vault, digest, robot.id, bounds=past)
    assert live(database, robot.id) == ["weekly"]
    database.submit_write(api_keys.revoke, vault, ADMIN, key.row.id).result()
    assert live(database, robot.id) == []
    for verb, arguments in (
        (api_keys.revoke, (vault, ADMIN, key.row.id)),
        (api_keys.revoke, (vault, ADMIN, uuid4())),
    ):
        with pytest.raises(NotFound):
            database.submit_write(verb, *arguments).result()
    with pytest.raises(NotFound):
        database.submit_write(api_keys.change, ADMIN, key.row.id, name="x", bounds=bounds).result()
    with pytest.raises(NotFound):
        database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result()
    for action in ("api_key.changed", "api_key.revoked"):
        assert details(database, action, robot.id) == [{"api_key_name": "weekly", "application": "robot"}]


def test_a_key_that_ended_is_not_revealed(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot = world.application()
    made(database, vault, digest, robot.id)
    long_ago = sa.update(api_key).values(expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    database.submit_write(lambda tx: tx.run(long_ago)).result()
    with pytest.raises(NotFound):
        database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result()


def test_where_nothing_is_revealed(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    robot = world.application()
    old = database.submit_write(api_keys.issue, vault, digest, ADMIN, robot.id).result()
    database.submit_write(policy.change, ADMIN, reveal_api_keys=False).result()
    database.submit_write(api_keys.erase_sealed, vault).result()
    found = database.submit_read(api_keys.find, digest, old).result()
    assert found is not None
    assert (found.revoked_at, found.secret_id) == (None, None)
    with pytest.raises(Forbidden) as refused:
        database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result()
    assert refused.value.missing == "revealing switched on"
    with pytest.raises(Conflict, match=f"Application/{robot.id}/ApiKey"):
        database.submit_write(api_keys.issue, vault, digest, ADMIN, robot.id).result()
    assert live(database, robot.id) == ["API key"]
    new = made(database, vault, digest, robot.id)
    assert new.row.secret_id is None
    kept = sa.select(sa.func.count()).select_from(vault_secret_version)
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() == 0


def test_a_secret_that_is_no_text_is_no_key() -> None:
    assert not api_keys.well_formed_secret(Secret(b"\xff"))
    assert not api_keys.well_formed_secret(Secret("locum_ak_"))
    assert api_keys.well_formed_secret(new_key())


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
