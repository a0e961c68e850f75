"""How many access sessions one person may have at the same time."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import Tx
from locum.kit.errors import Forbidden
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

_LOCK = 0x73657373 << 32  # "sess", and the person behind it
# What is being taken away counts no more: a host that can't be reached must not keep anybody from working.
_COUNT = (Status.APPROVAL_REQUIRED, Status.PENDING, Status.ACTIVE)


def hold_room_for_session(
    tx: Tx,
    most: int | None,
    identity_id: UUID,
    start: dt.datetime,
    end: dt.datetime,
    *,
    but: UUID | None = None,
) -> None:
    """Raise Forbidden where this person has `most` sessions in that time already; None: any number.

    Nobody else makes one of theirs before this unit of work is over. `but`: a session that isn't counted.
    """
    if most is None:
        return
    tx.lock(_LOCK | identity_id.int & 0xFFFFFFFF)
    c = access_session.c
    others = sa.select(sa.func.count()).where(
        c.identity_id == identity_id, c.status.in_(_COUNT), c.scheduled_start < end, c.scheduled_end > start
    )
    there = tx.scalar(others if but is None else others.where(c.id != but)) or 0
    if there >= most:
        raise Forbidden(
            f"{there} session{'' if there == 1 else 's'} of this person run or wait in that time, and {most} is the"
            " most: end one",
            missing="room for a session",
        )
