"""A prepared select answers what the plain one does, on both databases, and sees every change."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy as sa

from locum.kit.db import BIG_ID, Database, ReadTx, Tx, UtcTime
from locum.kit.prepared import Prepared, PreparedInsert

pytestmark = pytest.mark.anyio

THINGS = sa.Table(
    "prepared_thing",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("on", sa.Boolean, nullable=False),
    sa.Column("at", UtcTime, nullable=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)


class Thing(msgspec.Struct, frozen=True):
    id: uuid.UUID
    name: str
    on: bool
    at: dt.datetime | None
    digest: bytes
    named: bool


STATEMENT = sa.select(*THINGS.c, (THINGS.c.name == "first").label("named")).where(
    THINGS.c.id == sa.bindparam("id"),
    THINGS.c.name != "hidden",
    THINGS.c.at != dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
)
QUERY = Prepared(Thing, STATEMENT)


@pytest.fixture
def things(database: Database) -> Iterator[Database]:
    THINGS.create(database.engine)
    yield database
    THINGS.drop(database.engine)


async def test_it_answers_what_the_plain_select_does(things: Database) -> None:
    key, at = uuid.uuid4(), dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=dt.UTC)

    def add(tx: Tx) -> None:
        tx.add(THINGS, id=key, name="first", on=True, at=at, digest=b"\0\xff")

    def both(tx: ReadTx, wanted: uuid.UUID) -> tuple[list[Thing], list[Thing]]:
        return tx.prepared(QUERY, id=wanted), tx.rows(Thing, STATEMENT, id=wanted)

    await things.write(add)
    prepared, plain = await things.read(both, key)
    assert prepared == plain == [Thing(key, "first", True, at, b"\0\xff", True)]
    assert await things.read(both, uuid.uuid4()) == ([], [])


async def test_it_sees_a_change_at_once(things: Database) -> None:
    key, at = uuid.uuid4(), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)

    def add(tx: Tx) -> None:
        tx.add(THINGS, id=key, name="first", on=True, at=at, digest=b"")

    def turn_off(tx: Tx) -> list[Thing]:
        tx.run(sa.update(THINGS).where(THINGS.c.id == key).values(on=False))
        return tx.prepared(QUERY, id=key)

    def look(tx: ReadTx) -> list[bool]:
        return [thing.on for thing in tx.prepared(QUERY, id=key)]

    await things.write(add)
    assert await things.read(look) == [True]
    assert [thing.on for thing in await things.write(turn_off)] == [False]
    assert await things.read(look) == [False]


async def test_a_forgotten_value_is_an_error(things: Database) -> None:
    with pytest.raises(Exception, match="id"):
        await things.read(lambda tx: tx.prepared(QUERY))


COUNTED = sa.Table(
    "prepared_counted",
    sa.MetaData(),
    sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Uuid, nullable=False),
    sa.Column("at", UtcTime),
)
LISTED = sa.Table("prepared_listed", COUNTED.metadata, sa.Column("counted", BIG_ID, sa.ForeignKey(COUNTED.c.id)))
ADD = PreparedInsert(COUNTED, "key", "at", listed=LISTED.c.counted)


async def test_an_insert_writes_what_the_plain_one_does_and_lists_the_key(database: Database) -> None:
    COUNTED.metadata.create_all(database.engine)
    key, at = uuid.uuid4(), dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=dt.UTC)
    await database.write(lambda tx: tx.add_prepared(ADD, key=key, at=at))
    await database.write(lambda tx: tx.add_prepared(ADD, key=key, at=None))
    rows = await database.read(lambda tx: tx.rows(Counted, sa.select(*COUNTED.c).order_by(COUNTED.c.id)))
    first = rows[0].id
    assert rows == [Counted(first, key, at), Counted(first + 1, key, None)]
    assert sorted(await database.read(lambda tx: tx.scalars(sa.select(LISTED.c.counted)))) == [first, first + 1]
    with pytest.raises(KeyError):
        ADD.into_sqlite(None, {"key": key})  # type: ignore[arg-type]
    COUNTED.metadata.drop_all(database.engine)


class Counted(msgspec.Struct, frozen=True):
    id: int
    key: uuid.UUID
    at: dt.datetime | None
