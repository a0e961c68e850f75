"""Leases of one credential by two applications, and a target in memory that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.connectors.base import TargetUnreachable
from locum.credentials.add import add_credential
from locum.credentials.model import CredentialType, Method, credential, managed_user
from locum.identities import applications
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.wake import Wake
from locum.rotation.model import Reason, State, rotation
from locum.sessions import lease as leases
from locum.sessions.lease import CheckOut
from locum.sessions.lease_advance import LeaseWork, advance_lease
from locum.sessions.model import Lease
from locum.vault.secret import Secret
from world import ACTOR, World

PASSWORD = "canary-9d2e-password"


class Crash(Exception):
    """The process ends here."""


@dataclass
class Target:
    """What was done on the target, in order. `fails` is asked before each deed and may raise."""

    done: list[str] = field(default_factory=list)
    fails: Callable[[str], None] = lambda deed: None

    def do(self, deed: str) -> None:
        self.fails(deed)
        self.done.append(deed)


@dataclass
class Leasing:
    """One credential with its holders."""

    database: Database
    world: World
    credential_id: UUID
    robot: Actor
    other: Actor
    target: Target
    work: LeaseWork

    def check_out(self, actor: Actor | None = None, **asked: Any) -> Lease:
        who = actor or self.robot
        return self.database.submit_write(leases.check_out, who, CheckOut(self.credential_id, **asked)).result()

    def check_in(self, lease_id: UUID) -> None:
        self.database.submit_write(leases.begin_end, self.robot, lease_id, reason="checked in").result()

    def reveal(self, lease_id: UUID, actor: Actor | None = None) -> str:
        reveal = leases.reveal
        who = actor or self.robot
        _, secrets = self.database.submit_write(reveal, self.world.vault, who, lease_id).result()
        return secrets["password"].reveal_text()

    def get(self, lease_id: UUID) -> Lease:
        return self.database.submit_read(leases.get, lease_id).result()

    def set(self, table: sa.Table, **values: Any) -> None:
        """Change every row of a table."""
        self.database.submit_write(lambda tx: tx.run(sa.update(table).values(**values))).result()

    async def turn(self) -> None:
        """Do all that is due now, as the worker would."""
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            await asyncio.gather(*(advance_lease(self.work, job) for job in claimed))

    def hurry(self) -> None:
        """All that waits is due, and nobody holds it: as after a restart, some time later."""
        self.database.submit_write(_hurry).result()

    def change_under_way(self, reason: Reason, **more: Any) -> None:
        """Somebody else has asked for a change of the secret."""

        def ask(tx: Tx) -> None:
            asked = {
                "reason": reason,
                "state": State.QUEUED,
                "requested_by_name": "x",
                "created_at": tx.now,
                **more,
            }
            where = {"credential_id": self.credential_id, "open_credential_id": self.credential_id}
            tx.add(rotation, id=new_id(), resource_id=self.world.resource, **where, **asked)

        self.database.submit_write(ask).result()

    def change(self, state: State, error: str | None = None) -> None:
        """The change of secret that is under way comes to its end."""
        self.database.submit_write(_end_change, state, error).result()

    def audited(self) -> list[str]:
        query = (
            sa.select(audit_event.c.action).where(audit_event.c.action.like("lease.%")).order_by(audit_event.c.id)
        )
        return self.database.submit_read(lambda tx: tx.scalars(query)).result()

    def reasons(self) -> list[str]:
        """What the secret was changed for, oldest first."""
        query = sa.select(rotation.c.reason).order_by(rotation.c.id)
        return self.database.submit_read(lambda tx: tx.scalars(query)).result()


def make_leasing(database: Database, world: World, **changes: Any) -> Leasing:
    """`changes` to the credential: change_on_checkout, change_on_release, post_session."""
    target = Target()

    def prepare(tx: Tx) -> tuple[UUID, Actor, Actor]:
        kept = add_credential(
            tx, world.vault, ACTOR, username="deploy", type=CredentialType.USER, password=Secret(PASSWORD)
        )
        tx.run(sa.update(credential).where(credential.c.id == kept.id).values(**changes or {"name": "deploy"}))
        times = {"created_at": tx.now, "modified_at": tx.now}
        row = {"credential_id": kept.id, "resource_id": world.resource, "method": Method.AUTOMATIC, **times}
        tx.add(managed_user, id=new_id(), **row)
        robot, other = (applications.create(tx, ACTOR, name=name) for name in ("robot", "other"))
        return kept.id, Actor(robot.id, robot.name, "192.0.2.1"), Actor(other.id, other.name)

    def change_secret(tx: Tx, credential_id: UUID, reason: Reason) -> UUID:
        target.fails(reason)
        under_way = tx.scalar(sa.select(rotation.c.id).where(rotation.c.open_credential_id == credential_id))
        if under_way is not None:
            return UUID(str(under_way))
        made = new_id()
        tx.add(
            rotation,
            id=made,
            credential_id=credential_id,
            resource_id=world.resource,
            open_credential_id=credential_id,
            reason=reason,
            state=State.QUEUED,
            requested_by_name="locum",
            created_at=tx.now,
        )
        return made

    async def switch_account(credential_id: UUID, enabled: bool) -> None:
        target.do("enable" if enabled else "disable")

    credential_id, robot, other = database.submit_write(prepare).result()
    work = LeaseWork(database, change_secret, switch_account, Wake())
    return Leasing(database, world, credential_id, robot, other, target, work)


def unreachable(deed: str) -> None:
    raise TargetUnreachable("the host does not answer")


def _hurry(tx: Tx) -> None:
    tx.run(sa.update(jobs.job).values(due_at=tx.now, owner=None, lease_until=None))


def _end_change(tx: Tx, state: State, error: str | None) -> None:
    under_way = rotation.c.ended_at.is_(None)
    ended = {"state": state, "ended_at": tx.now, "open_credential_id": None, "last_error": error}
    assert tx.run(sa.update(rotation).where(under_way).values(**ended)) == 1
