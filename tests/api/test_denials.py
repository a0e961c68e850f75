"""Refusals in the audit log, without a flood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.api import denials
from locum.api.denials import Denials
from locum.audit.model import audit_event, audit_pending
from locum.identities.caller import Caller
from locum.kit.db import Database, metadata, open_database, sqlite_url
from locum.kit.errors import Forbidden

pytestmark = pytest.mark.anyio

ERROR = Forbidden("this needs the permission a:b:c", missing="permission a:b:c")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path / "x.db"))
    with opened.engine.begin() as connection:
        metadata.create_all(connection, [audit_event, audit_pending])
    yield opened
    opened.close()


def caller(number: int) -> Caller:
    return Caller(UUID(int=number), f"c{number}", "local", frozenset(), frozenset(), None, "192.0.2.1")


async def rows(db: Database) -> list[tuple[str, str]]:
    wanted = sa.select(audit_event.c.actor_name, audit_event.c.detail).order_by(audit_event.c.id)
    with db.engine.connect() as connection:
        return [(name, json.loads(detail)["operation"]) for name, detail in connection.execute(wanted)]


async def test_one_row_for_each_caller_and_operation(db: Database) -> None:
    kept = Denials(db)
    for _ in range(3):
        for number in (1, 2):
            for operation in ("A.B", "A.C"):
                await kept.note(caller(number), operation, ERROR)
    assert await rows(db) == [("c1", "A.B"), ("c1", "A.C"), ("c2", "A.B"), ("c2", "A.C")]


async def test_again_after_the_interval(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Denials(db)
    now = 1000.0
    monkeypatch.setattr(denials.time, "monotonic", lambda: now)
    await kept.note(caller(1), "A.B", ERROR)
    now += denials.INTERVAL_SECONDS - 1
    await kept.note(caller(1), "A.B", ERROR)
    assert len(await rows(db)) == 1
    now += 1
    await kept.note(caller(1), "A.B", ERROR)
    assert len(await rows(db)) == 2


async def test_memory_is_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Denials(db)
    monkeypatch.setattr(denials, "REMEMBERED", 3)
    now = 0.0
    monkeypatch.setattr(denials.time, "monotonic", lambda: now)
    for number in range(9):
        now += denials.INTERVAL_SECONDS
        await kept.note(caller(number), "A.B", ERROR)
    assert len(kept._last) <= 3


async def test_the_row_says_what_was_missing(db: Database) -> None:
    await Denials(db).note(caller(1), "A.B", ERROR)
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(audit_event)).one()
    assert (row.action, row.outcome, row.address) == ("access.denied", "denied", "192.0.2.1")
    assert json.loads(row.detail) == {"operation": "A.B", "missing": "permission a:b:c"}
