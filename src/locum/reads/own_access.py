"""What a person can ask for: activities by policy, and the resources they work on (POL-04, POL-05).

Every list is a bounded number of statements: the policies that reach the person, one page, and what belongs to the rows
of that page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, connection_profile
from locum.identities.model import identity_member
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch
from locum.policies.model import policy, policy_identity
from locum.policies.visible import activity_pairs, fits, policies_of, reaches, resource_pairs
from locum.resources.model import platform, resource
from locum.sessions.model import access_session


class GivenRow(msgspec.Struct, frozen=True):
    """A policy that gives an activity, with what that policy asks for."""

    activity_id: UUID
    policy_id: UUID
    policy_name: str
    policy_type: int
    notes_required: bool
    ticket_required: bool
    max_session_minutes: int


class _CardRow(msgspec.Struct, frozen=True):
    activity_id: UUID
    policy_id: UUID | None
    name: str
    description: str | None
    type: int
    platform_id: UUID
    platform_name: str


@dataclass(frozen=True, slots=True)
class Card:
    """An activity that can be begun now: on how many resources, under which policies, and when it was last.

    Of a list by policy there is one policy to each card; else all that give the activity, the first to decide first.
    """

    activity_id: UUID
    name: str
    description: str | None
    type: int
    platform_id: UUID
    platform_name: str
    total_resources: int
    resource_name: str | None
    last_start: dt.datetime | None
    given: list[GivenRow]


class _Counted(msgspec.Struct, frozen=True):
    activity_id: UUID
    policy_id: UUID | None
    total: int
    name: str | None


class _Last(msgspec.Struct, frozen=True):
    activity_id: UUID
    policy_id: UUID | None
    last: dt.datetime | None


def cards(
    tx: ReadTx,
    page: Page,
    identity_id: UUID,
    *,
    by_policy: bool,
    key_policies: Collection[UUID] | None = None,
) -> Listed[Card]:
    """One page of the activities a person has, by the priority of the first policy that gives each: six statements.

    Only what has a resource to work on; one activity of several policies is one card unless `by_policy`.
    """
    policies = policies_of(tx, identity_id, key_policies=key_policies)
    if not policies:
        return Listed([], 0)
    found = _card_rows(tx, page, policies, by_policy=by_policy)
    if not found.rows:
        return Listed([], found.total)
    activities = sorted({row.activity_id for row in found.rows})
    given = _given(tx, policies, activities)
    counts = {(c.activity_id, c.policy_id): c for c in tx.rows(_Counted, _counts(policies, activities, by_policy))}
    last = {
        (c.activity_id, c.policy_id): c.last for c in tx.rows(_Last, _last(identity_id, activities, by_policy))
    }
    rows = []
    for row in found.rows:
        count = counts.get((row.activity_id, row.policy_id))
        rows.append(
            Card(
                row.activity_id,
                row.name,
                row.description,
                row.type,
                row.platform_id,
                row.platform_name,
                count.total if count else 0,
                count.name if count else None,
                last.get((row.activity_id, row.policy_id)),
                [g for g in given.get(row.activity_id, []) if row.policy_id in (None, g.policy_id)],
            )
        )
    return Listed(rows, found.total)


def _card_rows(tx: ReadTx, page: Page, policies: list[UUID], *, by_policy: bool) -> Listed[_CardRow]:
    pairs = activity_pairs(policies).subquery()
    query = (
        sa.select(
            activity.c.id.label("activity_id"),
            (policy.c.id if by_policy else sa.type_coerce(sa.null(), sa.Uuid)).label("policy_id"),
            activity.c.name,
            activity.c.description,
            activity.c.type,
            activity.c.platform_id,
            platform.c.name.label("platform_name"),
        )
        .select_from(pairs)
        .join(activity, activity.c.id == pairs.c.activity_id)
        .join(policy, policy.c.id == pairs.c.policy_id)
        .join(platform, platform.c.id == activity.c.platform_id)
        .where(reaches(policy.c.id, activity.c.platform_id))
    )
    first: sa.ColumnElement[Any] = policy.c.priority
    policy_name: sa.ColumnElement[Any] = policy.c.name_key
    if not by_policy:
        first, policy_name = sa.func.min(policy.c.priority), sa.func.min(policy.c.name_key)
        kept = (activity.c.name, activity.c.description, activity.c.type, activity.c.platform_id, platform.c.name)
        query = query.group_by(activity.c.id, activity.c.name_key, *kept)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "policy": first,
        "policyname": policy_name,
        "name": activity.c.name_key,
        "shownname": activity.c.name,
        "description": activity.c.description,
        "platformname": platform.c.name,
        "activitytype": activity.c.type,
    }
    if page.order_by is None:
        page = Page(page.skip, page.take, "policy", page.descending, page.filter_text)
    searched = ["shownname", "description", "platformname"]
    tie = [policy.c.name_key, activity.c.name_key] if by_policy else [activity.c.name_key]
    return fetch(tx, _CardRow, query, page, columns=columns, tie=tie, searched=searched)


def _given(tx: ReadTx, policies: list[UUID], activities: list[UUID]) -> dict[UUID, list[GivenRow]]:
    """The policies that give each of these activities on at least one resource, the first to decide first."""
    pairs = activity_pairs(policies).subquery()
    query = (
        sa.select(
            activity.c.id.label("activity_id"),
            policy.c.id.label("policy_id"),
            policy.c.name.label("policy_name"),
            policy.c.type.label("policy_type"),
            policy.c.notes_required,
            policy.c.ticket_required,
            connection_profile.c.max_session_minutes,
        )
        .select_from(pairs)
        .join(activity, activity.c.id == pairs.c.activity_id)
        .join(policy, policy.c.id == pairs.c.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .where(activity.c.id.in_(activities), reaches(policy.c.id, activity.c.platform_id))
        .order_by(policy.c.priority, policy.c.name_key)
    )
    found: dict[UUID, list[GivenRow]] = {}
    for row in tx.rows(GivenRow, query):
        found.setdefault(row.activity_id, []).append(row)
    return found


def _reached(policies: Collection[UUID], resources: Collection[UUID] | None = None) -> sa.Select[Any]:
    """Each activity with each resource it works on, and the policy that joins the two; to be narrowed and selected."""
    gives, holds = activity_pairs(policies).subquery(), resource_pairs(policies, resources).subquery()
    return (
        sa.select()
        .select_from(gives)
        .join(holds, holds.c.policy_id == gives.c.policy_id)
        .join(activity, activity.c.id == gives.c.activity_id)
        .join(resource, resource.c.id == holds.c.resource_id)
        .join(platform, platform.c.id == resource.c.platform_id)
        .join(policy, policy.c.id == gives.c.policy_id)
        .where(fits(platform, activity.c.platform_id))
    )


def _counts(policies: list[UUID], activities: list[UUID], by_policy: bool) -> sa.Select[Any]:
    of: sa.ColumnElement[Any] = policy.c.id if by_policy else sa.type_coerce(sa.null(), sa.Uuid)
    query = _reached(policies).add_columns(
        activity.c.id.label("activity_id"),
        of.label("policy_id"),
        sa.func.count(resource.c.id.distinct()).label("total"),
        sa.func.min(resource.c.name).label("name"),
    )
    query = query.where(activity.c.id.in_(activities)).group_by(activity.c.id)
    return query.group_by(policy.c.id) if by_policy else query


def _last(identity_id: UUID, activities: list[UUID], by_policy: bool) -> sa.Select[Any]:
    c = access_session.c
    of: sa.ColumnElement[Any] = c.policy_id if by_policy else sa.type_coerce(sa.null(), sa.Uuid)
    query = sa.select(c.activity_id, of.label("policy_id"), sa.func.max(c.actual_start).label("last"))
    query = query.where(c.identity_id == identity_id, c.activity_id.in_(activities)).group_by(c.activity_id)
    return query.group_by(c.policy_id) if by_policy else query


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
        return Listed([], 0)
    reached = _reached(policies).add_columns(resource.c.id)
    if activity_id is not None:
        reached = reached.where(activity.c.id == activity_id)
    own, kind = resource.alias("own"), platform.alias("kind")
    query = sa.select(own.c.id, own.c.name, own.c.dns_name, kind.c.name.label("platform_name"))
    query = query.join(kind, kind.c.id == own.c.platform_id).where(own.c.id.in_(reached))
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
    tx: ReadTx, policies: list[UUID], resources: list[UUID], activity_id: UUID | None
) -> dict[UUID, list[WayRow]]:
    if not resources:
        return {}
    query = (
        _reached(policies, resources)
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
    query = _reached(policies).add_columns(
        policy.c.id.label("policy_id"), activity.c.name_key.label("activity_key")
    )
    if resource_keys is not None:
        query = query.where(resource.c.name_key.in_(resource_keys))
    query = query.group_by(policy.c.id, policy.c.priority, policy.c.name_key, activity.c.name_key)
    found = tx.rows(_Found, query.order_by(policy.c.priority, policy.c.name_key))
    wanted = [f.policy_id for f in found if activity_keys is None or f.activity_key in activity_keys]
    return Search(list(dict.fromkeys(wanted)), bool(found))


class GroupCard(msgspec.Struct, frozen=True):
    """An activity that a policy gives to a group, and when a member began it last."""

    activity_id: UUID
    name: str
    policy_id: UUID
    policy_name: str
    last_start: dt.datetime | None = None


def group_cards(tx: ReadTx, page: Page, group_id: UUID, *, last_run: bool) -> Listed[GroupCard]:
    """One page of what the live policies that join a group give: three statements, one more for the last sessions."""
    of_group = sa.select(policy.c.id).join(policy_identity, policy_identity.c.policy_id == policy.c.id)
    policies = tx.scalars(of_group.where(policy_identity.c.member_id == group_id, policy.c.is_deleted.is_(False)))
    if not policies:
        return Listed([], 0)
    pairs = activity_pairs(policies).subquery()
    query = (
        sa.select(
            activity.c.id.label("activity_id"),
            activity.c.name,
            policy.c.id.label("policy_id"),
            policy.c.name.label("policy_name"),
        )
        .select_from(pairs)
        .join(activity, activity.c.id == pairs.c.activity_id)
        .join(policy, policy.c.id == pairs.c.policy_id)
    )
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": activity.c.name_key,
        "shownname": activity.c.name,
        "policyname": policy.c.name_key,
        "shownpolicyname": policy.c.name,
        "priority": policy.c.priority,
    }
    if page.order_by is None:
        page = Page(page.skip, page.take, "priority", page.descending, page.filter_text)
    tie = [policy.c.name_key, activity.c.name_key]
    found = fetch(tx, GroupCard, query, page, columns=columns, tie=tie, searched=["shownname", "shownpolicyname"])
    if not last_run or not found.rows:
        return found
    last = _last_of_group(tx, group_id, found.rows)
    rows = [
        GroupCard(
            row.activity_id, row.name, row.policy_id, row.policy_name, last.get((row.activity_id, row.policy_id))
        )
        for row in found.rows
    ]
    return Listed(rows, found.total)


def _last_of_group(
    tx: ReadTx, group_id: UUID, rows: list[GroupCard]
) -> dict[tuple[UUID, UUID | None], dt.datetime | None]:
    c, member, inner = access_session.c, identity_member.alias(), identity_member.alias()
    inside = sa.union_all(
        sa.select(member.c.member_id).where(member.c.group_id == group_id),
        sa.select(inner.c.member_id)
        .join(member, member.c.member_id == inner.c.group_id)
        .where(member.c.group_id == group_id),
    )
    query = sa.select(c.activity_id, c.policy_id, sa.func.max(c.actual_start).label("last")).where(
        c.identity_id.in_(inside),
        c.activity_id.in_({row.activity_id for row in rows}),
        c.policy_id.in_({row.policy_id for row in rows}),
    )
    found = tx.rows(_Last, query.group_by(c.activity_id, c.policy_id))
    return {(row.activity_id, row.policy_id): row.last for row in found}
