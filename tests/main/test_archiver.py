"""Closed recordings move to a real object store, whatever dies in between, and go from there when they are too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit import pause
from locum.kit.db import Database, Tx
from locum.kit.errors import NotAvailable, StartError
from locum.kit.ids import new_id
from locum.kit.settings import load_settings
from locum.main.archiver import Archiver, open_archive
from locum.reads.attention import ARCHIVED_AFTER, Kind, attention
from locum.recordings.archive import Archive, at_hand
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE, open_playback
from locum.recordings.store import Store
from locum.sessions import archiving, retention
from locum.sessions.model import connection
from locum.sessions.recorded_text_model import recorded_text
from locum.sessions.request import Request, request_session
from object_store import ObjectStore, object_store
from recorded import frames
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("objects")) as made:
        yield made


@dataclass
class Recordings:
    """Of one node."""

    db: Database
    world: World
    store: Store
    archive: Archive
    archiver: Archiver

    async def make(self, *, closed: bool = True, node: str = "n", file: bytes | None = b"") -> UUID:
        """A recorded connection, its text read back; `file` replaces what is in its file, None: it has none."""
        made = new_id()
        key, wrapped = self.world.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=made)
        if file is not None:
            seen = b"".join(frames([[Event(1.0, "o", b"seen")]], recording_id=made, key=key, wrapped=wrapped))
            with self.store.create(made) as out:
                out.write(file or seen)

        def add(tx: Tx) -> None:
            asked = Request(self.world.person, activity_id=self.world.sudo, resource_id=self.world.resource)
            session = request_session(tx, ACTOR, asked, node="n")
            tx.add(connection, id=made, session_id=session, identity_id=self.world.person, node=node,
                   address="192.0.2.1", recorded=True, opened_at=tx.now,
                   closed_at=tx.now if closed else None)  # fmt: skip
            tx.add(recorded_text, connection_id=made, node=node, done=True, cut=False)

        await self.db.write(add)
        return made

    async def seen(self, recording_id: UUID) -> bytes:
        """What playing it shows, wherever it lies."""
        key = await self.db.read(archiving.key_of, recording_id)
        with at_hand(self.store, self.archive, recording_id, key) as path:
            return b"".join(event.data for event in open_playback(self.world.vault, path, recording_id).events())

    async def waiting(self) -> list[UUID]:
        """What administrators are told waits for the archive."""
        kinds = await self.db.read(attention, archiving_node="n")
        return [one.id for kind in kinds if kind.kind is Kind.RECORDING for one in kind.first]

    def here(self) -> set[UUID]:
        return set(self.store.ids())


@pytest.fixture
async def recordings(
    database: Database, tmp_path: Path, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Recordings:
    for name, value in bucket.env.items():
        monkeypatch.setenv(name, value)
    store = Store(tmp_path / "recordings")
    archive = Archive(bucket.place, store)
    world = await make_world(database, tmp_path)
    return Recordings(database, world, store, archive, Archiver(database, archive, store, node="n"))


def in_bucket(bucket: ObjectStore, recording_id: UUID) -> bool:
    return f"locum/{recording_id}.locrec" in bucket.names()


async def test_what_is_closed_moves_and_plays_from_there(recordings: Recordings, bucket: ObjectStore) -> None:
    closed, never_made = await recordings.make(), await recordings.make(file=None)
    open_, elsewhere = await recordings.make(closed=False), await recordings.make(node="other")
    damaged = await recordings.make(file=b"no recording")
    unread = await recordings.make()
    await recordings.db.write(
        lambda tx: tx.run(
            sa.update(recorded_text).where(recorded_text.c.connection_id == unread).values(done=False)
        )
    )
    await recordings.archiver.round()
    assert recordings.here() == {open_, elsewhere, damaged, unread}
    assert in_bucket(bucket, closed)
    assert not any(in_bucket(bucket, one) for one in (open_, elsewhere, damaged, unread, never_made))
    assert await recordings.seen(closed) == b"seen"
    assert await recordings.db.read(archiving.key_of, never_made) is None
    assert await recordings.db.read(archiving.due, "n") == [damaged]


async def test_what_does_not_go_waits_and_the_reason_is_there(recordings: Recordings, bucket: ObjectStore) -> None:
    one = await recordings.make()
    bucket.stop()
    with pytest.raises(NotAvailable, match="The archive takes nothing"):
        await recordings.archiver.round()
    assert await recordings.seen(one) == b"seen"
    assert one in recordings.here()
    assert await recordings.waiting() == []
    old = sa.update(connection)
    await recordings.db.write(lambda tx: tx.run(old.values(closed_at=tx.now - 2 * ARCHIVED_AFTER)))
    assert await recordings.waiting() == [one]
    bucket.start()
    await recordings.archiver.round()
    assert recordings.here() == set()
    assert await recordings.waiting() == []
    assert await recordings.seen(one) == b"seen"


class Died(Exception):
    """Nothing after it is done."""


def dies(*_: object) -> None:
    raise Died


@pytest.mark.parametrize("when", ["after the file went", "after it was written down"])
async def test_a_crash_between_two_steps_is_made_good(
    recordings: Recordings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    one = await recordings.make()
    with monkeypatch.context() as patched:
        if when == "after the file went":
            patched.setattr(archiving, "archived", dies)
        else:
            patched.setattr(recordings.store, "delete", dies)
        with pytest.raises(Died):
            await recordings.archiver.round()
    assert in_bucket(bucket, one)
    assert one in recordings.here()
    await recordings.archiver.round()
    left = await recordings.db.read(archiving.moved, list(recordings.here()))
    assert left == ([] if when == "after the file went" else [one])
    assert await recordings.seen(one) == b"seen"


async def test_what_is_too_old_goes_from_the_archive_too(
    recordings: Recordings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await recordings.make(node="n")
    await recordings.archiver.round()
    old = dt.timedelta(seconds=-1)
    assert await recordings.db.write(retention.let_go, "another node", old) == [one]
    with monkeypatch.context() as patched:
        patched.setattr(archiving, "deleted", dies)
        with pytest.raises(Died):
            await recordings.archiver.round()
    await recordings.archiver.round()
    assert not in_bucket(bucket, one)
    assert await recordings.db.read(archiving.to_delete) == []


async def test_a_restored_copy_leaves_the_archive_alone(recordings: Recordings, bucket: ObjectStore) -> None:
    gone, one = await recordings.make(), await recordings.make()
    await recordings.db.write(lambda tx: tx.run(_archived_and_too_old(gone, tx.now)))
    await recordings.db.write(pause.begin, "a restored copy")
    await recordings.archiver.round()
    assert one in recordings.here()
    assert await recordings.db.read(archiving.to_delete) == [gone]


def _archived_and_too_old(one: UUID, now: dt.datetime) -> sa.Update:
    values = {"recording_archived_at": now, "recording_deleted_at": now}
    return sa.update(connection).where(connection.c.id == one).values(values)


def test_settings_that_name_no_archive(tmp_path: Path) -> None:
    store = Store(tmp_path / "recordings")
    assert open_archive(load_settings(tmp_path, {}), store) is None
    missing = {"recordings_archive": "s3://x", "recordings_archive_ca": str(tmp_path / "none.crt")}
    with pytest.raises(StartError, match="--recordings-archive-ca"):
        open_archive(load_settings(tmp_path, missing), store)
