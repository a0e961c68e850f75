"""Tasks on a real host: they run by themselves, their words are in the log, nothing of them stays; also cut off."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from locum.activities.model import Phase
from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden
from locum.sessions import ledger, transition
from locum.sessions.advance import advance
from locum.sessions.connections import authorize_connection
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session
from stage import Stage, staged
from task_activity import make_task, script
from world import ACTOR

pytestmark = pytest.mark.anyio

MARK = "/var/tmp/task"


@pytest.fixture
async def stage(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path, linux_hosts[0]) as made:
        yield made
        hosts.run(linux_hosts[0], f"rm -f {MARK}")


async def task(stage: Stage, *actions: dict[str, Any]) -> None:
    await make_task(stage.database, stage.world, *actions)


async def ask(stage: Stage, **how: Any) -> UUID:
    return await stage.ask(activity_id=stage.world.shell, **how)


async def outcome(stage: Stage, session_id: UUID) -> Status:
    return Status((await stage.session(session_id)).status)


async def test_a_task_runs_by_itself_and_ends(stage: Stage) -> None:
    before = state_of(stage.host)
    await task(
        stage,
        script('id -Gn "$LOCUM_LOGIN"', run_as="", phase=Phase.BEFORE),
        script('echo "hello from $(id -un) for $LOCUM_USER"', run_as=""),
        script(f"echo two >> {MARK}; echo 'db_password=hunter2'"),
        script(f"cat {MARK}", phase=Phase.AFTER),
    )
    session_id = await ask(stage)
    await stage.turn()
    session = await stage.session(session_id)
    assert (session.status, session.status_description) == (Status.COMPLETE, "the task is done")
    assert session.actual_start is not None
    assert session.key_secret_id is None
    log = await stage.log(session_id)
    lines = [
        "the task begins",
        f"hello from {session.login_name} for Alice",
        "db_password=********",
        "script: two",
    ]
    places = [log.index(line) for line in lines]
    assert places == sorted(places)
    assert "hunter2" not in log
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert "authorized_key" not in {e.kind for e in await stage.database.read(ledger.entries, session_id)}
    actions = sa.select(audit_event.c.action).order_by(audit_event.c.id)
    written = await stage.database.read(lambda tx: tx.scalars(actions))
    assert written[-3:] == ["session.active", "session.ending", "session.ended"]
    hosts.run(stage.host, f"rm {MARK}")
    assert settled(stage.host, before)


async def test_a_failing_script_fails_the_task(stage: Stage) -> None:
    before = state_of(stage.host)
    await task(
        stage,
        script("echo first; exit 3", continue_on_fail=True),
        script("echo no luck; exit 7"),
        script(f"touch {MARK}"),
    )
    session_id = await ask(stage)
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.FAILED
    assert "the script ended with 7" in (session.status_description or "")
    log = await stage.log(session_id)
    for words in ("custom_script: first", "custom_script failed, going on", "custom_script: no luck"):
        assert words in log
    assert settled(stage.host, before)


async def test_a_task_waits_for_its_start(stage: Stage) -> None:
    await task(stage, script("echo ran"))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    session_id = await ask(stage, start=later)
    await stage.turn()
    assert await outcome(stage, session_id) == Status.PENDING

    def earlier(tx: Tx) -> None:
        times = {"scheduled_start": tx.now, "scheduled_end": tx.now + dt.timedelta(hours=1)}
        tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(**times))
        jobs.schedule(tx, transition.JOB, session_id, due_at=tx.now)

    await stage.database.write(earlier)
    await stage.turn()
    assert await outcome(stage, session_id) == Status.COMPLETE
    assert "custom_script: ran" in await stage.log(session_id)


async def test_nobody_connects_to_a_task(stage: Stage) -> None:
    await task(stage, script(f"until [ -e {MARK} ]; do sleep 0.05; done"))
    session_id = await ask(stage)
    turn = asyncio.create_task(stage.turn())
    while await outcome(stage, session_id) != Status.ACTIVE:
        await asyncio.sleep(0.02)
    who = SignedIn(stage.world.person, "alice")
    entering = stage.database.write(
        authorize_connection, stage.world.vault, session_id=session_id, who=who, address="192.0.2.7", node="n"
    )
    with pytest.raises(Forbidden, match="this session is a task"):
        await entering
    hosts.run(stage.host, f"touch {MARK}")
    await turn
    assert await outcome(stage, session_id) == Status.COMPLETE


async def test_who_ends_the_session_ends_the_script(stage: Stage) -> None:
    before = state_of(stage.host)
    await task(stage, script(f"touch {MARK}; sleep 500 & sleep 500", timeout_s=600))
    session_id = await ask(stage)
    turn = asyncio.create_task(stage.turn())
    await asyncio.to_thread(hosts.run, stage.host, f"until [ -e {MARK} ]; do sleep 0.05; done")

    def end(tx: Tx) -> None:
        session = transition.get(tx, session_id)
        transition.begin_end(tx, ACTOR, session, outcome=Status.CANCELLED, reason="enough")

    await stage.database.write(end)
    stage.work.changed.ring()
    await turn
    assert await outcome(stage, session_id) == Status.CANCELLED
    assert "custom_script is cut off, for the session ends" in await stage.log(session_id)
    hosts.run(stage.host, f"rm {MARK}")
    assert settled(stage.host, before)


@pytest.mark.parametrize("repeatable", ["", "true"])
async def test_a_step_in_which_locum_died_is_not_run_twice_unless_it_may_be(stage: Stage, repeatable: str) -> None:
    before = state_of(stage.host)
    more = {"parameters": {"repeatable": repeatable}} if repeatable else {}
    await task(
        stage, script(f"echo once >> {MARK}; [ $(wc -l < {MARK}) -gt 1 ] || sleep 500", timeout_s=600, **more)
    )
    session_id = await ask(stage)
    (claimed,) = await stage.database.write(jobs.claim, owner="dies", limit=10)
    died = asyncio.create_task(advance(stage.work, claimed))
    await asyncio.to_thread(hosts.run, stage.host, f"until [ -s {MARK} ]; do sleep 0.05; done")
    died.cancel()
    await asyncio.gather(died, return_exceptions=True)
    await stage.database.write(jobs.take_back, "dies")
    await stage.turn()
    runs = int(hosts.run(stage.host, f"wc -l < {MARK}"))
    log = await stage.log(session_id)
    if repeatable:
        assert (await outcome(stage, session_id), runs) == (Status.COMPLETE, 2), log
    else:
        assert (await outcome(stage, session_id), runs) == (Status.FAILED, 1), log
        assert ledger.UNKNOWN in log
    hosts.run(stage.host, f"rm {MARK}")
    assert settled(stage.host, before)
