"""The pause: while it stands, nothing touches a target. A restored copy begins with it, until an operator says go.

It is one row of the database, so every node obeys it: `jobs.claim` hands nothing out, and who would look up how to get
into a target, or let somebody in, is refused. What is asked of the database itself is answered as ever.
"""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx, UtcTime, metadata
from locum.kit.errors import Conflict

pause = sa.Table(
    "pause",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)


class Pause(msgspec.Struct, frozen=True):
    """Since when, and why."""

    since: dt.datetime
    reason: str

    @property
    def words(self) -> str:
        """For people."""
        return f"Locum is paused since {self.since:%Y-%m-%d %H:%M:%S} UTC: {self.reason}"


class Paused(Conflict):
    """Refused because of the pause alone: nothing is wrong, and nothing that was begun is given up for it."""


def current(tx: ReadTx) -> Pause | None:
    """The pause, or None while Locum works."""
    return tx.first(Pause, sa.select(pause.c.since, pause.c.reason))


def refuse_if_paused(tx: ReadTx) -> None:
    """Raise Paused while the pause stands: for whatever leads to a target."""
    found = current(tx)
    if found is not None:
        raise Paused(f"{found.words}; nothing reaches a target until an operator runs locum resume")


def begin(tx: Tx, reason: str) -> None:
    """Nothing touches a target once this is committed."""
    tx.add(pause, id=1, since=tx.now, reason=reason[:1000])


def end(tx: Tx) -> None:
    """Go on. Raises Conflict if there is no pause, or another operator ended it a moment ago."""
    if tx.run(sa.delete(pause)) != 1:
        raise Conflict("Locum is not paused")
