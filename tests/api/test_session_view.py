"""How sessions are shown, whole and as a row; the operations that show them are in test_activity_session."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.api.session_view import shown, shown_all, summary
from locum.api.wire.enums import AccountType, SessionStatus, SessionSummaryStatus
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.paging import Page
from locum.reads import sessions as reads
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_the_same_session_whole_and_as_a_row(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource, note="why")
    session_id = await database.write(request_session, ACTOR, asked, node="n")

    def look(tx: ReadTx) -> None:
        session = transition.get(tx, session_id)
        whole = shown(tx, session)
        assert shown_all(tx, [session]) == [whole]
        (row,) = reads.sessions(tx, reads.Filter(statuses=frozenset({Status.PENDING})), Page()).rows
        line = summary(row, [], tx.now)
        assert (whole.id, line.id) == (session_id, session_id)
        assert (whole.status, line.session_status) == (SessionStatus.PENDING, SessionStatus.PENDING)
        assert line.status is SessionSummaryStatus.PENDING
        assert (line.user_type, line.duration_in_seconds, line.note) == (AccountType.LOCAL, 0, "why")
        assert whole.proxy_sessions == []

    await database.read(look)

    def let_extend(tx: Tx) -> None:
        values = {"allow_session_extension": True, "session_extension_minutes": 15}
        tx.run(sa.update(connection_profile).values(values))

    await database.write(let_extend)
    whole = await database.read(lambda tx: shown(tx, transition.get(tx, session_id)))
    assert (whole.allow_session_extension, whole.session_extension_minutes) == (True, 15)
