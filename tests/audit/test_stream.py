"""Reading the log: all of it, in order, page by page, whatever somebody wrote into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from locum.audit import stream
from locum.audit.sealer import Sealer
from locum.kit.db import Database


@pytest.fixture
def filled(
    database: Database, write: Callable[[int], None], sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> Database:
    monkeypatch.setattr(stream, "PAGE_ROWS", 4)
    write(10)
    sealer.finish()
    write(6)
    return database


def statements(database: Database, fn: Callable[..., Any]) -> tuple[Any, int]:
    """What `fn` answers and how many statements it took."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    sa.event.listen(database.engine, "before_execute", counted)
    try:
        return database.submit_read(fn).result(), count
    finally:
        sa.event.remove(database.engine, "before_execute", counted)


def test_one_statement_a_page(filled: Database) -> None:
    rows, count = statements(filled, lambda tx: list(stream.sealed(tx, 10)))
    assert [row.seq for row in rows] == list(range(1, 11))
    assert all(row.event.id == row.seal.event_id for row in rows)
    assert count == 4
    rows, count = statements(filled, lambda tx: list(stream.unsealed(tx)))
    assert [(row.id, row.waits) for row in rows] == [(number, True) for number in range(11, 17)]
    assert count == 3


def test_the_ends(filled: Database) -> None:
    found = filled.submit_read(stream.extent).result()
    assert (found.seals, found.checkpoints) == (10, 10)
    head = filled.submit_read(stream.seal_head).result()
    assert head is not None
    assert head.seq == 10
    assert [c.seq for c in filled.submit_read(lambda tx: list(stream.checkpoints(tx, 10))).result()] == [10]
    assert filled.submit_read(lambda tx: list(stream.sealed(tx, 3))).result()[-1].seq == 3


def test_an_empty_log(database: Database) -> None:
    assert database.submit_read(stream.extent).result() == stream.Extent(0, 0)
    assert database.submit_read(stream.seal_head).result() is None
    assert database.submit_read(lambda tx: list(stream.unsealed(tx))).result() == []


def test_a_gone_event_leaves_its_seal(filled: Database, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM audit_event WHERE id IN (4, 12)")
    rows = filled.submit_read(lambda tx: list(stream.sealed(tx, 10))).result()
    assert [row.seq for row in rows if row.event is None] == [4]
    assert filled.submit_read(stream.waiting_for_nothing).result() == [12]


def test_what_is_no_value_of_its_column_is_named(filled: Database, tamper: Callable[..., None]) -> None:
    """SQLite stores anything anywhere; PostgreSQL refuses all of these but a short hash."""
    tamper("UPDATE audit_seal SET hash = 'abc' WHERE seq = 9")
    expected = [9]
    if filled.is_sqlite:
        tamper(
            "UPDATE audit_event SET at = 'yesterday' WHERE id = 1",
            "UPDATE audit_event SET at = 5 WHERE id = 2",
            "UPDATE audit_event SET actor_id = 'nobody' WHERE id = 3",
            "UPDATE audit_event SET actor_name = CAST(X'FFFE' AS TEXT) WHERE id = 4",
            "UPDATE audit_event SET detail = X'00' WHERE id = 6",
            "UPDATE audit_seal SET previous = 'text' WHERE seq = 7",
            "UPDATE audit_seal SET event_id = 'text' WHERE seq = 10",
        )
        expected = [1, 2, 3, 4, 6, 7, 9, 10]
    rows = filled.submit_read(lambda tx: list(stream.sealed(tx, 10))).result()
    assert [row.key if isinstance(row, stream.Unreadable) else row.seq for row in rows] == list(range(1, 11))
    assert [row.key for row in rows if isinstance(row, stream.Unreadable)] == expected


def test_numbers_below_one_are_seen(filled: Database, tamper: Callable[..., None]) -> None:
    tamper("UPDATE audit_event SET id = -3 WHERE id = 11")
    rows = filled.submit_read(lambda tx: list(stream.unsealed(tx))).result()
    assert rows[0] == stream.Unsealed(-3, rows[0].at, False)
    events = filled.submit_read(lambda tx: list(stream.unsealed_events(tx))).result()
    assert events[0] == stream.Unreadable(-3)
