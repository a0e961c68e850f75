"""What must hold of a session and its owner before a connection enters it."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.model import identity
from locum.identities.signin import SignedIn
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, NotFound
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession
from locum.sessions.planned import is_task
from locum.sessions.watch import lock_words


class Person(msgspec.Struct, frozen=True):
    """Who enters."""

    id: UUID
    name: str
    locked: bool


def checked_owner(tx: ReadTx, session: AccessSession, who: SignedIn) -> Person:
    """The session is theirs and runs, and nothing of it is locked. Raises NotFound and Forbidden."""
    if session.identity_id != who.identity_id:
        raise NotFound("no such session")
    if session.status != Status.ACTIVE:
        reason = f": {session.status_description}" if session.status_description else ""
        raise Forbidden(f"the session is {Status(session.status).name.lower()}{reason}", missing="active session")
    if tx.now >= session.scheduled_end:
        raise Forbidden("the session's time is over", missing="time left")
    if session.locked:
        words = lock_words(session.lock_title, session.lock_message)
        raise Forbidden(f"your session is locked: {words}", missing="session not locked")
    person = tx.first(
        Person,
        sa.select(identity.c.id, identity.c.name, identity.c.locked).where(identity.c.id == who.identity_id),
    )
    if person is None or person.locked:
        raise Forbidden("your account is locked", missing="account not locked")
    return person


def over_ssh(session: AccessSession) -> UUID:
    """The resource of a session that people connect to through the gateway. Raises Forbidden for another one."""
    if session.resource_id is None:
        raise Forbidden("this session is of a credential: it opens no connection", missing="SSH session")
    if session.password_secret_id is not None:
        raise Forbidden("this session is on a database: connect with its own client", missing="SSH session")
    if is_task(session):
        raise Forbidden("this session is a task: it runs by itself, and nobody connects", missing="SSH session")
    return session.resource_id
