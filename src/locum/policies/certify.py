"""Certifications: an administrator says whose access is looked at, by which reviewer and until when (CERT-01)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.identities.caller import Role
from locum.identities.model import Kind, identity, identity_role
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.named import free_name, name_kept
from locum.policies.accesses import accesses
from locum.policies.certification_model import (
    Certification,
    RowStatus,
    certification,
    certification_identity,
    certification_policy,
    certification_row,
)
from locum.policies.model import policy

MOST_ROWS = 10_000
"""Accesses in one certification: more than somebody can look at."""
MOST_CHOSEN = 1_000  # people, groups and policies that one certification names

_WORD = "certification"
_COLUMNS = [certification.c[name] for name in Certification.__struct_fields__]
_TABLES = {"identities": certification_identity, "policies": certification_policy}


class Chosen(msgspec.Struct):
    """What a certification is about. `identities` may be people, applications, groups and collections."""

    identities: list[UUID] = []
    policies: list[UUID] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a certification shall be. None leaves a field as it is; of a new one it is nothing."""

    name: str | None = None
    description: str | None = None
    reviewer_id: UUID | None = None
    deadline: dt.datetime | None = None
    identities: Collection[UUID] | None = None
    policies: Collection[UUID] | None = None


def get(tx: ReadTx, certification_id: UUID, *, hold: bool = False) -> Certification:
    """One certification, with `hold` its row held until commit. Raises NotFound."""
    one = sa.select(*_COLUMNS).where(certification.c.id == certification_id)
    found = tx.first(Certification, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no certification with this id")
    return found


def chosen_of(tx: ReadTx, certification_id: UUID) -> Chosen:
    """What one is about: two statements."""
    lists = {}
    for field, table in _TABLES.items():
        c = table.c
        query = sa.select(c.member_id).where(c.certification_id == certification_id).order_by(c.member_id)
        lists[field] = tx.scalars(query)
    return Chosen(**lists)


def create(tx: Tx, actor: Actor, wanted: Wanted) -> Certification:
    """Set one up; nobody is asked before it is started. Raises Conflict for a taken name, Invalid for what can't be."""
    if wanted.reviewer_id is None:
        raise Invalid("reviewerId is missing: a certification needs a reviewer", field="reviewerId")
    values = {**free_name(tx, certification, wanted.name, _WORD), **_values(tx, wanted)}
    made_id = new_id()
    with name_kept(_WORD):
        tx.add(certification, id=made_id, created_at=tx.now, modified_at=tx.now, **values)
    _choose(tx, made_id, wanted)
    made = get(tx, made_id)
    _audit(tx, actor, "certification.created", made)
    return made


def change(tx: Tx, actor: Actor, certification_id: UUID, wanted: Wanted) -> Certification:
    """Make it what is wanted. Once it has started, whom and what it is about stays: Conflict.

    Another reviewer goes on where the one before has stopped. Raises what `create` raises, and NotFound.
    """
    held = get(tx, certification_id, hold=True)
    values = _values(tx, wanted)
    if wanted.name is not None:
        values |= free_name(tx, certification, wanted.name, _WORD, but=certification_id)
    if held.started_at is not None and (wanted.identities is not None or wanted.policies is not None):
        raise Conflict("the certification has started: whose access it is about can't change any more")
    with name_kept(_WORD):
        tx.run(
            sa.update(certification)
            .where(certification.c.id == certification_id)
            .values(**values, modified_at=tx.now)
        )
    _choose(tx, certification_id, wanted)
    after = get(tx, certification_id)
    _audit(tx, actor, "certification.changed", after)
    return after


def delete(tx: Tx, actor: Actor, certification_id: UUID) -> None:
    """Delete one that has not started. Raises NotFound, and Conflict for one that has: it is evidence."""
    held = get(tx, certification_id, hold=True)
    if held.started_at is not None:
        raise Conflict("a certification that has started is evidence, and can't be deleted")
    for table in _TABLES.values():
        tx.run(sa.delete(table).where(table.c.certification_id == certification_id))
    tx.run(sa.delete(certification).where(certification.c.id == certification_id))
    _audit(tx, actor, "certification.deleted", held)


def start(tx: Tx, actor: Actor, certification_id: UUID) -> Certification:
    """Write down each access there is now, for the reviewer to decide.

    Raises NotFound; Conflict where it has started, is about nothing, is past its deadline, or finds no access or more
    than MOST_ROWS.
    """
    held = get(tx, certification_id, hold=True)
    chosen = chosen_of(tx, certification_id)
    if held.started_at is not None:
        raise Conflict("the certification has started already")
    if not chosen.identities and not chosen.policies:
        raise Conflict("the certification is about nothing: choose people, groups or policies first")
    if held.deadline is not None and held.deadline <= tx.now:
        raise Conflict("the deadline of the certification has passed: set another one first")
    _reviewer(tx, held.reviewer_id)
    found = accesses(tx, certification_id, MOST_ROWS + 1)
    if not found:
        raise Conflict("nobody whom the certification is about has any access by these policies")
    if len(found) > MOST_ROWS:
        raise Conflict(
            f"the certification would list more than {MOST_ROWS} accesses: choose fewer people or policies"
        )
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "certification_id": certification_id,
            **msgspec.structs.asdict(access),
            "status": RowStatus.REQUESTED,
            "created_at": tx.now,
        }
        for access in found
    ]
    tx.add_all(certification_row, rows)
    begun = sa.update(certification).where(certification.c.id == certification_id)
    tx.run(begun.values(started_at=tx.now, modified_at=tx.now))
    _audit(tx, actor, "certification.started", held, count=len(rows))
    return get(tx, certification_id)


def _values(tx: ReadTx, wanted: Wanted) -> dict[str, Any]:
    """The columns that are given, but for the name."""
    values: dict[str, Any] = {}
    if wanted.description is not None:
        values["description"] = wanted.description or None
    if wanted.reviewer_id is not None:
        _reviewer(tx, wanted.reviewer_id)
        values["reviewer_id"] = wanted.reviewer_id
    if wanted.deadline is not None:
        if wanted.deadline <= tx.now:
            raise Invalid("the deadline must lie in the future", field="deadlineDateTimeUtc")
        values["deadline"] = wanted.deadline
    return values


def _reviewer(tx: ReadTx, reviewer_id: UUID) -> None:
    i, r = identity.c, identity_role.c
    holds = sa.exists().where(r.identity_id == i.id, r.role.in_([Role.REVIEWER, Role.ADMIN]))
    query = sa.select(i.id).where(i.id == reviewer_id, i.deleted_at.is_(None), i.kind != Kind.APPLICATION, holds)
    if tx.scalar(query) is None:
        raise Invalid("reviewerId names nobody with the role Reviewer or Admin", field="reviewerId")


def _choose(tx: Tx, certification_id: UUID, wanted: Wanted) -> None:
    live = {
        "identities": (identity.c.id, identity.c.deleted_at.is_(None), "userIds or groupIds"),
        "policies": (policy.c.id, policy.c.is_deleted.is_(False), "policyIds"),
    }
    for field, table in _TABLES.items():
        given = getattr(wanted, field)
        if given is None:
            continue
        column, there, word = live[field]
        ids = sorted(set(given))
        if len(ids) > MOST_CHOSEN:
            raise Invalid(f"{word} may list at most {MOST_CHOSEN} ids")
        if ids and len(tx.scalars(sa.select(column).where(column.in_(ids), there))) != len(ids):
            raise Invalid(f"{word} names something that does not exist")
        tx.run(sa.delete(table).where(table.c.certification_id == certification_id))
        tx.add_all(table, [{"certification_id": certification_id, "member_id": one} for one in ids])


def _audit(tx: Tx, actor: Actor, action: str, held: Certification, **more: int) -> None:
    reviewer = tx.scalar(sa.select(identity.c.name).where(identity.c.id == held.reviewer_id))
    detail = {
        "certification": held.name,
        "identity": reviewer,
        "deadline": held.deadline.isoformat() if held.deadline else None,
        **more,
    }
    audit.record(tx, actor, action, object_kind="certification", object_id=held.id, detail=detail)
