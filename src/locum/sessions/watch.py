"""What live connections must know of their sessions: that they ended, got more time, or are locked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.sessions.lifecycle import Status
from locum.sessions.model import LogLevel, access_session, session_log

LOCKED = "the session is locked by an administrator"


@dataclass(frozen=True, slots=True)
class Now:
    """What holds for a connection now: when it must be closed, and the words of the lock on it, if one is."""

    deadline: dt.datetime
    locked: str | None = None


@dataclass(slots=True)
class Live:
    """One open connection of this node. `close(reason)` ends it, `change(now)` tells it what is different now."""

    session_id: UUID
    close: Callable[[str], None]
    change: Callable[[Now], None]
    told: Now


class Seen(msgspec.Struct, frozen=True):
    """A session as its connections need it."""

    id: UUID
    status: int
    status_description: str | None
    scheduled_end: dt.datetime
    locked: bool
    lock_title: str | None
    lock_message: str | None
    owner_locked: bool

    @property
    def over(self) -> str | None:
        """Why no connection may be open any more, or None."""
        if self.status != Status.ACTIVE:
            return self.status_description or "it has ended"
        return "your account is locked" if self.owner_locked else None

    @property
    def now(self) -> Now:
        """What a connection that may be open is told."""
        return Now(self.scheduled_end, lock_words(self.lock_title, self.lock_message) if self.locked else None)


def lock_words(title: str | None, message: str | None) -> str:
    """What a person behind a lock is told."""
    return ": ".join(words for words in (title, message) if words) or LOCKED


def look(tx: ReadTx, session_ids: set[UUID]) -> dict[UUID, Seen]:
    """These sessions as they are: one statement."""
    c = access_session.c
    rows = tx.rows(
        Seen,
        sa.select(
            c.id,
            c.status,
            c.status_description,
            c.scheduled_end,
            c.locked,
            c.lock_title,
            c.lock_message,
            identity.c.locked.label("owner_locked"),
        )
        .join(identity, identity.c.id == c.identity_id)
        .where(c.id.in_(session_ids)),
    )
    return {row.id: row for row in rows}


def pass_on(live: list[Live], seen: dict[UUID, Seen]) -> None:
    """Close what is over, and tell the others what has changed."""
    for one in live:
        session = seen.get(one.session_id)
        if session is None:
            continue
        over = session.over
        if over is not None:
            one.close(over)
        elif session.now != one.told:
            one.told = session.now
            one.change(session.now)


def latest_warning(tx: ReadTx, session_id: UUID) -> str | None:
    """What the session's log warned of last."""
    found: str | None = tx.scalar(
        sa.select(session_log.c.text)
        .where(session_log.c.session_id == session_id, session_log.c.level >= LogLevel.WARN)
        .order_by(session_log.c.id.desc())
        .limit(1)
    )
    return found
