"""Locks access sessions, and with them their activities, resources and owners; unlocks them again (SES-09, B.4).

A locked session lives on and its time runs: nothing passes its connections, and no further one is opened. What else
is locked with it outlives the session, and is unlocked through it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.identities import locks as people
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.policies import locks
from locum.policies.locks import Place
from locum.sessions import transition
from locum.sessions.lifecycle import LOCKABLE, Status
from locum.sessions.model import AccessSession, access_session

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Lock:
    """What to lock, or unlock: the sessions, and where asked their activities where they are done, the resources they
    are on, and the people who own them."""

    session_ids: tuple[UUID, ...]
    locked: bool
    title: str | None = None
    message: str | None = None
    activities: bool = False
    resources: bool = False
    owners: bool = False

    @property
    def more_than_sessions(self) -> bool:
        """Whether something is meant that outlives them."""
        return self.activities or self.resources or self.owners


def set_lock(tx: Tx, actor: Actor, wanted: Lock) -> None:
    """All of it, or nothing. Doing it again changes the words alone.

    Raises Invalid for no session or too many, NotFound, and Conflict for a session that is over or ending (unless what
    outlives it is unlocked), for a credential that lives on no resource, and where the last administrator would be
    locked.
    """
    if not wanted.session_ids:
        raise Invalid("activitySessionIds is needed", field="activitySessionIds")
    if len(wanted.session_ids) > AT_ONCE:
        raise Invalid(f"not more than {AT_ONCE} sessions at once", field="activitySessionIds")
    # In the order of their ids, so that two administrators can't wait for each other.
    sessions = [transition.get(tx, session_id, hold=True) for session_id in sorted(set(wanted.session_ids))]
    for session in sessions:
        if session.status in LOCKABLE:
            _set(tx, actor, session, wanted)
        elif wanted.locked or not wanted.more_than_sessions:
            raise Conflict(f"a session that is {Status(session.status).name.lower()} can't be locked or unlocked")
    words = wanted.message or wanted.title
    if wanted.activities:
        _set_activities(tx, actor, sessions, words, locked=wanted.locked)
    if wanted.resources:
        for resource_id in sorted({_resource_of(tx, one) for one in sessions}):
            if wanted.locked:
                locks.lock_resource(tx, actor, resource_id, words)
            else:
                locks.unlock_resource(tx, actor, resource_id)
    if wanted.owners:
        for identity_id in sorted({session.identity_id for session in sessions}):
            (people.lock if wanted.locked else people.unlock)(tx, actor, identity_id)


def _set_activities(
    tx: Tx, actor: Actor, sessions: list[AccessSession], words: str | None, *, locked: bool
) -> None:
    there = {(one.activity_id, Place(one.resource_id, one.credential_id)) for one in sessions}
    for activity_id, place in sorted(there, key=str):  # as above: two administrators have the same order
        if locked:
            locks.lock_activity(tx, actor, activity_id, place, words)
        else:
            locks.unlock_activity(tx, actor, activity_id, place)


def _resource_of(tx: ReadTx, session: AccessSession) -> UUID:
    """Where the session is, or where its credential lives. Raises Conflict where that is nowhere."""
    found = session.resource_id
    if found is None and session.credential_id is not None:
        found = locks.home_of(tx, session.credential_id)
    if found is None:
        raise Conflict("the credential of a session lives on no resource that could be locked or unlocked")
    return found


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
