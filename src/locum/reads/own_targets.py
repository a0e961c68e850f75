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
from locum.kit.paging import Listed, Page, fetch, nothing
from locum.policies.model import policy
from locum.policies.visible import Given, policies_of, reachable, reached
from locum.resources.model import platform, resource


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
    """One page of the resources on which a person can begin an activity, or this one: four statements."""
    policies = policies_of(tx, identity_id, key_policies=key_policies, policy_id=policy_id)
    if not policies:
        return nothing(page)
    within = reachable(policies)
    if activity_id is not None:  # few policies give it
        within = reached(policies).add_columns(resource.c.id).where(activity.c.id == activity_id)
    own, kind = resource.alias("own"), platform.alias("kind")
    query = sa.select(own.c.id, own.c.name, own.c.dns_name, kind.c.name.label("platform_name"))
    query = query.join(kind, kind.c.id == own.c.platform_id).where(own.c.id.in_(within))
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": own.c.name_key,
        "shownname": own.c.name,
        "dnshostname": own.c.dns_name,
        "platform": kind.c.name,
        "platformname": kind.c.name,
    }
    searched = ["shownname", "name", "dnshostname", "platform"]
    found = fetch(tx, TargetRow, query, page, columns=columns, tie=own.c.name_key, searched=searched)
    ways = _ways(tx, policies, [row.id for row in found.rows], activity_id)
    return Listed([Target(row, ways.get(row.id, [])) for row in found.rows], found.total)


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
    query = reached(policies).add_columns(
        policy.c.id.label("policy_id"), activity.c.name_key.label("activity_key")
    )
    if resource_keys is not None:
        query = query.where(resource.c.name_key.in_(resource_keys))
    query = query.group_by(policy.c.id, policy.c.priority, policy.c.name_key, activity.c.name_key)
    found = tx.rows(_Found, query.order_by(policy.c.priority, policy.c.name_key))
    wanted = [f.policy_id for f in found if activity_keys is None or f.activity_key in activity_keys]
    return Search(list(dict.fromkeys(wanted)), bool(found))
