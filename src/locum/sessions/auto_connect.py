"""Links that let one connection into one session, with no other sign-in, where the connection profile has
`proxyAutoConnect` (C.3).

The token in a link is good for a minute, for one use and for its session alone; of one session the latest link counts.
The database has its digest only. Who used it up has signed in for that session and nothing else: `check_proof`, at the
gate, looks again. A link that is good no more costs nothing but the sign-in it would have spared.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from uuid import UUID

import sqlalchemy as sa

from locum.activities.read import connection_profile_of
from locum.audit import log as audit
from locum.identities.people import login_of
from locum.identities.signin import SignedIn
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.sessions import transition
from locum.sessions.model import AccessSession, access_session
from locum.sessions.wanted import Wanted
from locum.vault.secret import Secret

LIFETIME = dt.timedelta(seconds=60)


def make_token(tx: Tx, actor: Actor, session: AccessSession) -> Secret | None:
    """For a link to the caller's own session; None where its profile wants a sign-in at the gateway."""
    if not connection_profile_of(tx, session.profile_id).proxy_auto_connect:
        return None
    token = Secret(secrets.token_urlsafe(32))
    _write(tx, session.id, entry_digest=_digest(token), entry_until=tx.now + LIFETIME)
    audit.record(tx, actor, "session.link_made", object_kind="session", object_id=session.id)
    return token


async def by_link(db: Database, wanted: Wanted, address: str) -> SignedIn | None:
    """Whoever wants this with a token that is good, which is used up. A stranger's guess writes nothing."""
    session_id, token = wanted.session_id, wanted.token
    if session_id is None or token is None or not await db.read(is_good, session_id, token):
        return None
    return await db.write(use_up, session_id, token, address)


def is_good(tx: ReadTx, session_id: UUID, token: Secret) -> bool:
    """Whether using it up is worth a try."""
    c = access_session.c
    good = sa.select(c.id).where(c.id == session_id, c.entry_digest == _digest(token), c.entry_until > tx.now)
    return tx.scalar(good) is not None


def use_up(tx: Tx, session_id: UUID, token: Secret, address: str | None) -> SignedIn | None:
    """Whoever came with this token, once; None for one that is wrong, used or too old, and where its owner may not sign
    in or the profile has changed its mind."""
    session = transition.get(tx, session_id, hold=True)
    if not is_good(tx, session_id, token):
        return None
    _write(tx, session_id, entry_digest=None, entry_until=None)
    login = login_of(tx, session.identity_id)
    allowed = connection_profile_of(tx, session.profile_id).proxy_auto_connect
    if login is None or login.barred(tx.now) is not None or not allowed:
        return None
    actor = Actor(login.identity_id, login.name, address)
    audit.record(tx, actor, "session.link_used", object_kind="session", object_id=session_id)
    return SignedIn(login.identity_id, login.name, only_session=session_id)


def _write(tx: Tx, session_id: UUID, **values: object) -> None:
    tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(**values))


def _digest(token: Secret) -> bytes:
    """Unkeyed: nobody finds 256 random bits by trying."""
    return hashlib.sha256(token.reveal()).digest()
