"""The gate: who passes, who does not, and what closes when a session ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer

from demo import hosts
from hosts import settled, state_of
from locum.activities.access_windows import DAYS, AccessWindow
from locum.activities.channel_rules import DEFAULT
from locum.activities.ip_rules import IpRule
from locum.activities.profiles import change_profile, set_channel_rules, set_ip_rules, set_windows
from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit import pause
from locum.kit.db import open_database
from locum.kit.errors import Forbidden, LocumError, NotFound
from locum.kit.ids import new_id
from locum.sessions import transition
from locum.sessions.connections import WATCH_INTERVAL_S, Connections, Grant, Now, Wanted
from locum.sessions.extend import extend_session
from locum.sessions.lifecycle import Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.model import access_session, connection
from stage import Stage, staged
from world import ACTOR, lock

pytestmark = pytest.mark.anyio

DIRECT = Wanted("alice", "Linux_sudo", "web01")


class Door:
    """A gateway's side of the gate, with the worker turning beside it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.gate = Connections(stage.database, stage.world.vault, stage.work.changed, node="n")
        self.told: list[str] = []
        self.closed: list[str] = []
        self.changed: list[Now] = []

    async def open(self, wanted: Wanted, identity_id: UUID | None = None) -> Grant:
        return await self.gate.open(
            SignedIn(identity_id or self.stage.world.person, "alice"),
            wanted,
            address="192.0.2.7",
            close=self.closed.append,
            change=self.changed.append,
            progress=self.told.append,
        )

    async def refused(self, wanted: Wanted, identity_id: UUID | None = None) -> LocumError:
        with pytest.raises(LocumError) as refusal:
            await self.open(wanted, identity_id)
        return refusal.value

    def bound(self, session_id: UUID) -> Wanted:
        return Wanted("alice", "x", "y", session_id=session_id)


@pytest.fixture
async def door(stage: Stage) -> AsyncIterator[Door]:
    made = Door(stage)

    async def turn_for_ever() -> None:
        while True:
            await stage.turn()
            await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(turn_for_ever()), asyncio.create_task(made.gate.watch())]
    yield made
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def eventually(condition: object, timeout: float = 10) -> None:
    async with asyncio.timeout(timeout):
        while not await condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_direct_connect_starts_a_session_that_ends_with_it(door: Door) -> None:
    before = state_of(door.stage.host)
    grant = await door.open(DIRECT)
    assert grant.identity_name == "Alice"
    assert grant.trusted_host_key == door.stage.host.host_key
    assert grant.record
    assert grant.private_key.reveal_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert "preparing access…" in door.told
    assert grant.login_name in hosts.run(door.stage.host, "getent passwd")
    await door.gate.closed(grant, reason="the client disconnected")

    async def gone() -> bool:
        return (await door.stage.session(grant.session_id)).status == Status.COMPLETE

    await eventually(gone)
    assert settled(door.stage.host, before)


async def test_a_bound_address_is_good_again_and_again_until_the_end(door: Door) -> None:
    session_id = await door.stage.ask()
    for _ in range(3):
        grant = await door.open(door.bound(session_id))
        await door.gate.closed(grant, reason="left")
        assert (await door.stage.session(session_id)).status == Status.ACTIVE
    await door.stage.end(session_id)
    assert isinstance(await door.refused(door.bound(session_id)), Forbidden)
    count = sa.select(sa.func.count()).select_from(access_session)
    assert await door.stage.database.read(lambda tx: tx.scalar(count)) == 1


async def test_somebody_elses_session_does_not_exist(door: Door) -> None:
    session_id = await door.stage.ask()
    assert isinstance(await door.refused(door.bound(session_id), door.stage.world.stranger), NotFound)
    assert isinstance(await door.refused(door.bound(new_id())), NotFound)


async def test_without_a_policy_nothing_is_said_about_what_exists(door: Door) -> None:
    for wanted in (DIRECT, Wanted("m", "Linux_sudo", "nowhere"), Wanted("m", "nothing", "web01")):
        refusal = await door.refused(wanted, door.stage.world.stranger)
        assert isinstance(refusal, Forbidden)
    count = sa.select(sa.func.count()).select_from(access_session)
    assert await door.stage.database.read(lambda tx: tx.scalar(count)) == 0


async def test_ending_the_session_closes_its_connections_at_once(door: Door) -> None:
    session_id = await door.stage.ask()
    grant = await door.open(door.bound(session_id))
    await door.stage.end(session_id)
    door.stage.work.changed.ring()

    async def told() -> bool:
        return bool(door.closed)

    await eventually(told, 1)
    assert door.closed[0] == "enough"
    await door.gate.closed(grant, reason="enough")


async def test_locking_the_person_closes_their_connections(door: Door) -> None:
    session_id = await door.stage.ask()
    grant = await door.open(door.bound(session_id))
    await door.stage.database.write(lock, door.stage.world.person)

    async def told() -> bool:
        return bool(door.closed)

    await eventually(told, 2)
    assert door.closed[0] == "your account is locked"
    await door.gate.closed(grant, reason="locked")
    await door.stage.end(session_id)


async def test_a_client_that_leaves_while_it_waits_leaves_no_session(door: Door) -> None:
    before = state_of(door.stage.host)
    waiting = asyncio.create_task(door.open(DIRECT))

    async def asked() -> bool:
        return bool(door.told)

    await eventually(asked)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        grant = await waiting
        await door.gate.closed(grant, reason="too late to cancel")

    async def ended() -> bool:
        states = await door.stage.database.read(lambda tx: tx.scalars(sa.select(access_session.c.status)))
        return all(state in {Status.FAILED, Status.COMPLETE} for state in states)

    await eventually(ended)
    assert settled(door.stage.host, before)


@pytest.mark.parametrize("table", ["access_session", "connection"])
async def test_a_client_that_leaves_while_its_row_is_written_leaves_nothing_open(door: Door, table: str) -> None:
    """The write can't be called back any more: what it makes is undone."""
    loop = asyncio.get_running_loop()
    entering = asyncio.create_task(door.open(DIRECT))

    def leave(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            left = threading.Event()
            loop.call_soon_threadsafe(lambda: (entering.cancel(), left.set()))
            left.wait(10)

    sa.event.listen(door.stage.database.engine, "after_cursor_execute", leave)
    with pytest.raises(asyncio.CancelledError):
        await entering
    sa.event.remove(door.stage.database.engine, "after_cursor_execute", leave)

    async def ended() -> bool:
        states = await door.stage.database.read(lambda tx: tx.scalars(sa.select(access_session.c.status)))
        return bool(states) and all(state in {Status.FAILED, Status.COMPLETE} for state in states)

    await eventually(ended)
    still_open = sa.select(sa.func.count()).select_from(connection).where(connection.c.closed_at.is_(None))
    assert await door.stage.database.read(lambda tx: tx.scalar(still_open)) == 0


async def test_while_the_database_is_away_nothing_dies_and_every_end_is_kept(
    postgres: PostgresServer, postgres_with_tables: str, tmp_path: Path, linux_hosts: list[hosts.Host]
) -> None:
    database = open_database(postgres.create(template=postgres_with_tables))
    async with staged(database, tmp_path, linux_hosts[0]) as stage:
        door = Door(stage)
        watching = asyncio.create_task(door.gate.watch())
        entering = asyncio.create_task(door.open(DIRECT))
        while not entering.done():
            await stage.turn()
            await asyncio.sleep(0.02)
        left = await entering
        bound_session = await stage.ask()
        await stage.turn()
        await door.open(door.bound(bound_session))
        postgres.control("stop")
        try:
            await door.gate.closed(left, reason="left while the database was away")
            await asyncio.sleep(2 * WATCH_INTERVAL_S)
        finally:
            postgres.control("start")
        assert not watching.done()

        async def ending() -> bool:
            return (await stage.session(left.session_id)).status == Status.CANCELLING

        await eventually(ending)
        await stage.end(bound_session)

        async def told() -> bool:
            return bool(door.closed)

        await eventually(told)
        await stage.turn()
        assert (await stage.session(left.session_id)).status == Status.COMPLETE
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    database.close()


async def test_after_a_restart_lost_connections_are_closed_and_their_sessions_ended(door: Door) -> None:
    direct = await door.open(DIRECT)
    kept = await door.stage.ask()
    bound = await door.open(door.bound(kept))
    restarted = Connections(door.stage.database, door.stage.world.vault, door.stage.work.changed, node="n")
    assert set(await restarted.recover()) == {direct.connection_id, bound.connection_id}

    async def ended() -> bool:
        return (await door.stage.session(direct.session_id)).status == Status.COMPLETE

    await eventually(ended)
    assert (await door.stage.session(kept)).status == Status.ACTIVE
    await door.stage.end(kept)


async def test_every_opening_is_audited_with_its_address(door: Door) -> None:

    grant = await door.open(DIRECT)
    await door.gate.closed(grant, reason="left")
    rows = sa.select(audit_event.c.action).where(audit_event.c.address == "192.0.2.7").order_by(audit_event.c.id)
    actions = await door.stage.database.read(lambda tx: tx.scalars(rows))
    assert actions == ["session.requested", "connection.opened"]
    closed = sa.select(sa.func.count()).where(audit_event.c.action == "connection.closed")
    assert await door.stage.database.read(lambda tx: tx.scalar(closed)) == 1
    assert (await door.stage.database.read(transition.get, grant.session_id)).status in {2, 3}


async def test_a_paused_copy_lets_nobody_in(stage: Stage) -> None:
    """At once: whoever waited for the session to become active would wait for ever."""
    door = Door(stage)
    active, pending = await stage.ask(), None
    await stage.turn()
    pending = await stage.ask()
    await stage.database.write(pause.begin, "a test")
    async with asyncio.timeout(20):
        for wanted in (door.bound(active), door.bound(pending), DIRECT):
            assert isinstance(await door.refused(wanted), pause.Paused)
    assert await stage.database.read(lambda tx: tx.scalars(sa.select(connection.c.id))) == []
    await stage.database.write(pause.end)
    for session_id in (active, pending):
        await stage.end(session_id)
    await stage.turn()


async def test_the_profile_is_asked_again_for_each_connection(door: Door) -> None:
    session_id, database = await door.stage.ask(), door.stage.database
    profile_id = (await door.stage.session(session_id)).profile_id
    await door.gate.closed(await door.open(door.bound(session_id)), reason="left")
    await database.write(set_ip_rules, ACTOR, profile_id, [IpRule("192.0.2.7", False, 0)])
    assert "from your address" in (await door.refused(door.bound(session_id))).detail
    await database.write(set_ip_rules, ACTOR, profile_id, [IpRule("192.0.2.0/24", True, 2)])
    await door.gate.closed(await door.open(door.bound(session_id)), reason="left")
    tomorrow = DAYS[(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).weekday()]
    await database.write(set_windows, ACTOR, profile_id, [AccessWindow(tomorrow, "09:00", "10:00", "UTC")])
    assert "only at these times" in (await door.refused(door.bound(session_id))).detail
    assert "only at these times" in (await door.refused(DIRECT)).detail
    await database.write(set_windows, ACTOR, profile_id, [])
    grant = await door.open(door.bound(session_id))
    assert grant.notice is None
    await door.gate.closed(grant, reason="left")
    assert grant.channels == DEFAULT
    more = {"allow_session_extension": True, "session_extension_minutes": 7, "session_extension_count": 1}
    await database.write(change_profile, ACTOR, profile_id, {"expiration_notice_minutes": 5, **more})
    rules = await database.write(set_channel_rules, ACTOR, profile_id, {"upload": True, "shell": False})
    grant = await door.open(door.bound(session_id))
    assert (grant.notice, grant.channels, grant.extension) == (dt.timedelta(minutes=5), rules, 7)
    await door.gate.closed(grant, reason="left")


async def test_more_time_and_a_lock_reach_the_open_connection(door: Door) -> None:
    session_id = await door.stage.ask()
    grant = await door.open(door.bound(session_id))
    more = await door.stage.database.write(extend_session, ACTOR, session_id, 5, as_administrator=True)

    async def told(what: Now) -> None:
        async def so() -> bool:
            return what in door.changed

        await eventually(so)

    await told(Now(grant.deadline + dt.timedelta(minutes=5)))
    await door.stage.database.write(set_lock, ACTOR, Lock((session_id,), True, "Stop", "call us"))
    await told(Now(more.scheduled_end, "Stop: call us"))
    assert (await door.refused(door.bound(session_id))).detail == "your session is locked: Stop: call us"
    await door.stage.database.write(set_lock, ACTOR, Lock((session_id,), False))
    await eventually(lambda: _is(door.changed[-1] == Now(more.scheduled_end)))
    again = await door.open(door.bound(session_id))
    assert again.deadline == more.scheduled_end
    assert door.closed == []
    for one in (grant, again):
        await door.gate.closed(one, reason="left")
    await door.stage.end(session_id)


async def _is(truth: bool) -> bool:
    return truth
