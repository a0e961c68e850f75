"""What the owner of a session may be shown, and nobody else: the password of its login in a database, which was made
for it, or the secret of its credential."""

from __future__ import annotations

import secrets
from uuid import UUID

from locum.audit import log as audit
from locum.credentials.complexity import BUILT_IN, generate
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Forbidden, NotFound
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.profile_rules import check_connection
from locum.sessions.release import released_secret
from locum.vault.secret import Secret
from locum.vault.store import Vault

PASSWORD_PURPOSE = "session.password"


def new_password() -> Secret:
    """One that every database takes, from the operating system's randomness."""
    return Secret(generate(BUILT_IN, secrets.randbelow))


def reveal_password(tx: Tx, vault: Vault, actor: Actor, session_id: UUID) -> Secret:
    """What the login of the actor's own active session signs in with, or its credential's secret: the gate of a session
    that has no other.

    Raises NotFound for somebody else's session and for one without a password; Forbidden when it is not active or is
    locked, and where the connection profile lets nobody in from there, or not now.
    """
    session = transition.get(tx, session_id)
    if session.identity_id != actor.id:
        raise NotFound("no such session")
    if session.status != Status.ACTIVE or tx.now >= session.scheduled_end:
        raise Forbidden("the session is not active", missing="active session")
    if session.password_secret_id is None and session.credential_id is None:
        raise NotFound("this session's login has no password")
    if session.locked:
        raise Forbidden("your session is locked", missing="session not locked")
    check_connection(tx, session.profile_id, actor.address)
    if session.credential_id is not None:
        password = released_secret(tx, vault, session)
    else:
        assert session.password_secret_id is not None
        password = vault.open(tx, session.password_secret_id, purpose=PASSWORD_PURPOSE)
    transition.say(tx, session.id, "the password was shown")
    audit.record(tx, actor, "session.password_shown", object_kind="session", object_id=session.id)
    return password
