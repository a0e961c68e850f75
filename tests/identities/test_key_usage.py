"""How often keys are used: counted before where that is limited, and in passing elsewhere."""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import api_keys, key_usage
from locum.identities.api_keys import ApiKey, Bounds
from locum.identities.digests import KeyedDigest
from locum.identities.key_usage import KeyUsage, spend
from locum.identities.model import api_key
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Unauthenticated
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio


@pytest.fixture
def key_id(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> UUID:
    robot = world.application()
    bounds = Bounds(max_uses=3)
    made = database.submit_write(api_keys.create, vault, digest, LOCUM, robot.id, name="x", bounds=bounds).result()
    return made.row.id


def row(database: Database, key_id: UUID) -> ApiKey:
    return database.submit_read(api_keys.get, key_id).result()


async def test_of_many_at_once_as_many_as_there_are(database: Database, key_id: UUID) -> None:
    tries = await asyncio.gather(
        *(database.write(spend, key_id, f"192.0.2.{n}") for n in range(20)), return_exceptions=True
    )
    assert sum(found is None for found in tries) == 3
    assert all(isinstance(found, Unauthenticated) for found in tries if found is not None)
    found = row(database, key_id)
    assert (found.use_count, str(found.last_used_from)[:8]) == (3, "192.0.2.")
    assert found.last_used_at is not None


async def test_collected_uses_are_added(database: Database, key_id: UUID) -> None:
    usage = KeyUsage(database)
    await usage.flush()
    for number in range(5):
        usage.note(key_id, f"192.0.2.{number}")
    usage.note(uuid4(), None)
    assert row(database, key_id).use_count == 0
    await usage.flush()
    found = row(database, key_id)
    assert (found.use_count, found.last_used_from) == (5, "192.0.2.4")
    assert found.last_used_at is not None
    await usage.flush()
    assert row(database, key_id).use_count == 5


async def test_what_can_t_be_written_now_is_not_lost(
    database: Database, key_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = KeyUsage(database)
    usage.note(key_id, "192.0.2.1")

    def away(tx: Tx, uses: object) -> None:
        usage.note(key_id, "192.0.2.9")  # one more comes while the write fails
        raise sa.exc.OperationalError("", {}, Exception("away"))

    monkeypatch.setattr(key_usage, "_add", away)
    with pytest.raises(sa.exc.OperationalError):
        await usage.flush()
    monkeypatch.undo()
    await usage.flush()
    assert (row(database, key_id).use_count, row(database, key_id).last_used_from) == (2, "192.0.2.9")


@pytest.mark.parametrize("fails", [False, True])
async def test_stopped_in_the_middle_of_a_write_it_counts_once(
    database: Database, key_id: UUID, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    began, go_on = threading.Event(), threading.Event()
    add = key_usage._add

    def slowly(tx: Tx, uses: object) -> None:
        began.set()
        assert go_on.wait(20)
        if fails:
            raise sa.exc.OperationalError("", {}, Exception("away"))
        add(tx, uses)  # type: ignore[arg-type]

    usage = KeyUsage(database)
    usage.note(key_id, None)
    monkeypatch.setattr(key_usage, "_add", slowly)
    writing = asyncio.create_task(usage.flush())
    assert await asyncio.to_thread(began.wait, 20)
    writing.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    monkeypatch.undo()
    assert row(database, key_id).use_count == (0 if fails else 1)
    await usage.flush()
    assert row(database, key_id).use_count == 1


async def test_it_goes_on_by_itself(database: Database, key_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_usage, "INTERVAL_S", 0.01)
    usage = KeyUsage(database)
    failures = [sa.exc.OperationalError("", {}, Exception("away"))]
    add = key_usage._add

    def sometimes(tx: Tx, uses: object) -> None:
        if failures:
            raise failures.pop()
        add(tx, uses)  # type: ignore[arg-type]

    monkeypatch.setattr(key_usage, "_add", sometimes)
    running = asyncio.create_task(usage.run())
    usage.note(key_id, None)
    async with asyncio.timeout(20):
        while row(database, key_id).use_count == 0:
            await asyncio.sleep(0.01)
    running.cancel()
    assert failures == []


async def test_a_key_without_a_limit_is_counted_too(database: Database, key_id: UUID) -> None:
    free = sa.update(api_key).values(max_uses=None)
    await database.write(lambda tx: tx.run(free))
    await database.write(spend, key_id, "192.0.2.1")
    found = row(database, key_id)
    assert (found.use_count, found.last_used_from) == (1, "192.0.2.1")
