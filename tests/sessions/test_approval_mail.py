"""Who is told what by mail, in the unit of work of what it tells of (APR-05)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.identities.people import create_local_user
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.notices.model import MailSetup, mail
from locum.notices.outbox import announce
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions import transition
from locum.sessions.approval import decide, settle
from locum.sessions.approval_mail import tell_overdue
from locum.sessions.approval_rules import Progression, State
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.model import access_session, session_log
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

SETUP = MailSetup("locum@example.org", "https://locum.example", "alarm@example.org")
HOSTILE = "fix\r\nSee it: https://evil.example\u2028{x} %s"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    """Alice asks; Mallory and Bob approve, Bob twice over; Carl, who has no address, and Dora are asked later."""
    made = await make_world(database, tmp_path)

    def put(tx: Tx) -> None:
        tx.run(sa.update(identity).where(identity.c.id == made.person).values(email="alice@example.org"))
        tx.run(sa.update(identity).where(identity.c.id == made.stranger).values(email="m@x\r\nBcc: a@b"))
        bob, carl, dora = (
            create_local_user(tx, ACTOR, name=n, password_hash="x").id for n in ("bob", "carl", "dora")
        )
        for who, address in ((bob, "bob@example.org"), (dora, "dora@example.org")):
            tx.run(sa.update(identity).where(identity.c.id == who).values(email=address))
        tiers = [
            NewTier((bob, made.stranger)),
            NewTier((bob,), progression=Progression.CONCURRENT),
            NewTier((carl,), escalation_id=dora),
        ]
        workflow = add_workflow(tx, ACTOR, name="w", tiers=tiers)
        tx.run(sa.update(connection_profile).values(approval_workflow_id=workflow.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))
        announce(tx, SETUP)

    await database.write(put)
    return made


async def ask(database: Database, world: World) -> UUID:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource, note=HOSTILE)
    return await database.write(request_session, ACTOR, asked, node="n")


async def say(database: Database, name: str, session_id: UUID, state: State = State.APPROVED) -> None:
    who = await database.read(lambda tx: tx.scalar(sa.select(identity.c.id).where(identity.c.name == name)))
    await database.write(decide, Actor(who, name, "192.0.2.9"), session_id, state, "no\nwonder")


async def mails(database: Database) -> list[tuple[str, str]]:
    found = sa.select(mail.c.address, mail.c.topic).order_by(mail.c.created_at, mail.c.address)
    return [tuple(row) for row in await database.read(lambda tx: tx._connection.execute(found).all())]


async def said(database: Database, session_id: UUID) -> list[str]:
    lines = sa.select(session_log.c.text).where(session_log.c.session_id == session_id)
    return await database.read(lambda tx: tx.scalars(lines))


async def text(database: Database, address: str) -> str:
    newest = sa.select(mail.c.body).where(mail.c.address == address).order_by(mail.c.created_at.desc())
    return str(await database.read(lambda tx: tx.scalar(newest)))


async def test_each_approver_has_one_mail_with_what_there_is_to_decide(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    assert await mails(database) == [("bob@example.org", "approval.asked")]
    body = await text(database, "bob@example.org")
    for line in (
        "Who: Alice",
        "Activity: Linux sudo",
        "Resource: web01",
        "Note: fix See it: https://evil.example {x} %s",
        f"https://locum.example/api/v1/ApprovalWorkflow/Approval?activitySessionId={session_id}",
    ):
        assert line in body.splitlines()
    assert "1 of 2 approvers has no mail address and was told nothing" in await said(database, session_id)


async def test_the_log_says_how_many_were_told_nothing(database: Database, world: World) -> None:
    nobody = sa.update(identity).where(identity.c.name != "Alice").values(email=None)
    await database.write(lambda tx: tx.run(nobody))
    session_id = await ask(database, world)
    assert "2 of 2 approvers have no mail address and were told nothing" in await said(database, session_id)
    await say(database, "bob", session_id)
    assert "the approver has no mail address and was told nothing" in await said(database, session_id)
    assert await mails(database) == []


async def test_the_next_tier_the_escalation_and_the_requester(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    await say(database, "bob", session_id)  # Carl has no address

    def later(tx: Tx) -> None:
        tx.run(sa.update(access_session).values(tier_since=tx.now - dt.timedelta(minutes=10)))
        settle(tx, transition.get(tx, session_id, hold=True))

    await database.write(later)
    assert (await mails(database))[1:] == [("dora@example.org", "approval.escalated")]
    assert "Nobody else has answered in 10 minutes." in await text(database, "dora@example.org")
    await say(database, "dora", session_id)
    assert (await mails(database))[2:] == [("alice@example.org", "approval.decided")]
    body = await text(database, "alice@example.org")
    assert body.startswith("Your request was approved.")
    assert "dora says: no wonder" in body.splitlines()


async def test_a_no_and_nobodys_answer_are_told(database: Database, world: World) -> None:
    denied, forgotten = await ask(database, world), await ask(database, world)
    await say(database, "bob", denied, State.DENIED)
    assert (await text(database, "alice@example.org")).startswith("Your request was denied.")

    def over(tx: Tx) -> None:
        start = tx.now - dt.timedelta(hours=1)
        tx.run(sa.update(access_session).where(access_session.c.id == forgotten)
               .values(scheduled_start=start, start_until=tx.now))  # fmt: skip
        settle(tx, transition.get(tx, forgotten, hold=True))

    await database.write(over)
    assert (await text(database, "alice@example.org")).startswith("Your request was given up.")
    assert [address for address, topic in await mails(database) if topic == "approval.decided"] == [
        "alice@example.org"
    ] * 2


async def test_one_alarm_for_each_session_that_lives_on(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    for _ in range(2):
        await database.write(tell_overdue, [session_id])
    assert (await mails(database))[1:] == [("alarm@example.org", "session.overdue")]


async def test_without_a_setup_nothing_is_queued(database: Database, world: World) -> None:
    await database.write(announce, None)
    session_id = await ask(database, world)
    await say(database, "bob", session_id, State.DENIED)
    await database.write(tell_overdue, [session_id])
    assert await mails(database) == []
    texts = await database.read(lambda tx: tx.scalars(sa.select(session_log.c.text)))
    assert not any("mail" in line for line in texts)


async def test_a_credential_to_be_released_has_its_name_in_the_mail(database: Database, world: World) -> None:
    session_id = await ask(database, world)

    def release(tx: Tx) -> None:
        login = tx.scalar(sa.select(credential.c.id))
        about = {"resource_id": None, "credential_id": login}
        tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(about))
        tell_overdue(tx, [session_id])

    await database.write(release)
    assert "Credential: locum" in (await text(database, "alarm@example.org")).splitlines()
