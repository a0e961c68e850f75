"""Mails that were sent or given up are kept for a time, to be looked at, and then deleted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from locum.kit.db import Tx
from locum.notices.model import State, mail

AT_ONCE = 500


def forget(tx: Tx, kept: dt.timedelta) -> bool:
    """Delete the oldest of those queued longer than `kept` ago; one that waits stays. True: there may be more."""
    c = mail.c
    old = sa.select(c.id).where(c.created_at < tx.now - kept, c.state != State.WAITING)
    ids = tx.scalars(old.order_by(c.created_at, c.id).limit(AT_ONCE))
    if ids:
        tx.run(sa.delete(mail).where(c.id.in_(ids)))
    return len(ids) == AT_ONCE
