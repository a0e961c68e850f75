"""Requests that wait for approval: tiers, groups, escalation, time-out, and two approvers at one moment."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.identities.model import Kind, identity, identity_member
from locum.identities.people import create_local_user
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, NotFound
from locum.kit.ids import new_id
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions import transition
from locum.sessions.approval import approvals_of, decide, settle
from locum.sessions.approval_model import approval_workflow, asked_tier
from locum.sessions.approval_rules import Progression, State, Voice
from locum.sessions.approval_workflow import NewTier, add_workflow, change_workflow
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session
from locum.sessions.request import Request, request_session
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio

YES, NO = State.APPROVED, State.DENIED


@dataclass
class Desk:
    """A request of Alice's needs approval; Bob, Carl and Dora are there, Carl and Dora in one group."""

    database: Database
    world: World
    people: dict[str, UUID]

    async def workflow(self, *tiers: NewTier, self_approval: bool = False) -> None:
        def put(tx: Tx) -> None:
            made = add_workflow(tx, ACTOR, name="w", tiers=list(tiers), self_approval=self_approval)
            tx.run(sa.update(connection_profile).values(approval_workflow_id=made.id))
            tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

        await self.database.write(put)

    async def change(self, *tiers: NewTier, name: str = "w", self_approval: bool = False) -> None:
        def put(tx: Tx) -> None:
            workflow_id = tx.scalar(sa.select(approval_workflow.c.id))
            change_workflow(tx, ACTOR, workflow_id, name=name, tiers=list(tiers), self_approval=self_approval)

        await self.database.write(put)

    async def ask(self, **more: object) -> UUID:
        w = self.world
        asked = Request(identity_id=w.person, activity_id=w.sudo, resource_id=w.resource, **more)  # type: ignore[arg-type]
        return await self.database.write(request_session, ACTOR, asked, node="n")

    async def say(self, who: str, session_id: UUID, state: State = YES) -> AccessSession:
        actor = Actor(self.people[who], who, "192.0.2.9")
        return await self.database.write(decide, actor, session_id, state, "note")

    async def say_nothing(self, session_id: UUID) -> None:
        """The worker has looked and sleeps until the request's end."""
        due = sa.update(jobs.job).values(due_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
        await self.database.write(lambda tx: tx.run(due))

    async def status(self, session_id: UUID) -> int:
        return (await self.database.read(transition.get, session_id)).status

    async def late(self, session_id: UUID, minutes: int) -> dt.datetime | None:
        """The worker looks, as if so many minutes had passed."""
        c = access_session.c
        earlier = dt.timedelta(minutes=minutes)

        def look(tx: Tx) -> dt.datetime | None:
            session = transition.get(tx, session_id)
            assert session.tier_since is not None
            assert session.start_until is not None
            times = {
                "tier_since": session.tier_since - earlier,
                "start_until": session.start_until - earlier,
                "scheduled_start": session.scheduled_start - earlier,
                "scheduled_end": session.scheduled_end - earlier,
            }
            tx.run(sa.update(access_session).where(c.id == session_id).values(**times))
            return settle(tx, transition.get(tx, session_id, hold=True))

        return await self.database.write(look)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    world = await make_world(database, tmp_path)

    def people(tx: Tx) -> dict[str, UUID]:
        found = {"alice": world.person, "mallory": world.stranger}
        for name in ("bob", "carl", "dora"):
            found[name] = create_local_user(tx, ACTOR, name=name, password_hash="x").id
        group = found["group"] = new_id()
        tx.add(
            identity,
            id=group,
            kind=Kind.GROUP,
            name="team",
            name_key="team",
            locked=False,
            created_at=tx.now,
            modified_at=tx.now,
            tokens_valid_from=tx.now,
        )
        for name in ("carl", "dora", "alice"):
            tx.add(identity_member, group_id=group, member_id=found[name])
        return found

    return Desk(database, world, await database.write(people))


async def test_tiers_are_asked_one_after_the_other(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(NewTier((p["bob"],)), NewTier((p["group"],), 2))
    session_id = await desk.ask()
    assert await desk.status(session_id) == Status.APPROVAL_REQUIRED
    for who in ("mallory", "carl", "alice"):
        with pytest.raises(NotFound):
            await desk.say(who, session_id)
    await desk.say("bob", session_id)
    with pytest.raises(NotFound):  # his tier is over
        await desk.say("bob", session_id)
    assert (await desk.say("carl", session_id)).status == Status.APPROVAL_REQUIRED
    with pytest.raises(Conflict):
        await desk.say("carl", session_id)
    with pytest.raises(NotFound):  # the group's members are asked, but not who asked
        await desk.say("alice", session_id)
    before = await desk.database.read(transition.get, session_id)
    approved = await desk.say("dora", session_id)
    assert approved.status == Status.PENDING
    assert approved.scheduled_end - approved.scheduled_start == before.scheduled_end - before.scheduled_start
    assert approved.scheduled_start >= before.scheduled_start
    with pytest.raises(Conflict):
        await desk.say("dora", session_id)
    rows = await desk.database.read(approvals_of, session_id)
    assert [(r.tier_number, r.state, r.decided_by_name, r.notes) for r in rows if r.decided_at] == [
        (1, YES, "bob", "note"),
        *((2, YES, r.decided_by_name, "note") for r in rows[1:]),
    ]


async def test_one_no_is_enough(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["bob"], desk.people["carl"]), 2))
    session_id = await desk.ask()
    await desk.say("bob", session_id)
    assert (await desk.say("carl", session_id, NO)).status == Status.APPROVAL_DENIED


async def test_nobody_in_time(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["bob"],)))
    session_id = await desk.ask()
    look_at = await desk.late(session_id, 10)
    assert look_at is not None
    assert await desk.late(session_id, 24 * 60) is None
    assert await desk.status(session_id) == Status.APPROVAL_FAILED
    with pytest.raises(Conflict):
        await desk.say("bob", session_id)


async def test_escalation_asks_one_more(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["bob"],), escalation_id=desk.people["dora"]))
    session_id = await desk.ask()
    with pytest.raises(NotFound):
        await desk.say("dora", session_id)
    await desk.late(session_id, 10)
    rows = await desk.database.read(approvals_of, session_id)
    assert {(r.approver_id, r.voice) for r in rows} == {
        (desk.people["bob"], Voice.NORMAL),
        (desk.people["dora"], Voice.ESCALATED),
    }
    assert (await desk.say("dora", session_id)).status == Status.PENDING


async def test_the_requester_only_where_the_workflow_says_so(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["alice"],)), self_approval=True)
    session_id = await desk.ask()
    (row,) = await desk.database.read(approvals_of, session_id)
    assert row.voice is Voice.REQUESTER
    assert (await desk.say("alice", session_id)).status == Status.PENDING


async def test_who_is_locked_or_no_longer_in_the_group_does_not_count(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(NewTier((p["bob"], p["group"]), 2))
    session_id = await desk.ask()
    await desk.say("bob", session_id)
    await desk.database.write(lock, p["bob"])
    gone = sa.delete(identity_member).where(identity_member.c.member_id == p["dora"])
    await desk.database.write(lambda tx: tx.run(gone))
    with pytest.raises(NotFound):
        await desk.say("dora", session_id)
    assert (await desk.say("carl", session_id)).status == Status.APPROVAL_REQUIRED


async def test_two_at_the_same_moment_count_both_once(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["bob"], desk.people["carl"]), 2))
    session_id = await desk.ask()
    said = await asyncio.gather(
        *(desk.say(who, session_id) for who in ("bob", "carl", "bob", "carl")), return_exceptions=True
    )
    assert sum(isinstance(one, AccessSession) for one in said) == 2
    assert all(isinstance(one, (AccessSession, Conflict)) for one in said), said
    assert await desk.status(session_id) == Status.PENDING


async def test_what_was_asked_for_is_not_gone_beyond(desk: Desk) -> None:
    await desk.workflow(NewTier((desk.people["bob"],)))
    end = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)
    session_id = await desk.ask(end=end)
    assert (await desk.say("bob", session_id)).scheduled_end <= end


async def test_without_a_workflow_nothing_is_given(desk: Desk) -> None:
    await desk.database.write(lambda tx: tx.run(sa.update(policy).values(approval=Approval.WORKFLOW)))
    with pytest.raises(Forbidden) as refusal:
        await desk.ask()
    assert refusal.value.missing == "approval workflow"


def together(*approvers: UUID, required: int = 1) -> NewTier:
    return NewTier(approvers, required, progression=Progression.CONCURRENT)


async def test_concurrent_tiers_are_asked_at_once_and_each_needs_its_quorum(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(together(p["bob"]), together(p["carl"], p["dora"], required=2), NewTier((p["mallory"],)))
    session_id = await desk.ask()
    with pytest.raises(NotFound):  # the third comes after both
        await desk.say("mallory", session_id)
    assert (await desk.say("carl", session_id)).status == Status.APPROVAL_REQUIRED
    assert (await desk.say("bob", session_id)).tier_number == 1
    with pytest.raises(Conflict):
        await desk.say("bob", session_id)
    assert (await desk.say("dora", session_id)).tier_number == 3
    assert (await desk.say("mallory", session_id)).status == Status.PENDING
    assert await desk.database.read(lambda tx: tx.scalars(sa.select(asked_tier.c.tier_id))) == []


async def test_one_word_is_for_every_tier_that_asks_the_same_person(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(together(p["bob"]), together(p["bob"], p["carl"], required=2))
    session_id = await desk.ask()
    assert (await desk.say("bob", session_id)).status == Status.APPROVAL_REQUIRED
    rows = await desk.database.read(approvals_of, session_id)
    assert [(r.tier_number, r.state) for r in rows if r.approver_id == p["bob"]] == [(1, YES), (2, YES)]
    assert (await desk.say("carl", session_id)).status == Status.PENDING


async def test_a_no_in_one_of_two_concurrent_tiers_is_enough(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(together(p["bob"]), together(p["carl"]))
    session_id = await desk.ask()
    await desk.say("bob", session_id)
    assert (await desk.say("carl", session_id, NO)).status == Status.APPROVAL_DENIED


async def test_changed_tiers_are_asked_anew_and_old_words_count_no_longer(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(NewTier((p["bob"], p["carl"]), 2), NewTier((p["dora"],)))
    session_id = await desk.ask()
    await desk.say("bob", session_id)
    await desk.change(NewTier((p["carl"], p["dora"]), 2))
    with pytest.raises(NotFound):  # from the same commit on
        await desk.say("bob", session_id)
    assert (await desk.say("carl", session_id)).status == Status.APPROVAL_REQUIRED
    rows = await desk.database.read(approvals_of, session_id)
    assert [(r.approver_id, r.notes) for r in rows if r.decided_at] == [(p["bob"], "note"), (p["carl"], "note")]
    assert (await desk.say("dora", session_id)).status == Status.PENDING


async def test_the_worker_asks_anew_what_nobody_has_to_look_at_first(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(NewTier((p["bob"],)))
    session_id = await desk.ask()
    await desk.say_nothing(session_id)
    await desk.change(NewTier((p["dora"],)), name="other")
    assert await desk.database.read(jobs.next_due) <= dt.datetime.now(dt.UTC)
    await desk.late(session_id, 0)
    rows = await desk.database.read(approvals_of, session_id)
    assert [row.approver_id for row in rows] == [p["bob"], p["dora"]]
    assert (await desk.say("dora", session_id)).status == Status.PENDING


async def test_another_name_asks_nobody_anew_and_self_approval_does(desk: Desk) -> None:
    p = desk.people
    await desk.workflow(NewTier((p["bob"], p["alice"])), self_approval=True)
    session_id = await desk.ask()
    await desk.change(NewTier((p["alice"], p["bob"])), name="other", self_approval=True)
    await desk.late(session_id, 0)
    assert len(await desk.database.read(approvals_of, session_id)) == 2
    await desk.change(NewTier((p["bob"], p["alice"])), name="other")
    with pytest.raises(NotFound):
        await desk.say("alice", session_id)
    assert (await desk.say("bob", session_id)).status == Status.PENDING
