"""Old mails go, a few hundred at a time; what still waits stays."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.notices import retention
from locum.notices.model import State, mail
from statements import selects

pytestmark = pytest.mark.anyio

DAYS = dt.timedelta(days=90)


async def mails(database: Database, state: State, *ages: dt.timedelta) -> list[UUID]:
    """Mails of these ages, in this state."""

    def add(tx: Tx) -> list[UUID]:
        ended = None if state is State.WAITING else tx.now
        rows = [
            {
                "id": new_id(),
                "topic": "t",
                "about_id": new_id(),
                "address": "a@example.org",
                "subject": "s",
                "body": "b" if ended is None else None,
                "message_id": "<m@example.org>",
                "state": state,
                "tries": 1,
                "created_at": tx.now - age,
                "expires_at": tx.now,
                "ended_at": ended,
            }
            for age in ages
        ]
        tx.add_all(mail, rows)
        return [row["id"] for row in rows]  # type: ignore[misc]

    return await database.write(add)


async def left(database: Database) -> set[UUID]:
    return set(await database.read(lambda tx: tx.scalars(sa.select(mail.c.id))))


async def test_old_mails_go(database: Database) -> None:
    second = dt.timedelta(seconds=1)
    young, _ = await mails(database, State.SENT, DAYS - 60 * second, DAYS + second)
    await mails(database, State.GIVEN_UP, DAYS + second)
    waiting = await mails(database, State.WAITING, DAYS + second)
    assert not await database.write(retention.forget, DAYS)
    assert await left(database) == {young, *waiting}
    with selects(database) as seen:
        assert not await database.write(retention.forget, DAYS)
    assert len(seen) == 1
    assert await left(database) == {young, *waiting}


async def test_many_go_a_part_at_a_time_the_oldest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    made = await mails(database, State.SENT, *(DAYS + dt.timedelta(days=day) for day in range(1, 6)))
    assert await database.write(retention.forget, DAYS)
    assert await left(database) == set(made[:3])
    while await database.write(retention.forget, DAYS):
        pass
    assert await left(database) == set()
