"""A session's whole life on a real host, driven by the worker's own step, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from certifying import Certifying, reviewer
from demo import hosts
from hosts import settled, state_of
from locum.activities.model import connection_profile
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Forbidden
from locum.kit.jobs import LostLease
from locum.policies.certification_model import RowStatus
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions import transition
from locum.sessions.advance import advance
from locum.sessions.approval import decide
from locum.sessions.approval_rules import State
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.extend import extend_session
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session
from locum.sessions.withdrawn import end_withdrawn, withdrawn
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_access_appears_and_disappears(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.ACTIVE
    assert await stage.states(session_id) == {EntryState.APPLIED}
    login = session.login_name
    assert login in hosts.run(stage.host, f"getent passwd {login}")
    assert login in hosts.run(stage.host, "cat /etc/sudoers.d/*")

    await stage.end(session_id)
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.COMPLETE
    assert session.actual_end is not None
    assert session.key_secret_id is None
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert settled(stage.host, before)
    assert await stage.database.read(jobs.next_due) is None


async def test_time_ends_a_session(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask(end=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await asyncio.sleep(2)
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.COMPLETE
    assert session.status_description == "time is over"
    assert settled(stage.host, before)


async def test_two_sessions_on_one_host_do_not_meet(stage: Stage) -> None:
    before = state_of(stage.host)
    first, second = await stage.ask(), await stage.ask()
    await stage.turn()
    await stage.end(first)
    await stage.turn()
    login = (await stage.session(second)).login_name
    assert hosts.run(stage.host, f"sudo -n -l -U {login}").count("NOPASSWD") == 1
    await stage.end(second)
    await stage.turn()
    assert settled(stage.host, before)


async def test_who_lost_the_lease_stops(stage: Stage) -> None:
    session_id = await stage.ask()
    (lost,) = await stage.database.write(jobs.claim, owner="old", limit=1)
    await stage.database.write(jobs.take_back, "old")
    with pytest.raises(LostLease):
        await advance(stage.work, lost)
    assert await stage.states(session_id) == set()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.end(session_id)
    await stage.turn()


async def test_a_request_becomes_real_with_its_approval_and_follows_its_new_end(stage: Stage) -> None:
    approver = stage.world.stranger

    def put(tx: Tx) -> None:
        kept = add_workflow(tx, ACTOR, name="w", tiers=[NewTier((approver,))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=kept.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    await stage.database.write(put)
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.APPROVAL_REQUIRED
    assert await stage.states(session_id) == set()
    await stage.database.write(decide, Actor(approver, "Mallory"), session_id, State.APPROVED, None)
    await stage.turn()
    active = await stage.session(session_id)
    assert active.status == Status.ACTIVE
    await stage.database.write(extend_session, ACTOR, session_id, 5, as_administrator=True)

    def late(tx: Tx) -> None:
        """As if the old end had come, and not the new one."""
        new_end = {
            "scheduled_start": tx.now - dt.timedelta(hours=2),
            "scheduled_end": tx.now + dt.timedelta(minutes=5),
        }
        tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(**new_end))
        jobs.schedule(tx, transition.JOB, session_id, due_at=tx.now)

    await stage.database.write(late)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.end(session_id)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE


async def test_what_nothing_gives_any_more_does_not_start(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    await stage.turn()
    found = await stage.session(session_id)
    assert (found.status, found.status_description) == (
        Status.FAILED,
        "not allowed any more: the access policy “admins” is disabled",
    )
    assert await stage.states(session_id) == set()
    assert "not allowed any more" in await stage.log(session_id)


async def test_access_that_is_taken_away_is_taken_back(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    for found in await stage.database.read(withdrawn):
        assert await stage.database.write(end_withdrawn, found)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.CANCELLED
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert "the access policy “admins” no longer gives it" in await stage.log(session_id)


async def test_what_a_reviewer_denies_is_taken_back_from_the_host_and_not_given_again(stage: Stage) -> None:
    it = Certifying(stage.database, stage.world, await reviewer(stage.database, "Rita"))
    before = state_of(stage.host)
    session_id = await stage.ask()
    await stage.turn()
    login = (await stage.session(session_id)).login_name
    assert login in hosts.run(stage.host, f"getent passwd {login}")
    waits = await stage.ask()
    await it.say(await it.begun(), RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    for found in await stage.database.read(withdrawn):
        assert await stage.database.write(end_withdrawn, found)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.CANCELLED
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert settled(stage.host, before)
    assert "a certification denied it: left the team" in await stage.log(session_id)
    # What was asked for before does not start any more, and nothing new is given.
    late = await stage.session(waits)
    assert late.status == Status.FAILED
    assert "left the team" in (late.status_description or "")
    with pytest.raises(Forbidden, match="left the team"):
        await stage.ask()
