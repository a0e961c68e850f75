"""A session's whole life on a real host, driven by the worker's own step, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from demo import hosts
from demo.hosts import Host

from hosts import settled, state_of
from locum.kit import jobs
from locum.kit.db import Database
from locum.kit.jobs import LostLease
from locum.kit.wake import Wake
from locum.main.compose import open_connector
from locum.resources.model import resource
from locum.sessions import ledger, transition
from locum.sessions.advance import advance
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, access_session, session_log
from locum.sessions.request import Request, request_session
from locum.sessions.work import SessionWork
from locum.vault.model import vault_secret
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@dataclass
class Stage:
    """One installation with one host."""

    database: Database
    world: World
    work: SessionWork
    host: Host

    async def ask(self, **changes: object) -> UUID:
        request = Request(
            identity_id=self.world.person,
            activity_id=self.world.sudo,
            resource_id=self.world.resource,
            **changes,  # type: ignore[arg-type]
        )
        return await self.database.write(request_session, ACTOR, request, node="n")

    async def turn(self) -> None:
        """Do all that is due now, as the worker would."""
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            await asyncio.gather(*(advance(self.work, job) for job in claimed))

    async def session(self, session_id: UUID) -> AccessSession:
        return await self.database.read(transition.get, session_id)

    async def states(self, session_id: UUID) -> set[EntryState]:
        return {entry.state for entry in await self.database.read(ledger.entries, session_id)}

    async def end(self, session_id: UUID) -> None:
        def end(tx: object) -> None:
            session = transition.get(tx, session_id)  # type: ignore[arg-type]
            transition.begin_end(tx, ACTOR, session, outcome=Status.COMPLETE, reason="enough")  # type: ignore[arg-type]

        await self.database.write(end)

    async def log(self, session_id: UUID) -> str:
        lines = (
            sa.select(session_log.c.text).where(session_log.c.session_id == session_id).order_by(session_log.c.id)
        )
        return "\n".join(await self.database.read(lambda tx: tx.scalars(lines)))


@asynccontextmanager
async def staged(database: Database, folder: Path, host: Host) -> AsyncIterator[Stage]:
    world = await make_world(database, folder, host)
    yield Stage(database, world, SessionWork(database, world.vault, open_connector, Wake()), host)


@pytest.fixture
async def stage(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path, linux_hosts[0]) as made:
        yield made


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


async def test_the_key_of_an_ended_session_is_erased(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    secret_id = (await stage.session(session_id)).key_secret_id
    await stage.end(session_id)
    await stage.turn()
    erased = sa.select(vault_secret.c.erased_at).where(vault_secret.c.id == secret_id)
    assert await stage.database.read(lambda tx: tx.scalar(erased)) is not None


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


async def test_a_session_ended_while_it_is_made_leaves_nothing(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    (job,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    making = asyncio.create_task(advance(stage.work, job))
    while not await stage.states(session_id):
        await asyncio.sleep(0.001)
    await stage.end(session_id)
    await making
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert await stage.states(session_id) == {EntryState.REVERTED}
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


async def test_a_host_that_is_down_is_tried_again_and_others_go_on(stage: Stage, linux_hosts: list[Host]) -> None:
    session_id = await stage.ask()
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        assert (await stage.session(session_id)).status == Status.PENDING
        assert "can't reach" in await stage.log(session_id)
        assert "trying again in 1 s" in await stage.log(session_id)
    finally:
        hosts.start_sshd(stage.host)
    await asyncio.sleep(1.1)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.end(session_id)
    await stage.turn()


async def test_revoking_from_a_host_that_is_down_goes_on_until_it_is_back(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    await stage.turn()
    await stage.end(session_id)
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        session = await stage.session(session_id)
        assert session.status == Status.CANCELLING
        entries = await stage.database.read(ledger.entries, session_id)
        assert {e.state for e in entries} == {EntryState.APPLIED}
        assert all(e.failures == 1 and e.last_error for e in entries)
        assert "access could not be taken away yet" in await stage.log(session_id)
    finally:
        hosts.start_sshd(stage.host)
    await asyncio.sleep(1.1)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert settled(stage.host, before)


async def test_a_host_with_another_key_is_not_touched(stage: Stage, linux_hosts: list[Host]) -> None:
    before = state_of(stage.host)
    other = linux_hosts[1].host_key
    await stage.database.write(lambda tx: tx.run(sa.update(resource).values(trusted_host_key=other)))
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.FAILED
    assert await stage.states(session_id) == set()
    assert state_of(stage.host) == before
    assert "host key" in (session.status_description or "")


async def test_the_first_host_key_is_pinned_before_anything_changes(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    pinned = await stage.database.read(lambda tx: tx.scalar(sa.select(resource.c.trusted_host_key)))
    assert pinned == stage.host.host_key
    await stage.end(session_id)
    await stage.turn()


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


async def test_no_row_is_ever_active_without_its_start(stage: Stage) -> None:
    session_id = await stage.ask()
    with pytest.raises(sa.exc.IntegrityError):
        await stage.database.write(
            lambda tx: tx.run(
                sa.update(access_session).where(access_session.c.id == session_id).values(status=Status.ACTIVE)
            )
        )
    await stage.end(session_id)
    await stage.turn()
