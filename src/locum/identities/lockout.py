"""Locking after wrong tries: counted per account in the database, for all spellings, addresses and nodes (AUTH-09).

Wrong passwords and wrong codes share one counter (SEC-02), and only a sign-in that is complete clears it: a caller who
knows the password can't clear it between guesses at the code. Tries while the account is locked do not count.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.model import local_login
from locum.kit.db import Tx

FREE_TRIES = 4
STEP = dt.timedelta(minutes=5)


class _Counted(msgspec.Struct, frozen=True):
    failed_attempts: int


def count_wrong(tx: Tx, identity_id: UUID) -> dt.datetime | None:
    """Count one wrong try; answers until when the account is locked now, if it is.

    The fifth locks for 5 minutes, each further one for 5 minutes more than the one before.
    """
    (counted,) = tx.returning(
        _Counted,
        sa.update(local_login)
        .where(local_login.c.identity_id == identity_id)
        .values(failed_attempts=local_login.c.failed_attempts + 1)
        .returning(local_login.c.failed_attempts),
    )
    if counted.failed_attempts <= FREE_TRIES:
        return None
    until = tx.now + STEP * (counted.failed_attempts - FREE_TRIES)
    tx.run(sa.update(local_login).where(local_login.c.identity_id == identity_id).values(locked_until=until))
    return until


def clear(tx: Tx, identity_id: UUID) -> None:
    """Forget the wrong tries: the sign-in is complete."""
    tx.run(
        sa.update(local_login)
        .where(local_login.c.identity_id == identity_id)
        .values(failed_attempts=0, locked_until=None)
    )
