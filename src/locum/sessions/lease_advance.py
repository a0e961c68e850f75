"""The worker's side of a lease: look, do the next thing, look again, until there is something to wait for.

Each step is one transaction or one effect that is safe to repeat, so a crash between any two changes nothing: the
change of a secret is asked for in the transaction that remembers it, and an account is only ever made sure of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.connectors.base import TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid, LocumError, NotAvailable, NotFound
from locum.kit.jobs import Job
from locum.kit.wake import Wake
from locum.rotation.model import Reason, rotation
from locum.sessions import lease as leases
from locum.sessions.lease_cycle import (
    Activate,
    ChangeSecret,
    End,
    Finish,
    Move,
    Nothing,
    SetAccount,
    State,
    Wait,
)
from locum.sessions.lease_facts import look
from locum.sessions.model import Lease, lease

ChangeIt = Callable[[Tx, UUID, Reason], UUID]
"""Writes down that a credential's secret is to be changed, and answers the rotation: a new one or one under way."""

SwitchAccount = Callable[[UUID, bool], Awaitable[None]]
"""Makes sure that the account of a credential is enabled on its target, or disabled."""


@dataclass(frozen=True, slots=True)
class LeaseWork:
    """What advancing a lease needs. `changed` rings after every change of a lease's state."""

    db: Database
    change_secret: ChangeIt
    switch_account: SwitchAccount
    changed: Wake


async def advance_lease(work: LeaseWork, held: Job) -> None:
    """Bring one lease as far as it can go now. Raises LostLease when another node has taken over."""
    while True:
        found, move = await work.db.write(_look, held)
        match move:
            case Nothing():
                await work.db.write(jobs.done, held)
                return
            case Wait(until):
                await work.db.write(jobs.again, held, due_at=until)
                return
        try:
            if isinstance(move, SetAccount):
                await work.switch_account(found.credential_id, move.enabled)
            await work.db.write(_step, held, found, move, work.change_secret)
        except (TargetUnreachable, TargetRefused, Invalid, NotFound, NotAvailable, Conflict) as error:
            await work.db.write(_stuck, held, found, error)
            return
        work.changed.ring()


def _look(tx: Tx, held: Job) -> tuple[Lease, Move]:
    jobs.hold(tx, held)
    found = leases.get(tx, held.subject_id)
    return found, look(tx, found)


def _step(tx: Tx, held: Job, seen: Lease, move: Move, change_secret: ChangeIt) -> None:
    """Write what the step did, if the lease still is where it was when the step was chosen."""
    jobs.hold(tx, held)
    found = leases.get(tx, seen.id, hold=True)
    if found.state != seen.state:
        return  # an end came in between: the next look sees it
    match move:
        case End(reason):
            leases.begin_end(tx, LOCUM, found.id, reason=reason)
        case SetAccount(_, becomes):
            _update(tx, found, account=becomes, last_error=None)
            leases.record(tx, LOCUM, "lease.account_switched", found, state=becomes)
        case ChangeSecret(release):
            _ask_change(tx, found, Reason.RELEASE if release else Reason.CHECK_OUT, change_secret)
        case Activate():
            # What is changed at the end is another change than the one before.
            leases.move(tx, found, State.ACTIVE, active_at=tx.now, rotation_id=None, last_error=None)
            leases.record(tx, LOCUM, "lease.active", found)
        case Finish():
            leases.finish(tx, found, move)


def _ask_change(tx: Tx, found: Lease, reason: Reason, change_secret: ChangeIt) -> None:
    """Have the secret changed to one that nobody knows yet, and remember by which rotation.

    One that is under way will do, unless its secret is the credential's own already, which somebody may have read, or
    one of before.
    """
    if found.rotation_id is not None:
        failure = tx.scalar(sa.select(rotation.c.last_error).where(rotation.c.id == found.rotation_id))
        _complain(tx, found, f"the secret could not be changed yet: {failure or 'no reason is known'}")
    rotation_id = change_secret(tx, found.credential_id, reason)
    too_late = sa.or_(rotation.c.changed_at.is_not(None), rotation.c.reason == Reason.ROLLBACK)
    if tx.scalar(sa.select(rotation.c.id).where(rotation.c.id == rotation_id, too_late)) is not None:
        raise Conflict("another change of the secret is being finished: this one comes after it")
    _update(tx, found, rotation_id=rotation_id)


def _stuck(tx: Tx, held: Job, found: Lease, error: LocumError) -> None:
    deadline = found.due_at if found.state == State.INTENDED else None
    jobs.failed(tx, held, error.detail, no_later_than=deadline)
    _complain(tx, leases.get(tx, found.id), error.detail)


def _complain(tx: Tx, found: Lease, words: str) -> None:
    """Say what keeps a lease from going on: each time where people look, the first time in the audit log too."""
    if found.last_error is None:
        leases.record(tx, LOCUM, "lease.stuck", found, outcome="failed", reason=words, state=found.state)
    _update(tx, found, last_error=words[:1000])


def _update(tx: Tx, found: Lease, **values: Any) -> None:
    tx.run(sa.update(lease).where(lease.c.id == found.id).values(**values))
