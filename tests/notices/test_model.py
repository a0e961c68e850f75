"""The database holds the states of a mail too."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.notices.model import mail, mail_setup

pytestmark = pytest.mark.anyio

GOOD = {"topic": "t", "address": "a@b", "subject": "s", "body": "b", "message_id": "<1@b>", "state": "waiting",
        "tries": 0}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"state": "lost"}, {"state": "sent"}, {"body": None}, {"tries": -1},
     {"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}],
)  # fmt: skip
async def test_what_no_mail_can_be(database: Database, wrong: dict[str, object]) -> None:
    def add(tx: Tx, **values: object) -> None:
        row = {**GOOD, "id": new_id(), "about_id": new_id(), "created_at": tx.now, "expires_at": tx.now, **values}
        tx.add(mail, **row)

    await database.write(add)
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(add, **wrong)


async def test_there_is_one_setup(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda tx: tx.add(mail_setup, id=2, sender="a@b", public_url="https://x"))
