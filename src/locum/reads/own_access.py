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

from locum.activities.model import ActivityType, activity, connection_profile
from locum.credentials.model import credential
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch, nothing
from locum.policies import reach
from locum.policies.model import PolicyType, policy
from locum.policies.visible import Given, activity_pairs, credential_pairs, policies_of, reaches
from locum.reads import own_credentials
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
    profile_id: UUID


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

    `resource_name` is that of the one resource where there is one alone.
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


@dataclass(frozen=True, slots=True)
class _Counted:
    total: int
    name: str | None


class _Named(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class LastRow(msgspec.Struct, frozen=True):
    """When an activity began last, under one policy or any."""

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
    activity_id: UUID | None = None,
) -> Listed[Card]:
    """One page of the activities a person has, by the priority of the first policy that gives each: eleven statements
    at most, and one more each where a credential is among them, and for whom a certification denied something.

    Only what has something to work on; of `activity_id` that activity alone. One activity of several policies is one
    card unless `by_policy`.
    """
    policies = policies_of(tx, identity_id, key_policies=key_policies)
    releasing = policies_of(tx, identity_id, key_policies=key_policies, type=PolicyType.CREDENTIAL)
    if not policies and not releasing:
        return nothing(page)
    found = _card_rows(tx, page, policies, releasing, activity_id, by_policy=by_policy)
    if not found.rows:
        return Listed([], found.total)
    activities = sorted({row.activity_id for row in found.rows})
    given = _given(tx, policies, releasing, activities)
    counts = _counts(tx, found.rows, given, reach.denied(tx, policies))
    release = next((row.activity_id for row in found.rows if row.type == ActivityType.CREDENTIAL_RELEASE), None)
    if release is not None:
        for of, one in own_credentials.counts(tx, releasing, by_policy=by_policy).items():
            counts[release, of] = _Counted(one.total, one.name)
    last = {
        (c.activity_id, c.policy_id): c.last for c in tx.rows(LastRow, _last(identity_id, activities, by_policy))
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


def _card_rows(
    tx: ReadTx, page: Page, policies: Given, releasing: Given, activity_id: UUID | None, *, by_policy: bool
) -> Listed[_CardRow]:
    pairs = activity_pairs(policies.policies, releasing.policies).subquery()
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
        .where(_works(policies, releasing))
    )
    if activity_id is not None:
        query = query.where(activity.c.id == activity_id)
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


def _works(policies: Given, releasing: Given) -> sa.ColumnElement[bool]:
    """Whether the policy of the row has a resource for its activity, or a credential for a release."""
    if not releasing:
        return reaches(policies)
    held = credential_pairs(releasing).subquery()
    kept = sa.select(held.c.policy_id).join(credential, credential.c.id == held.c.credential_id)
    return sa.or_(
        sa.and_(policy.c.type == PolicyType.RESOURCE, reaches(policies)),
        policy.c.id.in_(kept.where(credential.c.deleted_at.is_(None))),
    )


def _given(tx: ReadTx, policies: Given, releasing: Given, activities: list[UUID]) -> dict[UUID, list[GivenRow]]:
    """The policies that give each of these activities on something, the first to decide first."""
    pairs = activity_pairs(policies.policies, releasing.policies).subquery()
    query = (
        sa.select(
            activity.c.id.label("activity_id"),
            policy.c.id.label("policy_id"),
            policy.c.name.label("policy_name"),
            policy.c.type.label("policy_type"),
            policy.c.notes_required,
            policy.c.ticket_required,
            connection_profile.c.max_session_minutes,
            connection_profile.c.id.label("profile_id"),
        )
        .select_from(pairs)
        .join(activity, activity.c.id == pairs.c.activity_id)
        .join(policy, policy.c.id == pairs.c.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .where(activity.c.id.in_(activities), _works(policies, releasing))
        .order_by(policy.c.priority, policy.c.name_key)
    )
    found: dict[UUID, list[GivenRow]] = {}
    for row in tx.rows(GivenRow, query):
        found.setdefault(row.activity_id, []).append(row)
    return found


def _counts(
    tx: ReadTx, cards: list[_CardRow], given: dict[UUID, list[GivenRow]], denied: reach.Denied
) -> dict[tuple[UUID, UUID | None], _Counted]:
    """On how many resources each card's activity can be begun, and the name of the one if there is one alone."""
    wanted = [card for card in cards if card.type != ActivityType.CREDENTIAL_RELEASE]
    aims = [
        reach.Aim(
            frozenset(
                g.policy_id for g in given.get(card.activity_id, ()) if card.policy_id in (None, g.policy_id)
            ),
            card.platform_id,
            denied.get(card.activity_id, {}),
        )
        for card in wanted
    ]
    found = reach.counted(tx, aims) if aims else []
    single = {one.only for one in found if one.only is not None}
    c = resource.c
    named = tx.rows(_Named, sa.select(c.id, c.name).where(c.id.in_(single))) if single else []
    names = {row.id: row.name for row in named}
    return {
        (card.activity_id, card.policy_id): _Counted(one.total, names.get(one.only) if one.only else None)
        for card, one in zip(wanted, found, strict=True)
    }


def _last(identity_id: UUID, activities: list[UUID], by_policy: bool) -> sa.Select[Any]:
    c = access_session.c
    of: sa.ColumnElement[Any] = c.policy_id if by_policy else sa.type_coerce(sa.null(), sa.Uuid)
    query = sa.select(c.activity_id, of.label("policy_id"), sa.func.max(c.actual_start).label("last"))
    query = query.where(c.identity_id == identity_id, c.activity_id.in_(activities)).group_by(c.activity_id)
    return query.group_by(c.policy_id) if by_policy else query
