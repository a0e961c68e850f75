"""How many connections may be open at once: of one person, and in all."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.sessions.model import connection

_LOCK = 0x6C696D74  # "limt"
_OPEN = sa.select(sa.func.count()).select_from(connection).where(connection.c.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class Limits:
    """None: any number. They count over all nodes. `sessions`: of one person, see `session_limit.py`."""

    per_person: int | None = None
    in_all: int | None = None
    sessions: int | None = None


NO_LIMITS = Limits()


def check_room(tx: ReadTx, limits: Limits, identity_id: UUID) -> None:
    """Raise Forbidden where this person may open no further connection now."""
    if limits.per_person is not None:
        mine = tx.scalar(_OPEN.where(connection.c.identity_id == identity_id)) or 0
        if mine >= limits.per_person:
            raise Forbidden(
                f"you have {_so_many(mine)} open, and {limits.per_person} is the most: close one",
                missing="room for a connection",
            )
    if limits.in_all is not None and (tx.scalar(_OPEN) or 0) >= limits.in_all:
        raise Forbidden(
            f"{_so_many(limits.in_all)} are open, which is the most that there may be: try again later",
            missing="room for a connection",
        )


def hold_room(tx: Tx, limits: Limits, identity_id: UUID) -> None:
    """The same, and nobody else opens one before this unit of work is over. Raises Forbidden."""
    if limits.per_person is not None or limits.in_all is not None:
        tx.lock(_LOCK)
        check_room(tx, limits, identity_id)


def _so_many(number: int) -> str:
    return f"{number} connection{'' if number == 1 else 's'}"
