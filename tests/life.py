"""An installation whose worker, gate, sweep and clock a test moves step by step, on hosts in memory.

What works on a session can be stopped between any two steps, left so as a frozen machine would be, and woken; or the
process ends there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from leasing import Leasing, make_leasing
from locum.actions.reach import REACH_JOB, look_again
from locum.activities.model import connection_profile
from locum.audit.model import audit_event
from locum.audit.sealer import Sealer
from locum.audit.verify import verify_database
from locum.connectors.base import Connector, Target
from locum.credentials.add import add_credential
from locum.identities.people import create_local_user
from locum.identities.signin import SignedIn
from locum.kit import jobs
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import LocumError
from locum.kit.jobs import Job, LostLease
from locum.kit.wake import Wake
from locum.main import keys
from locum.policies.add import add_policy
from locum.policies.decide import Approval
from locum.policies.members import Members
from locum.policies.model import PolicyType
from locum.policies.status import set_status
from locum.resources.add import add_resource
from locum.rotation.model import State as RotationState
from locum.rotation.model import rotation
from locum.sessions import lease as leases
from locum.sessions import transition
from locum.sessions.advance import advance
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.connections import Connections, Grant, Wanted
from locum.sessions.lease_advance import advance_lease
from locum.sessions.lease_sweep import sweep_leases
from locum.sessions.model import (
    AccessSession,
    LedgerEntry,
    LogLevel,
    access_session,
    connection,
    lease,
    ledger_entry,
    session_log,
)
from locum.sessions.recover import sealed
from locum.sessions.sweep import sweep
from locum.sessions.withdrawn import end_withdrawn, withdrawn
from locum.sessions.work import SessionWork
from locum.vault.secret import Secret
from memory_host import MemoryHost
from world import ACTOR, World, make_world

NODE = "n"
ADDRESSES = {"web01": "127.0.0.1", "web02": "127.0.0.2"}
KINDS = ("sudo", "shell", "release")
"""What can be asked for: sudo is allowed at once, shell needs a yes of Bob and one of Carl; release is a credential."""
BEGIN = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Ids:
    """What the installation begins with, by name."""

    world: World
    leasing: Leasing
    hosts: dict[str, UUID]
    people: dict[str, UUID]
    policies: dict[str, UUID]


async def make_ids(database: Database, folder: Path) -> Ids:
    """Two hosts, two people who may ask, two who approve, a policy for each of KINDS."""
    world = await make_world(database, folder)
    leasing = make_leasing(database, world, change_on_release=True)
    return await database.write(_fill, world, leasing)


def _fill(tx: Tx, world: World, leasing: Leasing) -> Ids:
    login = add_credential(tx, world.vault, ACTOR, username="locum2", password=Secret("a password"))
    second = add_resource(tx, ACTOR, name="web02", ip_address=ADDRESSES["web02"], service_account_id=login.id)
    hosts = {"web01": world.resource, "web02": second.id}
    people = {"Alice": world.person, "Mallory": world.stranger}
    approvers = {name: create_local_user(tx, ACTOR, name=name, password_hash="x").id for name in ("Bob", "Carl")}
    tiers = [NewTier((one,)) for one in approvers.values()]
    workflow = add_workflow(tx, ACTOR, name="two", tiers=tiers)
    more = {"allow_session_extension": True, "session_extension_minutes": 10, "session_extension_count": 2}
    tx.run(sa.update(connection_profile).values(approval_workflow_id=workflow.id, **more))
    who, where = list(people.values()), list(hosts.values())
    made = {
        "sudo": add_policy(tx, ACTOR, name="at once", members=Members(who, where, [world.sudo])),
        "shell": add_policy(
            tx, ACTOR, name="asks", members=Members(who, where, [world.shell]), approval=Approval.WORKFLOW
        ),
        "release": add_policy(
            tx,
            ACTOR,
            name="secrets",
            members=Members(who, credentials=[leasing.credential_id]),
            policy_type=PolicyType.CREDENTIAL,
        ),
    }
    set_status(tx, ACTOR, world.policy, is_disabled=True)
    policies = {kind: policy.id for kind, policy in made.items()}
    return Ids(world, leasing, hosts, {**people, **approvers}, policies)


@dataclass
class Clock:
    """The database's clock, which stands still until it is moved."""

    now: dt.datetime = BEGIN


class _Sleeper(Wake):
    """Tells when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def wait(self, seen: int, timeout_s: float) -> None:
        self.asleep.set()
        await super().wait(seen, 3600)


class _Stepping:
    """The database, with a step before and after each unit of work that writes."""

    def __init__(self, database: Database, step: Callable[[str], Awaitable[None]]) -> None:
        self._database = database
        self._step = step

    async def read(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self._database.read(fn, *args, **kwargs)

    async def write(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self._step(f"before {fn.__name__}")
        result = await self._database.write(fn, *args, **kwargs)
        await self._step(f"after {fn.__name__}")
        return result


@dataclass
class Open:
    """A connection that passes the gate. `told`: why it must end."""

    grant: Grant
    told: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """Everything as the database has it, by session."""

    sessions: dict[UUID, AccessSession]
    entries: dict[UUID, list[LedgerEntry]]
    connected: set[UUID]
    leases: dict[UUID, str]
    audited: Counter[tuple[UUID | None, str]]
    errors: set[UUID]
    jobs: dict[UUID, str]


class Life:
    """One node. `frozen` is the work that was stopped, the oldest first."""

    def __init__(self, database: Database, ids: Ids) -> None:
        self.database = database
        self.ids = ids
        self.hosts = {name: MemoryHost(step=self._step) for name in ADDRESSES}
        self.frozen: list[tuple[asyncio.Task[None], asyncio.Future[None], str]] = []
        self.connections: list[Open] = []
        self._left: int | None = None
        self._start()

    def _start(self) -> None:
        self.changed = _Sleeper()
        self.gate = Connections(self.database, self.ids.world.vault, self.changed, node=NODE)
        stepping = cast(Database, _Stepping(self.database, self._step))
        work = SessionWork(stepping, self.ids.world.vault, self._connect, self.changed)
        made = self.ids.leasing.work
        lease_work = type(made)(stepping, made.change_secret, made.switch_account, self.changed)
        self._handlers: dict[str, Callable[[Job], Awaitable[None]]] = {
            transition.JOB: lambda held: advance(work, held),
            leases.JOB: lambda held: advance_lease(lease_work, held),
            REACH_JOB: lambda held: look_again(stepping, self.ids.world.vault, self._connect, held),
        }

    def _connect(self, kind: str, target: Target) -> AbstractAsyncContextManager[Connector]:
        return next(self.hosts[name].connect() for name, at in ADDRESSES.items() if at == target.host)

    # -- the worker

    async def work(self, *, stop_at: int | None = None) -> None:
        """Do all that is due; with `stop_at` one job alone, which stops at its step of that number."""
        limit = 10 if stop_at is None else 1
        while claimed := await self.database.write(jobs.claim, owner=f"{NODE}:1", limit=limit):
            for job in claimed:
                await self._carry_out(job, stop_at)
            if stop_at is not None:
                return

    async def _carry_out(self, job: Job, stop_at: int | None) -> None:
        self._left = stop_at
        self._stopped: asyncio.Future[tuple[asyncio.Future[None], str]] = asyncio.Future()
        task = asyncio.ensure_future(self._handlers[job.kind](job))
        both: set[asyncio.Future[Any]] = {task, self._stopped}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        self._left = None
        if self._stopped.done() and not task.done():
            self.frozen.append((task, *self._stopped.result()))
            return
        await _ended(task)

    async def _step(self, name: str) -> None:
        await asyncio.sleep(0)
        if self._left is None:
            return
        self._left -= 1
        if self._left == 0:
            self._left = None
            goes_on: asyncio.Future[None] = asyncio.Future()
            self._stopped.set_result((goes_on, name))
            await goes_on

    async def wake(self, number: int) -> None:
        """What was stopped goes on where it was, whatever has happened meanwhile."""
        task, goes_on, _ = self.frozen.pop(number)
        goes_on.set_result(None)
        await _ended(task)

    # -- the process

    async def restart(self) -> None:
        """The process dies, and another one takes up what it left, as `Node.take_up` does."""
        while self.frozen:
            task, _, _ = self.frozen.pop()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.connections.clear()
        self._start()
        await self.database.write(jobs.take_back, NODE)
        for connection_id in await self.gate.recover():
            await self.database.write(sealed, connection_id, "ab" * 32)

    async def sweep(self) -> list[UUID]:
        """One look as `Node.sweep` takes it; answers the sessions that live past their end."""
        overdue = await self.database.write(sweep)
        await self.database.write(sweep_leases)
        for session_id in await self.database.read(withdrawn):
            await self.database.write(end_withdrawn, session_id)
        return overdue

    async def end_changes(self, state: RotationState) -> None:
        """The changes of secrets that are under way come to their end."""
        ended = {"state": state, "open_credential_id": None, "last_error": None}

        def end(tx: Tx) -> None:
            tx.run(sa.update(rotation).where(rotation.c.ended_at.is_(None)).values(ended_at=tx.now, **ended))

        await self.database.write(end)

    # -- the gate

    async def connect(self, who: str, wanted: Wanted) -> Open | LocumError:
        """Come to the gate; whoever would wait there longer than the worker takes, leaves."""
        made = Open(cast(Grant, None))
        self.changed.asleep.clear()
        entering = asyncio.ensure_future(
            self.gate.open(
                SignedIn(self.ids.people[who], who),
                wanted,
                address="192.0.2.7",
                close=made.told.append,
                change=lambda now: None,
                progress=lambda line: None,
            )
        )
        if await self._waits(entering):
            await self.work()
            self.changed.asleep.clear()
            self.changed.ring()
            if await self._waits(entering):
                entering.cancel()
        try:
            made.grant = await entering
        except LocumError as refusal:
            return refusal
        except asyncio.CancelledError:
            return LocumError("left while waiting")
        self.connections.append(made)
        return made

    async def _waits(self, entering: asyncio.Future[Grant]) -> bool:
        asleep = asyncio.ensure_future(self.changed.asleep.wait())
        both: set[asyncio.Future[Any]] = {entering, asleep}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        asleep.cancel()
        return not entering.done()

    async def disconnect(self, number: int) -> None:
        await self.gate.closed(self.connections.pop(number).grant, reason="left", recording_digest="cd" * 32)

    async def watch(self) -> list[UUID]:
        """The gate looks once at its connections, and those that it tells to end do; answers their sessions."""
        self.changed.asleep.clear()
        watching = asyncio.ensure_future(self.gate.watch())
        await self.changed.asleep.wait()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        closed = []
        for number in reversed(range(len(self.connections))):
            if self.connections[number].told:
                closed.append(self.connections[number].grant.session_id)
                await self.disconnect(number)
        return closed

    # -- looking

    async def look(self) -> Seen:
        return await self.database.read(_look)

    async def log_holds(self) -> bool:
        """Whether the audit log verifies once it is sealed."""
        secret = await self.database.read(keys.load, self.ids.world.vault, keys.AUDIT_SIGNING)
        key = keys.signing_key(secret)
        with TemporaryDirectory() as folder:
            anchors = Path(folder, "anchors")
            await Sealer(self.database, key, anchors).close()
            report = await self.database.read(verify_database, key.public_key(), anchors)
        return report.ok and report.seals > 0


async def _ended(task: asyncio.Future[None]) -> None:
    with suppress(LostLease):  # somebody else works on it
        await task


def _look(tx: ReadTx) -> Seen:
    def rows(row_type: Any, table: sa.Table, *where: Any) -> Any:
        return tx.rows(row_type, sa.select(*(table.c[name] for name in row_type.__struct_fields__)).where(*where))

    run = tx._connection.execute
    entries: dict[UUID, list[LedgerEntry]] = {}
    for entry in sorted(rows(LedgerEntry, ledger_entry), key=lambda one: one.position):
        entries.setdefault(entry.session_id, []).append(entry)
    a = audit_event.c
    counted = run(sa.select(a.object_id, a.action, sa.func.count()).group_by(a.object_id, a.action)).all()
    errors = sa.select(session_log.c.session_id).where(session_log.c.level == LogLevel.ERROR)
    open_ones = sa.select(connection.c.session_id).where(connection.c.closed_at.is_(None))
    return Seen(
        sessions={one.id: one for one in rows(AccessSession, access_session)},
        entries=entries,
        connected=set(tx.scalars(open_ones)),
        leases={one[0]: one[1] for one in run(sa.select(lease.c.session_id, lease.c.state)) if one[0]},
        audited=Counter({(found[0], found[1]): found[2] for found in counted}),
        errors=set(tx.scalars(errors)),
        jobs={one[0]: one[1] for one in run(sa.select(jobs.job.c.subject_id, jobs.job.c.kind))},
    )
