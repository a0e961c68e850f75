"""Who asked for a session, and what they asked for before on the same resource or credential."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities import people
from locum.identities.model import Identity
from locum.kit.db import ReadTx
from locum.reads.session_figures import how_many
from locum.reads.sessions import SessionRow, session_rows
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session

SHOWN = 5
_LOOKED_AT = 1000
"""So many of the last requests are counted."""


class Counts(msgspec.Struct, frozen=True):
    total: int
    denied: int
    failed: int


@dataclass(frozen=True, slots=True)
class Requester:
    """The person, their last requests before this one, and how many there were, denied and failed."""

    person: Identity
    counts: Counts
    rows: list[SessionRow]


def requester(tx: ReadTx, session: AccessSession, *, policies: Collection[UUID] | None) -> Requester:
    """Four statements. `policies` limits what is told to requests under those. Raises NotFound for who was deleted."""
    c = access_session.c
    thing = (
        c.resource_id == session.resource_id
        if session.resource_id is not None
        else c.credential_id == session.credential_id
    )
    before = sa.select(c.id, c.status, c.created_at).where(
        c.identity_id == session.identity_id, thing, c.id != session.id, c.created_at <= session.created_at
    )
    if policies is not None:
        before = before.where(c.policy_id.in_(sorted(policies)))
    last = before.order_by(c.created_at.desc(), c.id.desc())
    looked_at = last.limit(_LOOKED_AT).subquery()
    denied = looked_at.c.status.in_([Status.APPROVAL_DENIED, Status.APPROVAL_FAILED])
    looks: sa.Select[Any] = sa.select()
    figures = looks.add_columns(
        sa.func.count().label("total"),
        how_many(denied).label("denied"),
        how_many(looked_at.c.status == Status.FAILED).label("failed"),
    ).select_from(looked_at)
    counts = tx.first(Counts, figures)
    assert counts is not None
    ids = tx.scalars(last.with_only_columns(c.id).limit(SHOWN))
    return Requester(people.get(tx, session.identity_id), counts, session_rows(tx, ids))
