"""What the database refuses, for whatever reason, is kept, and holds nothing else up."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from locum.kit.db import Database, Tx
from locum.sessions.owed import Owed

pytestmark = pytest.mark.anyio


async def test_an_end_that_is_refused_waits_and_the_others_do_not(database: Database) -> None:
    def run(statement: str) -> None:
        database.submit_write(lambda tx: tx._connection.exec_driver_sql(statement)).result()

    def end(tx: Tx, number: int) -> None:
        tx.run(sa.insert(sa.table("test_end", sa.column("number"))).values(number=number))

    def ended() -> list[int]:
        return database.submit_read(lambda tx: tx.scalars(sa.text("SELECT number FROM test_end"))).result()  # type: ignore[arg-type]

    run("CREATE TABLE test_end (number integer PRIMARY KEY)")
    owed = Owed(database)
    with capture_logs() as logs:
        await owed.settle(end, 1)
        run("ALTER TABLE test_end RENAME TO test_away")
        for number in (1, 2, 3):  # the first is there already: it is refused for another reason than that
            await owed.settle(end, number)
        assert not await owed.pay()
        run("ALTER TABLE test_away RENAME TO test_end")
        while await owed.pay():
            pass
        assert ended() == [1, 2, 3]
        run("DELETE FROM test_end")
        assert await owed.pay()
        assert not await owed.pay()
    assert ended() == [1]
    assert {line["event"] for line in logs} == {
        "the end of a connection can't be written: it is kept and tried again",
        "the end of a connection can't be written yet",
    }
