"""Answers a question about policies that is asked in names, as people and files ask it."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity
from locum.identities.model import identity
from locum.identities.normalise import normalise
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid, NotFound
from locum.kit.names import name_key
from locum.policies.decide import Origin
from locum.policies.expectations import Question, checked_at
from locum.policies.explain import Explanation, explain
from locum.policies.model import policy
from locum.resources.model import resource


def answer(tx: ReadTx, asked: Question) -> Explanation:
    """What would be decided, and why. Raises NotFound for what there is not, Invalid for a name that none has."""
    return explain(
        tx,
        identity_id=_one(tx, identity, "user", asked.user, identity.c.deleted_at.is_(None)),
        activity_id=_one(tx, activity, "activity", asked.activity, activity.c.is_deleted.is_(False)),
        resource_id=_one(tx, resource, "resource", asked.resource),
        wanted_policy_id=_one(tx, policy, "access policy", asked.policy, policy.c.is_deleted.is_(False))
        if asked.policy
        else None,
        note=asked.note,
        ticket=asked.ticket,
        answers=tuple(asked.answers.items()),
        origin=Origin(asked.address) if asked.address else None,
        at=checked_at(asked),
    )


def _one(tx: ReadTx, table: sa.Table, word: str, name: str, *more: sa.ColumnElement[bool]) -> UUID:
    found: UUID | None = tx.scalar(sa.select(table.c.id).where(_match(table, word, name), *more))
    if found is None:
        raise NotFound(f"there is no {word} “{name}”")
    return found


def _match(table: sa.Table, word: str, name: str) -> sa.ColumnElement[bool]:
    try:
        return table.c.id == UUID(name)
    except ValueError:
        pass
    key = normalise(name) if table is identity else name_key(name)
    if not key:
        raise Invalid(f"the {word} needs a name", field=word)
    return table.c.name_key == key
