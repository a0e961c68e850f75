"""The resources that a person can ask for, and the policies under which (POL-04, POL-05)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, connection_profile
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, check_page, filtered, in_order, nothing
from locum.policies import reach
from locum.policies.model import policy
from locum.policies.visible import Given, activity_pairs, policies_of, reached, reaches
from locum.resources.model import platform, resource

_LIKELY = 4  # of so many resources, one is somebody's who has thousands


class TargetRow(msgspec.Struct, frozen=True):
    """A resource that a person can ask for."""

    id: UUID
    name: str
    dns_name: str | None
    platform_name: str


class WayRow(msgspec.Struct, frozen=True):
    """One activity under one policy on a resource."""

    resource_id: UUID
    activity_id: UUID
    activity_name: str
    platform_id: UUID
    policy_id: UUID
    policy_name: str
    notes_required: bool
    ticket_required: bool
    max_session_minutes: int


@dataclass(frozen=True, slots=True)
class Target:
    """A resource with every way there is to it."""

    row: TargetRow
    ways: list[WayRow]


def targets(
    tx: ReadTx,
    page: Page,
    identity_id: UUID,
    *,
    activity_id: UUID | None = None,
    policy_id: UUID | None = None,
    key_policies: Collection[UUID] | None = None,
) -> Listed[Target]:
    """One page of the resources on which a person can begin an activity, or this one: ten statements at most,
    and one more for whom a certification denied something."""
    policies = policies_of(tx, identity_id, key_policies=key_policies, policy_id=policy_id)
    aims = _aims(tx, policies, activity_id) if policies else []
    within = reach.ids(tx, aims) if aims else set()
    if not within:
        return nothing(page)
    found = _page(tx, page, within)
    ways = _ways(tx, policies, [row.id for row in found.rows], activity_id)
    return Listed([Target(row, ways.get(row.id, [])) for row in found.rows], found.total)


class _Given(msgspec.Struct, frozen=True):
    policy_id: UUID
    activity_id: UUID | None
    platform_id: UUID


def _aims(tx: ReadTx, policies: Given, activity_id: UUID | None) -> list[reach.Aim]:
    """What of the activities matters is for which platforms they are, but for who was denied some of them."""
    denied = reach.denied(tx, policies)
    gives = activity_pairs(policies.policies).subquery()
    which = activity.c.id if denied else sa.type_coerce(sa.null(), sa.Uuid)
    query = sa.select(gives.c.policy_id, which.label("activity_id"), activity.c.platform_id)
    query = query.join(activity, activity.c.id == gives.c.activity_id)
    if activity_id is not None:
        query = query.where(activity.c.id == activity_id)
    kinds: dict[tuple[UUID | None, UUID], set[UUID]] = {}
    for row in tx.rows(_Given, query.distinct()):
        kinds.setdefault((row.activity_id, row.platform_id), set()).add(row.policy_id)
    return [
        reach.Aim(frozenset(of), platform_id, denied.get(one, {}) if one else {})
        for (one, platform_id), of in kinds.items()
    ]


def _page(tx: ReadTx, page: Page, within: set[str]) -> Listed[TargetRow]:
    """One page of these resources: two statements, three where it is far down.

    Those of many are picked out here from ids in their order: for the database each would be a look-up. Where no text
    is sought all of them are there, so that only as many are read as the page likely takes.
    """
    check_page(page)
    own, kind = resource.alias("own"), platform.alias("kind")
    query = sa.select(own.c.id, own.c.name, own.c.dns_name, kind.c.name.label("platform_name"))
    query = query.join(kind, kind.c.id == own.c.platform_id)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": own.c.name_key,
        "shownname": own.c.name,
        "dnshostname": own.c.dns_name,
        "platform": kind.c.name,
        "platformname": kind.c.name,
    }
    searched = ["shownname", "name", "dnshostname", "platform"]
    every = filtered(query.with_only_columns(own.c.id), page, columns=columns, searched=searched)
    if len(within) <= reach.FEW:
        every = every.where(own.c.id.in_([UUID(one) for one in within]))
    every = in_order(every, page, columns=columns, tie=own.c.name_key)
    found = _first(tx, every, page, within)
    total = len(found) if page.filter_text else len(within)
    wanted = [UUID(one) for one in found[page.skip : page.skip + page.take]]
    if not wanted:
        return Listed([], total)
    rows = {row.id: row for row in tx.rows(TargetRow, query.where(own.c.id.in_(wanted)))}
    return Listed([rows[one] for one in wanted], total)


def _first(tx: ReadTx, every: sa.Select[Any], page: Page, within: set[str]) -> list[str]:
    """Those of the ids of `every` that are `within`, in their order: with a text all of them, else as many as the page
    needs."""
    needed = min(page.skip + page.take, len(within))
    if not page.filter_text:
        likely = max(reach.FEW, _LIKELY * needed)
        some = [one for one in reach.texts(tx, every.limit(likely)) if one in within]
        if len(some) >= needed:
            return some
    return [one for one in reach.texts(tx, every) if one in within]


def _ways(
    tx: ReadTx, policies: Given, resources: list[UUID], activity_id: UUID | None
) -> dict[UUID, list[WayRow]]:
    if not resources:
        return {}
    query = (
        reached(policies, resources)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .add_columns(
            resource.c.id.label("resource_id"),
            activity.c.id.label("activity_id"),
            activity.c.name.label("activity_name"),
            activity.c.platform_id,
            policy.c.id.label("policy_id"),
            policy.c.name.label("policy_name"),
            policy.c.notes_required,
            policy.c.ticket_required,
            connection_profile.c.max_session_minutes,
        )
        .order_by(policy.c.priority, policy.c.name_key, activity.c.name_key)
    )
    if activity_id is not None:
        query = query.where(activity.c.id == activity_id)
    found: dict[UUID, list[WayRow]] = {}
    for row in tx.rows(WayRow, query):
        found.setdefault(row.resource_id, []).append(row)
    return found


class _Found(msgspec.Struct, frozen=True):
    policy_id: UUID
    activity_key: str


@dataclass(frozen=True, slots=True)
class Search:
    """The policies under which an activity can be begun on a resource, and whether there is any for the resource."""

    policies: list[UUID]
    resource_known: bool


def search(
    tx: ReadTx,
    identity_id: UUID,
    *,
    activity_keys: Collection[str] | None,
    resource_keys: Collection[str] | None,
    key_policies: Collection[UUID] | None = None,
) -> Search:
    """Look names up in what the person has, and nowhere else: two statements. None as keys: any.

    What somebody else has is for this person what does not exist.
    """
    policies = policies_of(tx, identity_id, key_policies=key_policies)
    if not policies:
        return Search([], False)
    key = activity.c.name_key.label("activity_key")
    if resource_keys is None:
        gives = activity_pairs(policies.policies).subquery()
        query = sa.select(policy.c.id.label("policy_id"), key).select_from(gives)
        query = query.join(policy, policy.c.id == gives.c.policy_id)
        query = query.join(activity, activity.c.id == gives.c.activity_id)
        query = query.where(reaches(policies))
    else:
        named = sa.select(resource.c.id).where(resource.c.name_key.in_(resource_keys))
        query = reached(policies, named).add_columns(policy.c.id.label("policy_id"), key)
    query = query.group_by(policy.c.id, policy.c.priority, policy.c.name_key, activity.c.name_key)
    found = tx.rows(_Found, query.order_by(policy.c.priority, policy.c.name_key))
    wanted = [f.policy_id for f in found if activity_keys is None or f.activity_key in activity_keys]
    return Search(list(dict.fromkeys(wanted)), bool(found))
