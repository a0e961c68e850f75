"""Answers a question about policies that is asked in names, as people and files ask it."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity
from locum.activities.read import release_activity
from locum.credentials.add import login_key
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.identities.normalise import normalise
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid, NotFound
from locum.kit.names import name_key
from locum.policies.decide import Origin
from locum.policies.expectations import Question, check_target, checked_at
from locum.policies.explain import Explanation, explain
from locum.policies.facts import Asked
from locum.policies.model import policy
from locum.resources.model import resource


def answer(tx: ReadTx, asked: Question, *, credentials: frozenset[UUID] | None = None) -> Explanation:
    """What would be decided, and why. Raises NotFound for what there is not, Invalid for a name that none has.

    `credentials`: the only ones that the asker may know of, None if all.
    """
    check_target(asked)
    found = Asked(
        _one(tx, identity, "user", asked.user, identity.c.deleted_at.is_(None)),
        *_target(tx, asked, credentials),
        wanted_policy_id=_one(tx, policy, "access policy", asked.policy, policy.c.is_deleted.is_(False))
        if asked.policy
        else None,
        note=asked.note,
        ticket=asked.ticket,
        answers=tuple(asked.answers.items()),
        origin=Origin(asked.address) if asked.address else None,
        at=checked_at(asked),
    )
    return explain(tx, found)


def _target(
    tx: ReadTx, asked: Question, credentials: frozenset[UUID] | None
) -> tuple[UUID, UUID | None, UUID | None]:
    """Activity, resource, credential: what there is no question of is None."""
    kept = activity.c.is_deleted.is_(False)
    if asked.credential is not None:
        return release_activity(tx), None, _credential(tx, asked.credential, credentials)
    return (
        _one(tx, activity, "activity", asked.activity or "", kept),
        _one(tx, resource, "resource", asked.resource or ""),
        None,
    )


def _credential(tx: ReadTx, name: str, among: frozenset[UUID] | None) -> UUID:
    """By id, by its name, or by its login. Raises Invalid where several are meant."""
    c = credential.c
    domain, _, username = name.rpartition("\\")
    match = sa.or_(c.name == name, c.login_key == login_key(username, domain))
    with suppress(ValueError):
        match = c.id == UUID(name)
    query = sa.select(c.id).where(match, c.deleted_at.is_(None))
    if among is not None:
        query = query.where(c.id.in_(sorted(among)))
    found: list[UUID] = tx.scalars(query.limit(2))
    if not found:
        raise NotFound(f"there is no credential “{name}”")
    if len(found) > 1:
        raise Invalid(f"several credentials are called “{name}”: name one by its id", field="credential")
    return found[0]


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
