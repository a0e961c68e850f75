"""The secret of a managed account is changed when its session has ended, where Locum keeps and changes it (A.7)."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from locum.activities.model import LoginType
from locum.credentials.model import Method, credential, managed_user
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.rotation.ask import change_secret
from locum.rotation.model import Reason
from locum.sessions import transition
from locum.sessions.lifecycle import LIVE
from locum.sessions.model import AccessSession, access_session
from locum.sessions.planned import planned_of


def change_after(tx: Tx, session: AccessSession) -> None:
    """Ask for the change on a host, unless another session is on the account: then that one's end does."""
    if session.resource_id is None:
        return
    if planned_of(tx, session).login_type != LoginType.MANAGED or session.password_secret_id is not None:
        return  # a login of a database has lost its session's password already
    s = access_session.c
    others = sa.select(s.id).where(
        s.resource_id == session.resource_id,
        s.status.in_(LIVE),
        s.login_name == session.login_name,
        s.id != session.id,
    )
    if tx.scalar(others.limit(1)) is not None:
        return
    kept = (
        sa.select(credential.c.id)
        .join(managed_user, managed_user.c.credential_id == credential.c.id)
        .where(
            managed_user.c.resource_id == session.resource_id,
            managed_user.c.method == Method.AUTOMATIC,
            credential.c.username == session.login_name,
            credential.c.deleted_at.is_(None),
        )
    )
    for credential_id in tx.scalars(kept):
        with suppress(Conflict):
            change_secret(tx, credential_id, Reason.RELEASE)
            transition.say(tx, session.id, f"the secret of {session.login_name} is being changed")
