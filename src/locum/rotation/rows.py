"""Rotations as rows: found, moved on, ended. Each change comes with its audit row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.model import ManagedUser, Verified, managed_user
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.resources.model import resource
from locum.rotation.model import (
    DependantRow,
    DependantUpdate,
    Rotation,
    State,
    UpdateState,
    dependant,
    dependant_update,
    rotation,
)
from locum.vault.store import Vault

ROTATION_JOB = "rotation"
VERIFICATION_JOB = "verification"

_ROTATION = [rotation.c[name] for name in Rotation.__struct_fields__]
_MANAGED = [managed_user.c[name] for name in ManagedUser.__struct_fields__]
_DEPENDANT = [dependant.c[name] for name in DependantRow.__struct_fields__]
_UPDATE = [dependant_update.c[name] for name in DependantUpdate.__struct_fields__]


def get_rotation(tx: ReadTx, rotation_id: UUID) -> Rotation:
    """The rotation, or NotFound."""
    found = tx.first(Rotation, sa.select(*_ROTATION).where(rotation.c.id == rotation_id))
    if found is None:
        raise NotFound("no such rotation")
    return found


def open_rotation(tx: ReadTx, credential_id: UUID) -> Rotation | None:
    """The one rotation of a credential that has not ended."""
    return tx.first(Rotation, sa.select(*_ROTATION).where(rotation.c.open_credential_id == credential_id))


def get_managed(tx: ReadTx, credential_id: UUID) -> ManagedUser | None:
    """Where the credential's login lives; None if nobody said."""
    return tx.first(ManagedUser, sa.select(*_MANAGED).where(managed_user.c.credential_id == credential_id))


def used_elsewhere(tx: ReadTx, managed: ManagedUser) -> str | None:
    """The name of another resource whose service account this credential is."""
    found: str | None = tx.scalar(
        sa.select(resource.c.name).where(
            resource.c.service_account_id == managed.credential_id, resource.c.id != managed.resource_id
        )
    )
    return found


def dependants_of(tx: ReadTx, credential_id: UUID) -> list[DependantRow]:
    """Everything that holds the credential's secret, by name."""
    rows = sa.select(*_DEPENDANT).where(dependant.c.credential_id == credential_id)
    return tx.rows(DependantRow, rows.order_by(dependant.c.name_key, dependant.c.id))


def get_dependant(tx: ReadTx, dependant_id: UUID) -> DependantRow | None:
    """The dependant of that id."""
    return tx.first(DependantRow, sa.select(*_DEPENDANT).where(dependant.c.id == dependant_id))


def updates_of(tx: ReadTx, rotation_id: UUID) -> list[DependantUpdate]:
    """The dependants of one rotation in their order."""
    rows = sa.select(*_UPDATE).where(dependant_update.c.rotation_id == rotation_id)
    return tx.rows(DependantUpdate, rows.order_by(dependant_update.c.position))


def intend_updates(tx: Tx, found: Rotation) -> None:
    """Write down every dependant before the first one is told."""
    there = dependants_of(tx, found.credential_id)
    tx.add_all(
        dependant_update,
        [
            {"rotation_id": found.id, "dependant_id": row.id, "position": n, "state": UpdateState.INTENDED}
            for n, row in enumerate(there)
        ],
    )


def updated(tx: Tx, of: DependantUpdate, state: UpdateState, error: str | None = None) -> None:
    """What became of one dependant."""
    tx.run(
        sa.update(dependant_update)
        .where(
            dependant_update.c.rotation_id == of.rotation_id, dependant_update.c.dependant_id == of.dependant_id
        )
        .values(state=state, updated_at=tx.now, last_error=error[:1000] if error else None)
    )


def change(tx: Tx, rotation_id: UUID, **values: Any) -> None:
    """Set columns of a rotation."""
    tx.run(sa.update(rotation).where(rotation.c.id == rotation_id).values(values))


def change_managed(tx: Tx, credential_id: UUID, **values: Any) -> None:
    """Set columns of where a credential's login lives."""
    query = sa.update(managed_user).where(managed_user.c.credential_id == credential_id)
    tx.run(query.values(modified_at=tx.now, **values))


def end(tx: Tx, vault: Vault, found: Rotation, state: State, error: str | None = None) -> None:
    """The rotation is over: its candidate, if it still has one, is erased."""
    change(
        tx,
        found.id,
        state=state,
        open_credential_id=None,
        candidate_secret_id=None,
        busy_until=None,
        ended_at=tx.now,
        last_error=error[:1000] if error else None,
    )
    if found.candidate_secret_id is not None:
        vault.erase(tx, found.candidate_secret_id)
    say(tx, found, "rotation.ended", state=state.name.lower())


def say(tx: Tx, found: Rotation, action: str, *, actor: Actor = LOCUM, **detail: str | int | bool | None) -> None:
    """One audit row about a rotation; it names the credential."""
    audit.record(
        tx,
        actor,
        action,
        object_kind="credential",
        object_id=found.credential_id,
        detail={"rotation": str(found.id), "reason": found.reason, **detail},
    )


def say_verified(tx: Tx, credential_id: UUID, status: Verified, why: str | None) -> None:
    """One audit row about what a look at the target said, and why not more."""
    audit.record(
        tx,
        LOCUM,
        "credential.verified",
        object_kind="credential",
        object_id=credential_id,
        detail={"state": status.name.lower(), **({"reason": why} if why else {})},
    )
