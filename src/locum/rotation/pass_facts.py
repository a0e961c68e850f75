"""Reads what a pass over a rotation needs to know, in one unit of work that also proves the claim on its job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.actions.target import locate
from locum.connectors.base import AccountKeeper, Target
from locum.credentials.add import get_credential
from locum.credentials.effective import effective
from locum.credentials.model import Credential, ManagedUser
from locum.kit import jobs
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.jobs import Job
from locum.kit.wake import Wake
from locum.resources.model import resource
from locum.rotation import rows, secrets
from locum.rotation.model import DependantRow, DependantUpdate, Reason, Rotation, State, UpdateState, rotation
from locum.rotation.plan import Facts, Update
from locum.rotation.secrets import Parts
from locum.vault.store import Vault

SLOT = dt.timedelta(seconds=60)
SLOT_WAIT = dt.timedelta(seconds=1)

_UPDATES = {
    UpdateState.INTENDED: Update.INTENDED,
    UpdateState.UPDATED: Update.UPDATED,
    UpdateState.REVERTED: Update.UPDATED,
    UpdateState.FAILED: Update.FAILED,
}


OpenKeeper = Callable[[str, Target], AbstractAsyncContextManager[AccountKeeper]]
"""Opens a connection to a target through the connector of that name, to look after accounts there."""


@dataclass(frozen=True, slots=True)
class RotationWork:
    """What rotations and verifications work with. `changed` rings after every change of a rotation's state."""

    db: Database
    vault: Vault
    keeper: OpenKeeper
    changed: Wake


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the database knows about one rotation."""

    rotation: Rotation
    credential: Credential
    managed: ManagedUser
    current: Parts
    candidate: Parts | None
    updates: tuple[DependantUpdate, ...]
    facts: Facts


def take_slot(tx: Tx, held: Job) -> bool:
    """Whether this rotation may work on its resource now; if not, its job was given back for a moment.

    So many are under way on one resource as it allows, on all nodes together.
    """
    jobs.hold(tx, held)
    found = rows.get_rotation(tx, held.subject_id)
    tx.lock(found.resource_id.int >> 65)
    limit = tx.scalar(sa.select(resource.c.rotation_limit).where(resource.c.id == found.resource_id))
    busy = tx.scalar(
        sa.select(sa.func.count())
        .select_from(rotation)
        .where(
            rotation.c.resource_id == found.resource_id,
            rotation.c.id != found.id,
            rotation.c.busy_until.between(tx.now, tx.now + 2 * SLOT),
        )
    )
    if found.ended_at is None and busy >= limit:
        jobs.again(tx, held, due_at=tx.now + SLOT_WAIT)
        return False
    if found.ended_at is None:
        rows.change(tx, found.id, busy_until=tx.now + SLOT)
    return True


def free_slot(tx: Tx, rotation_id: UUID) -> None:
    """Let the next one of the resource begin at once."""
    rows.change(tx, rotation_id, busy_until=None)


def know(tx: Tx, held: Job, vault: Vault) -> Known:
    """Read it all, keep the claim and the slot."""
    jobs.hold(tx, held)
    found = rows.get_rotation(tx, held.subject_id)
    if found.ended_at is None:
        rows.change(tx, found.id, busy_until=tx.now + SLOT)
    managed = rows.get_managed(tx, found.credential_id)
    assert managed is not None
    of = get_credential(tx, found.credential_id)
    updates = tuple(rows.updates_of(tx, found.id))
    held_back = found.candidate_secret_id
    holds = effective(tx, found.credential_id)
    return Known(
        rotation=found,
        credential=of,
        managed=managed,
        current=secrets.current(tx, vault, of),
        candidate=None if held_back is None else secrets.candidate(tx, vault, held_back),
        updates=updates,
        facts=Facts(
            ended=found.ended_at is not None,
            paused=found.state == State.PAUSED,
            abort=found.abort_asked,
            rollback=found.reason == Reason.ROLLBACK,
            prepared=held_back is not None,
            touched=found.started_at is not None,
            promoted=found.changed_at is not None,
            may_reset=found.reason in (Reason.ASKED, Reason.MISMATCH, Reason.ROLLBACK) or holds.reset_on_mismatch,
            dependants=tuple(_UPDATES[row.state] for row in updates),
        ),
    )


def ways_in(tx: ReadTx, vault: Vault, known: Known) -> list[tuple[str, Target]]:
    """How to get into the resource where the login lives, best first.

    By its service account; where that is the login itself, or there is none, by the login with the secret that is
    live, which after a touch may be either.
    """
    where = known.rotation.resource_id
    service = tx.scalar(sa.select(resource.c.service_account_id).where(resource.c.id == where))
    if service is not None and service != known.credential.id:
        return [locate(tx, vault, where)]
    kind, target = locate(tx, vault, where, account_id=known.credential.id)
    ways = [(kind, target)]
    if known.candidate is not None and known.facts.touched:
        ways.insert(0, (kind, secrets.instead(target, known.candidate)))
    return ways


def itself(known: Known, ways: list[tuple[str, Target]]) -> bool:
    """Whether the login changes its own secret: then a connection may be of no use after the change."""
    return ways[0][1].username == known.credential.username


def dependant_row(tx: ReadTx, dependant_id: UUID) -> DependantRow:
    """One dependant as it is set up now."""
    found = rows.get_dependant(tx, dependant_id)
    assert found is not None  # deleting it takes its rows in rotations along
    return found
