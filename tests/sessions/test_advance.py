"""A session's whole life on a real host, driven by the worker's own step, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from demo import hosts
from hosts import settled, state_of
from locum.kit import jobs
from locum.kit.jobs import LostLease
from locum.sessions.advance import advance
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState
from stage import Stage

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
