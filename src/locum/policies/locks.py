"""Locks resources, and activities on one of them or of one credential, for everybody; unlocks them again (SES-09).

Each lasts until an administrator unlocks it. What runs already goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.audit import log as audit
from locum.credentials.model import managed_user
from locum.identities.model import identity
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.ids import new_id
from locum.policies.decide import Locked
from locum.policies.lock_model import activity_lock, resource_lock
from locum.resources.model import resource


@dataclass(frozen=True, slots=True)
class Place:
    """What an activity is done on: a resource, or a credential. Exactly one of them is given."""

    resource_id: UUID | None = None
    credential_id: UUID | None = None


class _Seen(msgspec.Struct, frozen=True):
    identity_locked: bool
    resource: UUID | None
    resource_message: str | None
    activity: UUID | None
    activity_message: str | None


def lock_resource(tx: Tx, actor: Actor, resource_id: UUID, message: str | None) -> None:
    """Let no session start there. Doing it again changes the message alone."""
    here = resource_lock.c.resource_id == resource_id
    _hold(tx, resource, resource_id)
    if _said_anew(tx, resource_lock, here, message):
        return
    tx.add(resource_lock, resource_id=resource_id, locked_by=actor.id, locked_at=tx.now, message=message)
    audit.record(tx, actor, "resource.locked", object_kind="resource", object_id=resource_id)


def unlock_resource(tx: Tx, actor: Actor, resource_id: UUID) -> None:
    """Undo `lock_resource`, if it was done."""
    if tx.run(sa.delete(resource_lock).where(resource_lock.c.resource_id == resource_id)):
        audit.record(tx, actor, "resource.unlocked", object_kind="resource", object_id=resource_id)


def lock_activity(tx: Tx, actor: Actor, activity_id: UUID, place: Place, message: str | None) -> None:
    """Let nobody start that activity there. Doing it again changes the message alone."""
    _hold(tx, activity, activity_id)
    if _said_anew(tx, activity_lock, _there(activity_id, place), message):
        return
    tx.add(
        activity_lock,
        id=new_id(),
        activity_id=activity_id,
        resource_id=place.resource_id,
        credential_id=place.credential_id,
        locked_by=actor.id,
        locked_at=tx.now,
        message=message,
    )
    _record(tx, actor, "activity.locked", activity_id, place)


def unlock_activity(tx: Tx, actor: Actor, activity_id: UUID, place: Place) -> None:
    """Undo `lock_activity`, if it was done."""
    if tx.run(sa.delete(activity_lock).where(_there(activity_id, place))):
        _record(tx, actor, "activity.unlocked", activity_id, place)


def home_of(tx: ReadTx, credential_id: UUID) -> UUID | None:
    """The resource on which a credential's login lives, or the secret vault that keeps it."""
    found: UUID | None = tx.scalar(
        sa.select(managed_user.c.resource_id).where(managed_user.c.credential_id == credential_id)
    )
    return found


def person_and_lock(tx: ReadTx, identity_id: UUID, activity_id: UUID, place: Place) -> tuple[bool, Locked | None]:
    """Whether the person is locked, or unknown, and which lock is on that activity in that place: one statement."""
    home: sa.ColumnElement[bool] = resource_lock.c.resource_id == place.resource_id
    if place.credential_id is not None:
        lives = sa.select(managed_user.c.resource_id).where(managed_user.c.credential_id == place.credential_id)
        home = resource_lock.c.resource_id == lives.scalar_subquery()
    seen = tx.first(
        _Seen,
        sa.select(
            identity.c.locked.label("identity_locked"),
            resource_lock.c.resource_id.label("resource"),
            resource_lock.c.message.label("resource_message"),
            activity_lock.c.id.label("activity"),
            activity_lock.c.message.label("activity_message"),
        )
        .select_from(
            identity.outerjoin(resource_lock, home).outerjoin(activity_lock, _there(activity_id, place)),
        )
        .where(identity.c.id == identity_id),
    )
    if seen is None:
        return True, None
    if seen.resource is not None:
        return seen.identity_locked, Locked("resource", seen.resource_message)
    lock = Locked("activity", seen.activity_message) if seen.activity is not None else None
    return seen.identity_locked, lock


def _there(activity_id: UUID, place: Place) -> sa.ColumnElement[bool]:
    c = activity_lock.c
    if place.credential_id is not None:
        return sa.and_(c.credential_id == place.credential_id, c.activity_id == activity_id)
    return sa.and_(c.resource_id == place.resource_id, c.activity_id == activity_id)


def _hold(tx: Tx, table: sa.Table, thing_id: UUID) -> None:
    """Until commit, so that of two who lock the same at once the later one finds the other's lock, and says it anew."""
    tx.scalar(sa.select(table.c.id).where(table.c.id == thing_id).with_for_update(key_share=True))


def _said_anew(tx: Tx, table: sa.Table, here: sa.ColumnElement[bool], message: str | None) -> bool:
    """Whether there is such a lock, which has this message from now on."""
    return tx.run(sa.update(table).where(here).values(message=message)) > 0


def _record(tx: Tx, actor: Actor, action: str, activity_id: UUID, place: Place) -> None:
    word = "resource" if place.resource_id else "credentials"
    detail = {word: str(place.resource_id or place.credential_id)}
    audit.record(tx, actor, action, object_kind="activity", object_id=activity_id, detail=detail)
