"""`locum resume` shows what waits, and then ends the pause once, for every node's connections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backed_up import Made, make
from locum.identities.model import identity
from locum.kit import jobs, pause
from locum.kit.db import Tx, open_database
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.main.operate import operate
from locum.sessions.model import access_session, connection


@pytest.fixture
def paused(tmp_path: Path) -> Made:
    """One session with a connection on a node that is gone, which also holds the session's job."""
    made = make(tmp_path)
    database = open_database(made.url)
    database.submit_write(jobs.claim, owner="gone:1", limit=5).result()
    database.submit_write(_live, made).result()
    database.close()
    return made


def _live(tx: Tx, made: Made) -> None:
    values = {"status": 1, "actual_start": tx.now, "ends_with_connection": True}
    tx.run(sa.update(access_session).values(values))
    person = tx.scalar(sa.select(identity.c.id).where(identity.c.name == "Alice"))
    tx.add(connection, id=new_id(), session_id=made.session, identity_id=person, node="gone", address="192.0.2.1",
           recorded=True, opened_at=tx.now)  # fmt: skip
    pause.begin(tx, "a test")


def resume(made: Made, *, go: bool) -> dict[str, Any]:
    return dict(operate("resume", made.data, None, go=go)["object"])


def test_looking_changes_nothing_and_going_ends_what_is_gone(paused: Made) -> None:
    before = paused.rows()
    seen = resume(paused, go=False)
    assert seen["paused"]["reason"] == "a test"
    assert (seen["session_count"], seen["connection_count"]) == (1, 1)
    assert [(row["user"], row["connections"]) for row in seen["sessions"]] == [("Alice", 1)]
    after = paused.rows()
    assert {k: v for k, v in after.items() if "audit" not in k} == {
        k: v for k, v in before.items() if "audit" not in k
    }

    resume(paused, go=True)
    gone = paused.rows()
    assert gone["pause"] == []
    assert gone["connection"][0]["close_reason"] == "Locum restarted"  # its recording is not here: it is done with
    assert gone["access_session"][0]["status"] == 2
    assert gone["job"][0]["owner"] is None
    assert "locum.resumed" in [event["action"] for event in gone["audit_event"]]
    for go in (False, True):
        with pytest.raises(Invalid, match="not paused"):
            resume(paused, go=go)
