"""Locks access sessions, and with them their resources and owners; unlocks them again (SES-09, section B.4).

A locked session lives on and its time runs: nothing passes its connections, and no further one is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.identities import locks
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid
from locum.sessions import transition
from locum.sessions.lifecycle import LOCKABLE, Status
from locum.sessions.model import AccessSession, access_session, resource_lock

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Lock:
    """What to lock, or unlock: the sessions, and where asked the resources they are on and the people who own them."""

    session_ids: tuple[UUID, ...]
    locked: bool
    title: str | None = None
    message: str | None = None
    resources: bool = False
    owners: bool = False


def set_lock(tx: Tx, actor: Actor, wanted: Lock) -> None:
    """All of it, or nothing. Doing it again changes the words alone.

    Raises Invalid for no session or too many, NotFound, Conflict for a session that is over or ending, and where the
    last administrator would be locked.
    """
    if not wanted.session_ids:
        raise Invalid("activitySessionIds is needed", field="activitySessionIds")
    if len(wanted.session_ids) > AT_ONCE:
        raise Invalid(f"not more than {AT_ONCE} sessions at once", field="activitySessionIds")
    # In the order of their ids, so that two administrators can't wait for each other.
    sessions = [transition.get(tx, session_id, hold=True) for session_id in sorted(set(wanted.session_ids))]
    for session in sessions:
        if session.status not in LOCKABLE:
            raise Conflict(f"a session that is {Status(session.status).name.lower()} can't be locked or unlocked")
        _set(tx, actor, session, wanted)
    if wanted.resources:
        for resource_id in sorted({one.resource_id for one in sessions if one.resource_id is not None}):
            _set_resource(tx, actor, resource_id, wanted)
    if wanted.owners:
        for identity_id in sorted({session.identity_id for session in sessions}):
            (locks.lock if wanted.locked else locks.unlock)(tx, actor, identity_id)


def refuse_if_locked(tx: ReadTx, resource_id: UUID) -> None:
    """Raises Forbidden where no session may start on this resource."""
    if tx.scalar(sa.select(resource_lock.c.resource_id).where(resource_lock.c.resource_id == resource_id)):
        raise Forbidden("this resource is locked by an administrator", missing="resource not locked")


def _set(tx: Tx, actor: Actor, session: AccessSession, wanted: Lock) -> None:
    tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id)
        .values(
            locked=wanted.locked,
            lock_title=wanted.title if wanted.locked else None,
            lock_message=wanted.message if wanted.locked else None,
            modified_at=tx.now,
        )
    )
    word = "locked" if wanted.locked else "unlocked"
    transition.say(tx, session.id, f"{word} by {actor.name}")
    detail = {"title": wanted.title, "message": wanted.message} if wanted.locked else {}
    audit.record(tx, actor, f"session.{word}", object_kind="session", object_id=session.id, detail=detail)


def _set_resource(tx: Tx, actor: Actor, resource_id: UUID, wanted: Lock) -> None:
    there = tx.scalar(sa.select(resource_lock.c.resource_id).where(resource_lock.c.resource_id == resource_id))
    if wanted.locked == (there is not None):
        return
    if wanted.locked:
        tx.add(
            resource_lock,
            resource_id=resource_id,
            locked_by=actor.id,
            locked_at=tx.now,
            message=wanted.message,
        )
    else:
        tx.run(sa.delete(resource_lock).where(resource_lock.c.resource_id == resource_id))
    word = "locked" if wanted.locked else "unlocked"
    audit.record(tx, actor, f"resource.{word}", object_kind="resource", object_id=resource_id)
