"""The unit of work on both databases: atomic, isolated from its neighbours, readable by the clock."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import time
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer

from locum.kit.db import Database, ReadTx, Tx, UtcTime, open_database, sqlite_url
from locum.kit.engines import POSTGRES_PATIENCE
from locum.kit.errors import StartError

pytestmark = pytest.mark.anyio

OWN = sa.MetaData()  # a table in Locum's own would be missing in every database of other tests
note = sa.Table(
    "test_note",
    OWN,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(50), nullable=False, unique=True),
    sa.Column("at", UtcTime),
)


@pytest.fixture
def database(database: Database) -> Database:
    """One that has the table of these tests too."""
    with database.engine.begin() as connection:
        OWN.create_all(connection)
    return database


class Note(msgspec.Struct, frozen=True):
    id: int
    text: str
    at: dt.datetime | None


def add(tx: Tx, text: str, *, fail: bool = False) -> None:
    tx.add(note, text=text, at=tx.now)
    if fail:
        raise ValueError(text)


def texts(tx: ReadTx) -> list[str]:
    return [str(t) for t in tx.scalars(sa.select(note.c.text).order_by(note.c.id))]


async def test_write_then_read(database: Database) -> None:
    await database.write(add, "one")
    rows = await database.read(lambda tx: tx.rows(Note, sa.select(note)))
    assert [row.text for row in rows] == ["one"]
    assert rows[0].at is not None
    assert abs(dt.datetime.now(dt.UTC) - rows[0].at) < dt.timedelta(seconds=5)


async def test_a_failing_unit_leaves_nothing_and_its_neighbours_stand(database: Database) -> None:
    units = [database.write(add, f"n{i}", fail=i % 3 == 0) for i in range(60)]
    results = await asyncio.gather(*units, return_exceptions=True)
    assert sum(isinstance(r, ValueError) for r in results) == 20
    found = await database.read(texts)
    assert sorted(found) == sorted(f"n{i}" for i in range(60) if i % 3)


async def test_a_constraint_failure_is_the_units_own(database: Database) -> None:
    await database.write(add, "same")
    results = await asyncio.gather(
        database.write(add, "same"), database.write(add, "other"), return_exceptions=True
    )
    assert isinstance(results[0], sa.exc.IntegrityError)
    assert results[1] is None
    assert sorted(await database.read(texts)) == ["other", "same"]


async def test_a_read_unit_cannot_write(database: Database) -> None:
    def sneak(tx: ReadTx) -> None:
        tx._connection.execute(sa.insert(note), {"text": "sneaked"})

    with pytest.raises(sa.exc.DBAPIError):
        await database.read(sneak)
    assert await database.read(texts) == []


async def test_after_commit_runs_only_for_what_was_committed(database: Database) -> None:
    seen: list[str] = []

    def unit(tx: Tx, text: str, fail: bool) -> None:
        tx.after_commit.append(lambda: seen.append(text))
        add(tx, text, fail=fail)

    await database.write(unit, "kept", False)
    with pytest.raises(ValueError, match="lost"):
        await database.write(unit, "lost", True)
    assert seen == ["kept"]


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        await database.write(lambda tx: tx.add(note, text="x", at=dt.datetime(2026, 1, 1)))


async def test_a_database_restart_is_survived(postgres: PostgresServer) -> None:
    database = open_database(postgres.create())
    with database.engine.begin() as connection:
        OWN.create_all(connection)
    await asyncio.gather(*(database.write(add, f"before {i}") for i in range(8)))
    postgres.control("restart")
    await asyncio.gather(*(database.write(add, f"after {i}") for i in range(8)))
    assert len(await database.read(texts)) == 16
    database.close()


async def test_a_commit_that_is_refused_spoils_no_connection(postgres: PostgresServer) -> None:
    database = open_database(postgres.create())
    with database.engine.begin() as connection:
        OWN.create_all(connection)
        connection.exec_driver_sql(
            "ALTER TABLE test_note ADD CONSTRAINT late UNIQUE (at) DEFERRABLE INITIALLY DEFERRED"
        )
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    await database.write(lambda tx: tx.add(note, text="first", at=noon))
    for number in range(8):
        with pytest.raises(sa.exc.IntegrityError):
            await database.write(lambda tx, text: tx.add(note, text=text, at=noon), f"same {number}")
    await asyncio.gather(*(database.write(add, f"after {i}") for i in range(8)))
    assert len(await database.read(texts)) == 9
    database.close()


async def test_a_silent_server_is_an_error_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POSTGRES_PATIENCE, "connect_timeout", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(StartError):
            await asyncio.to_thread(
                open_database, f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x?sslmode=disable"
            )
        assert time.monotonic() - began < 8


async def test_a_full_disk_fails_what_is_written_and_nothing_else(tmp_path: Path) -> None:
    """The writer's thread lives on, readers see what was committed, and writing goes on when there is room."""
    database = open_database(sqlite_url(tmp_path / "small.db"))
    with database.engine.begin() as connection:
        OWN.create_all(connection)
    await database.write(add, "kept")

    def limit(tx: Tx, pages: int) -> None:
        tx._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def much(tx: Tx, number: int) -> None:
        tx.add_all(note, [{"text": f"{number}:{n}:{'x' * 30}"} for n in range(2000)])

    await database.write(limit, 8)
    units = (database.write(much, number) for number in range(8))
    failures = await asyncio.gather(*units, return_exceptions=True)
    assert all(isinstance(failure, sa.exc.OperationalError) for failure in failures), failures
    assert await database.read(texts) == ["kept"]
    await database.write(limit, 100_000)
    await database.write(add, "room again")
    assert await database.read(texts) == ["kept", "room again"]
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "postgresql://nobody@127.0.0.1:1/none"])
async def test_a_bad_url_is_one_clear_line(url: str) -> None:
    with pytest.raises(StartError) as refusal:
        open_database(url)
    assert "\n" not in refusal.value.detail


async def test_statistics_speak_of_large_tables_alone(database: Database) -> None:
    """A small table that grows would else be read whole at each look, until they are gathered anew."""
    OWN.create_all(database.engine)
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    await database.write(lambda tx: tx.add_all(note, [{"text": f"{n}", "at": noon} for n in range(1000)]))
    database.gather_statistics()
    if not database.is_sqlite:  # it gathers its own
        return
    seen = sa.text("SELECT DISTINCT tbl FROM sqlite_stat1")
    assert await database.read(lambda tx: tx.scalars(seen)) == []
    more = [{"text": f"{n}", "at": noon} for n in range(1000, 20_000)]
    await database.write(lambda tx: tx.add_all(note, more))
    database.gather_statistics()
    assert await database.read(lambda tx: tx.scalars(seen)) == ["test_note"]
