"""A mail is queued with what it tells of, or neither is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.notices.model import MailSetup, mail
from locum.notices.outbox import announce, current_setup, put
from statements import selects

pytestmark = pytest.mark.anyio

SETUP = MailSetup("locum@example.org", "https://locum.example", None)
ADDRESSES = ["a@example.org", "b@example.org"]


def queue(tx: Tx, *, then: Exception | None = None) -> None:
    put(
        tx, SETUP, topic="t", about_id=new_id(), addresses=ADDRESSES, subject="a\r\nb", lines=["one\ntwo", "three"]
    )
    if then is not None:
        raise then


async def test_one_mail_to_each_with_its_job(database: Database) -> None:
    with selects(database) as seen:
        await database.write(queue)
    assert len(seen) == 0
    rows = await database.read(lambda tx: tx._connection.execute(sa.select(mail).order_by(mail.c.address)).all())
    assert [row.address for row in rows] == ADDRESSES
    assert {(row.subject, row.body, row.state, row.tries) for row in rows} == {
        ("a b", "one two\nthree\n", "waiting", 0)
    }
    assert [row.message_id for row in rows] == [f"<{row.id}@example.org>" for row in rows]
    due = await database.read(lambda tx: tx.scalars(sa.select(jobs.job.c.subject_id)))
    assert set(due) == {row.id for row in rows}


async def test_what_is_rolled_back_is_not_told(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await database.write(queue, then=ZeroDivisionError())
    for table in (mail, jobs.job):
        assert await database.read(lambda tx, t=table: tx.scalar(sa.select(sa.func.count()).select_from(t))) == 0


async def test_the_last_start_says_whether_mail_is_set_up(database: Database) -> None:
    assert await database.read(current_setup) is None
    for setup in (SETUP, MailSetup("x@y", "https://z", "alarm@y"), None):
        await database.write(announce, setup)
        assert await database.read(current_setup) == setup
