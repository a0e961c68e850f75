"""Asks for a rotation or a verification, and for a rotation under way to pause, go on, or be given up."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.add import get_credential
from locum.credentials.model import ManagedUser, Method, Verified
from locum.kit import jobs
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict
from locum.kit.ids import new_id
from locum.resources.model import ResourceType, resource
from locum.rotation import rows, secrets
from locum.rotation.model import Reason, Rotation, State, rotation
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB
from locum.vault.store import Vault


def change_secret(tx: Tx, credential_id: UUID, reason: Reason) -> UUID:
    """A rotation for Locum's own reasons; answers the one under way if there is one."""
    return ask_rotation(tx, LOCUM, credential_id, reason)


def ask_rotation(
    tx: Tx, actor: Actor, credential_id: UUID, reason: Reason, *, rollback_of: UUID | None = None
) -> UUID:
    """Write a rotation down, to be begun at once; answers its id, or that of the one under way.

    The first rotation of a login that is not managed makes it Manual (A.11). Raises NotFound, and Conflict where the
    login lives on no resource or its secret is also used elsewhere.
    """
    managed = _managed(tx, credential_id)
    under_way = rows.open_rotation(tx, credential_id)
    if under_way is not None:
        jobs.schedule(tx, ROTATION_JOB, under_way.id, due_at=tx.now)
        return under_way.id
    check_used_here_only(tx, managed)
    if managed.method == Method.NOT_MANAGED:
        rows.change_managed(tx, credential_id, method=Method.MANUAL)
    made = add_rotation(tx, actor, managed, reason, rollback_of=rollback_of)
    audit.record(
        tx,
        actor,
        "rotation.asked",
        object_kind="credential",
        object_id=credential_id,
        detail={"rotation": str(made), "reason": reason},
    )
    return made


def add_rotation(
    tx: Tx, actor: Actor, managed: ManagedUser, reason: Reason, *, rollback_of: UUID | None = None
) -> UUID:
    """The row and its job, and nothing else."""
    made = new_id()
    tx.add(
        rotation,
        id=made,
        credential_id=managed.credential_id,
        open_credential_id=managed.credential_id,
        resource_id=managed.resource_id,
        reason=reason,
        state=State.QUEUED,
        rollback_of=rollback_of,
        requested_by=actor.id,
        requested_by_name=actor.name,
        requested_from=actor.address,
        created_at=tx.now,
    )
    jobs.schedule(tx, ROTATION_JOB, made, due_at=tx.now, lane=managed.resource_id)
    return made


def ask_rollback(tx: Tx, vault: Vault, actor: Actor, credential_id: UUID) -> UUID:
    """Put the secret before the current one back, on the target and with all that depend on it.

    Raises NotFound, and Conflict while another rotation is under way and where no earlier version is kept.
    """
    if rows.open_rotation(tx, credential_id) is not None:
        raise Conflict("a rotation of this credential is under way: abort it, or wait for its end")
    secrets.check_earlier(tx, vault, get_credential(tx, credential_id))
    last = tx.scalar(
        sa.select(rotation.c.id)
        .where(rotation.c.credential_id == credential_id, rotation.c.state == State.COMPLETED)
        .order_by(rotation.c.created_at.desc())
    )
    return ask_rotation(tx, actor, credential_id, Reason.ROLLBACK, rollback_of=last)


def ask_verification(tx: Tx, actor: Actor, credential_id: UUID) -> None:
    """Have the secret compared with the target's at once. Raises NotFound, and Conflict where it lives nowhere."""
    managed = _managed(tx, credential_id)
    rows.change_managed(tx, credential_id, status=Verified.PENDING)
    jobs.schedule(tx, VERIFICATION_JOB, credential_id, due_at=tx.now, lane=managed.resource_id)
    audit.record(tx, actor, "credential.verification_asked", object_kind="credential", object_id=credential_id)


def pause(tx: Tx, actor: Actor, rotation_id: UUID) -> None:
    """Stop before the next step that can wait: what was begun on the target itself is always brought to its end."""
    found = _open(tx, rotation_id)
    rows.change(tx, rotation_id, state=State.PAUSED)
    rows.say(tx, found, "rotation.paused", actor=actor)


def resume(tx: Tx, actor: Actor, rotation_id: UUID) -> None:
    """Go on. Raises Conflict if it is not paused."""
    found = _open(tx, rotation_id)
    if found.state != State.PAUSED:
        raise Conflict("this rotation is not paused")
    rows.change(tx, rotation_id, state=state_of(found))
    jobs.schedule(tx, ROTATION_JOB, rotation_id, due_at=tx.now)
    rows.say(tx, found, "rotation.resumed", actor=actor)


def abort(tx: Tx, actor: Actor, rotation_id: UUID) -> None:
    """Give it up: at once while nothing was touched, by putting everything back afterwards."""
    found = _open(tx, rotation_id)
    rows.change(
        tx,
        rotation_id,
        abort_asked=True,
        aborted_by=actor.id,
        aborted_by_name=actor.name,
        aborted_from=actor.address,
    )
    jobs.schedule(tx, ROTATION_JOB, rotation_id, due_at=tx.now)
    rows.say(tx, found, "rotation.abort_asked", actor=actor)


def state_of(found: Rotation) -> State:
    """The state of an open rotation that is not paused, from what it has come to."""
    if found.changed_at is not None:
        return State.UPDATING_SERVICES
    return State.QUEUED if found.started_at is None else State.ROTATING_PASSWORD


def check_used_here_only(tx: ReadTx, managed: ManagedUser) -> None:
    """Changing it on one resource would lock Locum out of every other that it signs in to with it."""
    elsewhere = rows.used_elsewhere(tx, managed)
    if elsewhere is not None:
        raise Conflict(
            f"the credential is the service account of {elsewhere} too: give each resource a credential of its own"
        )


def _managed(tx: ReadTx, credential_id: UUID) -> ManagedUser:
    if get_credential(tx, credential_id).deleted_at is not None:
        raise Conflict("the credential was deleted")
    managed = rows.get_managed(tx, credential_id)
    kind = (
        None
        if managed is None
        else tx.scalar(sa.select(resource.c.type).where(resource.c.id == managed.resource_id))
    )
    if managed is None or kind == ResourceType.SECRET_VAULT:
        raise Conflict("the credential is on no resource that Locum could change it on")
    return managed


def _open(tx: ReadTx, rotation_id: UUID) -> Rotation:
    found = rows.get_rotation(tx, rotation_id)
    if found.ended_at is not None:
        raise Conflict("this rotation has ended")
    return found
