"""The queue of mails is one statement, newest first, without bodies."""

from __future__ import annotations

import pytest

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.notices.model import MailSetup
from locum.notices.outbox import put
from locum.reads.mails import newest
from statements import selects

pytestmark = pytest.mark.anyio


async def test_newest_first(database: Database) -> None:
    def queue(tx: Tx, subject: str) -> None:
        setup = MailSetup("a@b", "https://x", None)
        put(tx, setup, topic="t", about_id=new_id(), addresses=["a@b"], subject=subject, lines=["b"])

    for subject in ("1", "2", "3"):
        await database.write(queue, subject)
    with selects(database) as seen:
        found = await database.read(newest)
    assert len(seen) == 1
    assert [(mail.subject, mail.body) for mail in found] == [("3", None), ("2", None), ("1", None)]
