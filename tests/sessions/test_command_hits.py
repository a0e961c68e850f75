"""What a restricted command brings about, on both databases, in one unit of work."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.command_rules import CommandAction, CommandHit, CommandRule, Restriction
from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.notices.model import MailSetup, mail
from locum.notices.outbox import announce
from locum.sessions import transition
from locum.sessions.command_hits import MOST_MAILS
from locum.sessions.connection_events import write_events
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio
ALICE = Actor(None, "alice", "192.0.2.7")


def hit(action: CommandAction, *, mailed: bool = False, message: str | None = "ask first") -> CommandHit:
    rule = CommandRule("^rm ", action, message, mailed)
    return CommandHit(Restriction(new_id(), "house", "ops@example.org", (rule,)), 1, "rm -rf /\r\nBcc: x")


async def active(database: Database, folder: Path) -> UUID:
    world = await make_world(database, folder)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")

    def begin(tx: Tx) -> None:
        tx.run(sa.update(access_session).values(status=Status.ACTIVE, actual_start=tx.now))
        announce(tx, MailSetup("locum@example.org", "https://locum.example", None))

    await database.write(begin)
    return session_id


async def happens(database: Database, session_id: UUID, *hits: CommandHit) -> None:
    await database.write(write_events, ALICE, session_id, new_id(), hits)


@pytest.mark.parametrize("action", CommandAction)
async def test_it_is_written_down_and_done(database: Database, tmp_path: Path, action: CommandAction) -> None:
    session_id = await active(database, tmp_path)
    for _ in range(2):
        await happens(database, session_id, hit(action))
    c = audit_event.c
    mine = c.object_id == session_id
    rows = await database.read(
        lambda tx: list(tx.scalars(sa.select(c.detail).where(mine, c.action == "connection.command")))
    )
    told = json.loads(rows[0])
    assert len(rows) == 2
    assert (told["restriction"], told["rule"], told["action"]) == ("house", 1, action)
    assert told["typed"].startswith("rm -rf /")
    denied = sa.select(sa.func.count()).where(mine, c.action == "connection.command", c.outcome == "denied")
    assert await database.read(lambda tx: tx.scalar(denied)) == (0 if action is CommandAction.LOG else 2)
    session = await database.read(transition.get, session_id)
    assert session.locked is (action is CommandAction.LOCK)
    assert session.lock_message == ("ask first" if session.locked else None)
    ended = action is CommandAction.TERMINATE
    assert session.status == (Status.CANCELLING if ended else Status.ACTIVE)
    assert session.status_description == ("ask first" if ended else None) or not ended


async def test_a_session_that_is_over_stays_so(database: Database, tmp_path: Path) -> None:
    session_id = await active(database, tmp_path)
    await happens(database, session_id, hit(CommandAction.TERMINATE), hit(CommandAction.LOCK))
    session = await database.read(transition.get, session_id)
    assert (session.status, session.locked) == (Status.CANCELLING, False)


async def test_a_mail_goes_out_where_the_rule_says_so_and_not_without_end(
    database: Database, tmp_path: Path
) -> None:
    session_id = await active(database, tmp_path)
    await happens(database, session_id, hit(CommandAction.LOG))
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(mail))) == 0
    for _ in range(MOST_MAILS + 3):
        await happens(database, session_id, hit(CommandAction.BLOCK, mailed=True, message=None))
    bodies = await database.read(lambda tx: list(tx.scalars(sa.select(mail.c.body))))
    assert len(bodies) == MOST_MAILS
    assert "Command: rm -rf / Bcc: x\n" in bodies[0]
    assert f"https://locum.example/api/v1/ActivitySession/{session_id}\n" in bodies[0]
    addresses = await database.read(lambda tx: set(tx.scalars(sa.select(mail.c.address))))
    assert addresses == {"ops@example.org"}
