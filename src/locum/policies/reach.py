"""Which resources policies reach, without a row for each policy and resource.

Where policies hold tens of thousands of resources by several ways each, what takes long is a row for every way. So the
database joins the ids of a group, or those that a policy lists, into one text, and each id gets here one number whose
bits say all that reaches it. That is a fixed number of statements and looks at each member of each group once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx
from locum.policies.certification_model import access_denial
from locum.policies.model import policy_resource, policy_resource_group
from locum.policies.visible import Given
from locum.resources.model import platform, resource, resource_group_member

FEW = 2_000  # ids that a statement takes as parameters
_WIDTH = 32  # bits between two marks: as many resources can be counted by adding numbers up
_AT_ONCE = 64  # aims whose marks are in one number


Denied = dict[UUID, dict[UUID, frozenset[str]]]
"""By activity and policy, the ids of resources that a certification denied somebody, as `texts` has them (CERT-01)."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The resources of some policies on which activities of that platform work.

    `denied`: where one activity is meant, what `Denied` has of it.
    """

    policies: frozenset[UUID]
    platform_id: UUID
    denied: dict[UUID, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """How many resources an aim reaches, and which, if it is one."""

    total: int
    only: UUID | None


def denied(tx: ReadTx, given: Given) -> Denied:
    """What was denied of these policies: one statement, and none for who was denied nothing of them."""
    if given.denied_to is None:
        return {}
    d = access_denial.c
    query = sa.select(d.activity_id, d.policy_id, _joined(d.resource_id).label("members"))
    query = query.where(
        d.identity_id == given.denied_to, d.policy_id.in_(given.policies), d.resource_id.is_not(None)
    )
    found: Denied = {}
    for row in tx.rows(_Denied, query.group_by(d.activity_id, d.policy_id)):
        found.setdefault(row.activity_id, {})[row.policy_id] = frozenset(row.members.split(","))
    return found


def counted(tx: ReadTx, aims: Sequence[Aim]) -> list[Reached]:
    """What each aim reaches: at most four statements."""
    held = _held(tx, aims)
    found: list[Reached] = []
    for first in range(0, len(aims), _AT_ONCE):
        found += _counted(held, aims[first : first + _AT_ONCE])
    return found


def ids(tx: ReadTx, aims: Sequence[Aim]) -> set[str]:
    """The ids of the resources that any of these reaches, as `texts` has them: at most four statements."""
    held = _held(tx, aims)
    found: set[str] = set()
    for first in range(0, len(aims), _AT_ONCE):
        found |= {one for one, marks in _marked(held, aims[first : first + _AT_ONCE]).items() if marks}
    return found


def texts(tx: ReadTx, query: sa.Select[Any]) -> list[str]:
    """The ids that a query of one column has, in its order: one statement, of one row."""
    rows = query.subquery("every")
    joined: str | None = tx.scalar(sa.select(_joined(rows.c[0])))
    return joined.split(",") if joined else []


def _joined(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.func.aggregate_strings(sa.cast(column, sa.String), ",")


class _Holds(msgspec.Struct, frozen=True):
    policy_id: UUID
    group_id: UUID


class _Members(msgspec.Struct, frozen=True):
    id: UUID  # of a group, a policy or a platform
    members: str


class _Denied(msgspec.Struct, frozen=True):
    activity_id: UUID
    policy_id: UUID
    members: str


class _Platform(msgspec.Struct, frozen=True):
    id: UUID
    base_platform_id: UUID | None

    def takes(self, aim: Aim) -> bool:
        """As `visible.fits`: a copy of a platform is spoken to as its base is."""
        return aim.platform_id in (self.id, self.base_platform_id)


@dataclass(frozen=True, slots=True)
class _Held:
    """`holders` of each policy are its groups and itself; `members` are the ids of each. `others` are the resources of
    each platform on which not every aim works, as far as they matter."""

    holders: dict[UUID, set[UUID]]
    members: dict[UUID, list[str]]
    others: list[tuple[_Platform, list[str]]]


def _held(tx: ReadTx, aims: Sequence[Aim]) -> _Held:
    policies = sorted({one for aim in aims for one in aim.policies})
    group, direct, inside = policy_resource_group.c, policy_resource.c, resource_group_member.c
    holders: dict[UUID, set[UUID]] = {one: {one} for one in policies}
    for row in tx.rows(
        _Holds, sa.select(group.policy_id, group.member_id.label("group_id")).where(group.policy_id.in_(policies))
    ):
        holders[row.policy_id].add(row.group_id)
    groups = sa.select(group.member_id).where(group.policy_id.in_(policies))
    members = sa.union_all(
        sa.select(inside.group_id.label("id"), _joined(inside.resource_id).label("members"))
        .where(inside.group_id.in_(groups))
        .group_by(inside.group_id),
        sa.select(direct.policy_id, _joined(direct.member_id))
        .where(direct.policy_id.in_(policies))
        .group_by(direct.policy_id),
    )
    found = {row.id: row.members.split(",") for row in tx.rows(_Members, members)}
    return _Held(holders, found, _others(tx, aims, found))


def _others(tx: ReadTx, aims: Sequence[Aim], members: dict[UUID, list[str]]) -> list[tuple[_Platform, list[str]]]:
    every = tx.rows(_Platform, sa.select(platform.c.id, platform.c.base_platform_id))
    others = {one.id: one for one in every if not all(one.takes(aim) for aim in aims)}
    if not others or not members:
        return []
    query = sa.select(resource.c.platform_id.label("id"), _joined(resource.c.id).label("members"))
    query = query.where(resource.c.platform_id.in_(others)).group_by(resource.c.platform_id)
    if sum(len(some) for some in members.values()) <= FEW:
        query = query.where(resource.c.id.in_({UUID(one) for some in members.values() for one in some}))
    return [(others[row.id], row.members.split(",")) for row in tx.rows(_Members, query)]


def _marked(held: _Held, aims: Sequence[Aim]) -> dict[str, int]:
    """By id of a resource, the marks of the aims that reach it: bit `n * _WIDTH` is that of the n-th."""
    marks: dict[tuple[UUID, frozenset[str]], int] = defaultdict(int)
    for n, aim in enumerate(aims):
        for policy_id in aim.policies:
            without = aim.denied.get(policy_id, frozenset())
            for holder in held.holders[policy_id]:
                marks[holder, without] |= 1 << n * _WIDTH
    found: dict[str, int] = {}
    for (holder, without), mark in marks.items():
        # Most ids are in one group: only those met before take a step of Python each, and a number of their own.
        here = dict.fromkeys(held.members.get(holder, ()), mark)
        for one in here.keys() & without:
            del here[one]
        for one in here.keys() & found.keys():
            here[one] |= found[one]
        found |= here
    for kind, there in held.others:
        works = sum(1 << n * _WIDTH for n, aim in enumerate(aims) if kind.takes(aim))
        for one in there:
            if one in found:
                found[one] &= works
    return found


def _counted(held: _Held, aims: Sequence[Aim]) -> list[Reached]:
    marked = _marked(held, aims)
    total = sum(marked.values())
    totals = [total >> n * _WIDTH & (1 << _WIDTH) - 1 for n in range(len(aims))]
    single = sum(1 << n * _WIDTH for n, count in enumerate(totals) if count == 1)
    found = [(UUID(one), marks & single) for one, marks in marked.items() if marks & single] if single else []
    return [
        Reached(count, next((one for one, marks in found if marks >> n * _WIDTH & 1), None))
        for n, count in enumerate(totals)
    ]
