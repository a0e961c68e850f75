"""Which account of its resource a session signs in as, written down by a service that has looked it up (B.2).

The login of a session is Locum's to choose, and the ledger says what is undone with it. So nothing here changes a
login: a service can only state what is so already, and is refused where it is not.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict, Invalid
from locum.resources.model import host_user
from locum.sessions import transition
from locum.sessions.lifecycle import ENDED
from locum.sessions.model import AccessSession, access_session


class _Account(msgspec.Struct, frozen=True):
    resource_id: UUID
    login: str


def confirm_account(
    tx: Tx, actor: Actor, session_id: UUID, *, account_id: UUID | None, login: str | None = None, field: str
) -> AccessSession:
    """The session's account is this one; doing it again changes nothing.

    Raises NotFound, Conflict for a session that has ended, and Invalid for an account or a login that is another than
    the session's own, with `field` the wire's name of what said so.
    """
    session = transition.get(tx, session_id, hold=True)
    if session.status in ENDED:
        raise Conflict("the session has ended")
    if login is not None and login != session.login_name:
        raise Invalid("the session signs in with another login, which is Locum's to choose", field=field)
    if account_id is None or account_id == session.target_account_id:
        return session
    c = host_user.c
    found = tx.first(_Account, sa.select(c.resource_id, c.login).where(c.id == account_id))
    if found is None or (found.resource_id, found.login) != (session.resource_id, session.login_name):
        raise Invalid("that is not the account on the resource that this session signs in as", field=field)
    tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id)
        .values(target_account_id=account_id, modified_at=tx.now)
    )
    transition.say(tx, session.id, f"{actor.name} has found the account {session.login_name}")
    audit.record(
        tx,
        actor,
        "session.account_found",
        object_kind="session",
        object_id=session.id,
        detail={"login": session.login_name},
    )
    return transition.get(tx, session.id)
