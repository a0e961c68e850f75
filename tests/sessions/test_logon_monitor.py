"""Who is signed in to a session's account past the gateway is seen, on a real host."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from demo import hosts
from linux_user import User, until
from locum.activities.profiles import change_profile
from locum.audit.model import audit_event
from locum.connectors.base import Connector, Step, Target
from locum.kit import jobs
from locum.kit.db import Tx
from locum.reads.sessions import session_row
from locum.resources.model import resource
from locum.sessions.advance import advance
from locum.sessions.lifecycle import Status
from locum.sessions.logon_model import LOGON_JOB, logon_watch
from locum.sessions.logon_monitor import monitor
from locum.sessions.model import access_session, connection
from locum.sessions.transition import JOB
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio

CAME, WENT = "is signed in to past the gateway", "is no longer signed in to past the gateway"


class Watched:
    """An active session whose target is looked at, and a person who has a key of their own there."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.database = stage, stage.database
        self.user = User(folder, stage.host)
        self.id = UUID(int=0)
        self.plan: list[Step] = []

    async def begin(self, **settings: Any) -> None:
        await self.profile(**{"monitor_entire_session": True, "monitor_interval": 7, **settings})
        self.id = await self.stage.ask()
        await self.turn()
        login = (await self.stage.session(self.id)).login_name
        self.plan = [Step("account", {"login": login}, str(self.id))]
        keys = f"/home/{login}/.ssh/authorized_keys"
        hosts.run(self.stage.host, f"echo '{self.user.public_key}' >> {keys}")

    async def profile(self, **settings: Any) -> None:
        def change(tx: Tx) -> None:
            profile_id = UUID(str(tx.scalar(sa.text("SELECT id FROM connection_profile WHERE is_default"))))
            change_profile(tx, ACTOR, profile_id, settings)

        await self.database.write(change)

    async def turn(self) -> None:
        """Do all that is due now, as the worker would."""
        does = {JOB: advance, LOGON_JOB: monitor}
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            await asyncio.gather(*(does[job.kind](self.stage.work, job) for job in claimed))

    async def look(self) -> str:
        """What a look that is due now adds to the session's log."""
        before = await self.stage.log(self.id)
        assert await self.database.write(jobs.run_now, LOGON_JOB, self.id)
        await self.turn()
        return (await self.stage.log(self.id)).removeprefix(before)

    async def signed_in(self) -> bool:
        return (await self.database.read(session_row, self.id)).signed_in

    async def due_in(self) -> dt.timedelta | None:
        """How long until the next look; None: there is none."""
        due = sa.select(jobs.job.c.due_at).where(jobs.job.c.kind == LOGON_JOB)
        at, now = await self.database.read(lambda tx: (tx.scalar(due), tx.now))
        return None if at is None else at - now

    async def set_session(self, **values: Any) -> None:
        await self.database.write(lambda tx: tx.run(sa.update(access_session).values(**values)))

    async def audited(self) -> int:
        rows = sa.select(audit_event.c.id).where(audit_event.c.action == "session.signed_in_directly")
        return len(await self.database.read(lambda tx: tx.scalars(rows)))

    async def end(self) -> None:
        await self.stage.end(self.id)
        await self.turn()


@pytest.fixture
async def watched(stage: Stage, tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(stage, tmp_path)
    yield made
    if made.id.int:
        await made.end()


async def test_who_comes_past_the_gateway_is_seen_until_they_go(watched: Watched) -> None:
    await watched.begin()
    assert dt.timedelta(minutes=6) < await watched.due_in() <= dt.timedelta(minutes=7)  # type: ignore[operator]
    assert await watched.look() == ""
    assert not await watched.signed_in()
    with watched.user.signed_in(watched.plan):
        assert f"{CAME}: ssh 127." in await watched.look()
        assert await watched.signed_in()
        assert await watched.look() == ""
        assert await watched.audited() == 1
    await gone(watched)
    assert WENT in await watched.look()
    assert not await watched.signed_in()
    assert await watched.look() == ""
    with watched.user.signed_in(watched.plan):
        assert CAME in await watched.look()
    await watched.end()
    assert (await watched.stage.session(watched.id)).status == Status.COMPLETE
    await watched.look()
    assert await watched.due_in() is None
    assert await watched.database.read(lambda tx: tx.scalars(sa.select(logon_watch.c.session_id))) == []


async def gone(watched: Watched) -> None:
    """sshd of the host has ended whatever had been signed in."""
    login = watched.plan[0].parameters["login"]
    await until(lambda: not any(f"sshd: {login}" in title for _, title in hosts.processes(watched.stage.host)))


async def test_connections_of_the_gateway_are_not_meant(watched: Watched) -> None:
    """It has two, and one that it closed a moment ago: a fourth is somebody else's."""
    await watched.begin()
    session = await watched.stage.session(watched.id)

    def connect(tx: Tx, number: int, closed: bool) -> None:
        tx.add(
            connection,
            id=UUID(int=number),
            session_id=session.id,
            identity_id=session.identity_id,
            node="n",
            address="10.0.0.1",
            recorded=False,
            opened_at=tx.now,
            closed_at=tx.now if closed else None,
        )

    for number, closed in enumerate((False, False, True)):
        await watched.database.write(connect, number, closed)
    one = watched.user.signed_in
    with one(watched.plan), one(watched.plan), one(watched.plan):
        assert await watched.look() == ""
        with one(watched.plan):
            assert CAME in await watched.look()


async def test_nothing_is_looked_at_unless_the_profile_asks(watched: Watched) -> None:
    await watched.begin(monitor_entire_session=False)
    assert await watched.due_in() is None
    await watched.end()
    await watched.begin(monitor_interval=None)
    assert dt.timedelta(minutes=4) < await watched.due_in() <= dt.timedelta(minutes=5)  # type: ignore[operator]
    with watched.user.signed_in(watched.plan):
        await watched.look()
        await watched.profile(monitor_entire_session=False)
        assert await watched.look() == ""
        assert await watched.due_in() is None
        assert not await watched.signed_in()


async def test_a_target_that_can_not_be_looked_at_costs_a_line(watched: Watched) -> None:
    await watched.begin()
    port = await watched.database.read(lambda tx: tx.scalar(sa.select(resource.c.port_ssh)))

    async def listen(port: int) -> None:
        await watched.database.write(lambda tx: tx.run(sa.update(resource).values(port_ssh=port)))

    await listen(1)
    assert "it can't be seen who is signed in: can't reach" in await watched.look()
    assert await watched.look() == ""
    assert (await watched.stage.session(watched.id)).status == Status.ACTIVE
    await listen(port)
    with watched.user.signed_in(watched.plan):
        said = await watched.look()
    assert "it can be seen again who is signed in" in said
    assert CAME in said


async def test_who_came_directly_is_told_of_the_end_once(watched: Watched) -> None:
    await watched.begin(expiration_notice_minutes=10, monitor_interval=60)
    now = await watched.database.read(lambda tx: tx.now)
    end = now + dt.timedelta(minutes=30)
    await watched.set_session(scheduled_end=end)
    assert await watched.look() == ""
    assert dt.timedelta(minutes=19) < await watched.due_in() <= dt.timedelta(minutes=20)  # type: ignore[operator]
    soon = now + dt.timedelta(minutes=5)
    await watched.set_session(scheduled_end=soon)
    with watched.user.signed_in(watched.plan, "-tt") as client:
        assert "was told on its terminals" in await watched.look()
        assert client.stdout is not None
        lines = [client.stdout.readline() for _ in range(2)]
        assert f"Locum: this access ends at {soon:%H:%M} UTC".encode() in b"".join(lines)
        assert "told" not in await watched.look()
        assert await watched.due_in() <= dt.timedelta(minutes=5)  # type: ignore[operator]
        await watched.set_session(scheduled_end=soon + dt.timedelta(minutes=1))
        assert "was told on its terminals" in await watched.look()


async def test_a_session_that_ends_during_a_look_is_left_alone(watched: Watched) -> None:
    await watched.begin()
    with watched.user.signed_in(watched.plan):
        await watched.database.write(jobs.run_now, LOGON_JOB, watched.id)
        [held] = await watched.database.write(jobs.claim, owner="n", limit=10)
        work = watched.stage.work

        @asynccontextmanager
        async def ending(kind: str, target: Target) -> AsyncIterator[Connector]:
            await watched.stage.end(watched.id)
            async with work.connect(kind, target) as connected:
                yield connected

        await monitor(replace(work, connect=ending), held)
        assert CAME not in await watched.stage.log(watched.id)
        await watched.turn()
    assert await watched.due_in() is None
