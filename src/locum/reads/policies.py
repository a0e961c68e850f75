"""Access policies as lists and views: each whole, with all it joins, in a number of statements that is always the same.

Where a list is ordered by nothing else it is in the order in which policies decide: priority, lower first, then name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import Activity, ActivityGroup, activity, activity_group, connection_profile
from locum.identities.caller import Caller
from locum.identities.membership import principals
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page, fetch
from locum.policies.joins import of_resource
from locum.policies.members import Members, members_of_many
from locum.policies.model import (
    policy,
    policy_activity,
    policy_activity_group,
    policy_identity,
    policy_resource,
)


class PolicyRow(msgspec.Struct, frozen=True):
    """One policy with what its connection profile is called and allows."""

    id: UUID
    name: str
    description: str | None
    priority: int
    approval: int
    notes_required: bool
    ticket_required: bool
    type: int
    is_disabled: bool
    is_deleted: bool
    profile_id: UUID
    profile_name: str
    profile_minutes: int
    created_at: dt.datetime
    modified_at: dt.datetime


class PolicyView(msgspec.Struct, frozen=True):
    """A policy and all it joins."""

    row: PolicyRow
    members: Members
    activities: list[Activity]
    activity_groups: list[ActivityGroup]


_ORDER = (policy.c.priority, policy.c.name_key, policy.c.id)
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "name": policy.c.name_key,
    "shownname": policy.c.name,
    "description": policy.c.description,
    "priority": policy.c.priority,
    "policytype": policy.c.type,
    "connectionprofilename": connection_profile.c.name,
    "activityconfiguration": connection_profile.c.name,
}
_SEARCHED = ["shownname", "description"]


def listed(
    tx: ReadTx, *, is_deleted: bool = False, is_disabled: bool = False, any_status: bool = False, caller: Caller
) -> list[PolicyView]:
    """Every policy of exactly that status, or of any; for an API key those it is for."""
    query = _rows()
    if not any_status:
        query = query.where(policy.c.is_deleted.is_(is_deleted), policy.c.is_disabled.is_(is_disabled))
    return _views(tx, tx.rows(PolicyRow, of_key(query, caller).order_by(*_ORDER)))


def one(tx: ReadTx, policy_id: UUID, *, deleted_too: bool = False) -> PolicyView:
    """One policy. Raises NotFound."""
    query = _rows().where(policy.c.id == policy_id)
    if not deleted_too:
        query = query.where(policy.c.is_deleted.is_(False))
    found = tx.first(PolicyRow, query)
    if found is None:
        raise NotFound("no such access policy")
    return _views(tx, [found])[0]


def some(tx: ReadTx, policy_ids: Collection[UUID]) -> list[PolicyView]:
    """These policies, in the order in which policies decide."""
    return _views(tx, tx.rows(PolicyRow, _rows().where(policy.c.id.in_(policy_ids)).order_by(*_ORDER)))


def joining(tx: ReadTx, identity_id: UUID, resource_id: UUID) -> list[PolicyView]:
    """The live policies that join a person and a resource, by whatever way (AccessControlPolicy.FindPolicies)."""
    query = _live().where(
        policy.c.id.in_(sa.select(policy_identity.c.policy_id).where(_is_principal(identity_id))),
        _holds(resource_id, direct_only=False),
    )
    return _views(tx, tx.rows(PolicyRow, query.order_by(*_ORDER)))


def on_resource(
    tx: ReadTx, page: Page, resource_id: UUID, *, direct_only: bool, caller: Caller
) -> Listed[PolicyView]:
    """One page of the live policies that hold a resource, itself or by a group."""
    query = of_key(_live().where(_holds(resource_id, direct_only=direct_only)), caller)
    return _paged(tx, query, page)


def without_group(tx: ReadTx, page: Page, group_id: UUID | None, policy_type: int | None) -> Listed[PolicyRow]:
    """One page of the live policies that a group of people is not in yet."""
    query = _live()
    if group_id is not None:
        joined = sa.select(policy_identity.c.policy_id).where(policy_identity.c.member_id == group_id)
        query = query.where(policy.c.id.not_in(joined))
    if policy_type is not None:
        query = query.where(policy.c.type == policy_type)
    return _page_of_rows(tx, query, page)


def of_key(query: sa.Select[Any], caller: Caller) -> sa.Select[Any]:
    """The query without the policies that the API key behind the request is not for."""
    if caller.key is None or caller.key.policies is None:
        return query
    return query.where(policy.c.id.in_(sorted(caller.key.policies)))


def _rows() -> sa.Select[Any]:
    same = ("id", "name", "description", "priority", "approval", "notes_required", "ticket_required", "type")
    return sa.select(
        *(policy.c[name] for name in same),
        policy.c.is_disabled,
        policy.c.is_deleted,
        connection_profile.c.id.label("profile_id"),
        connection_profile.c.name.label("profile_name"),
        connection_profile.c.max_session_minutes.label("profile_minutes"),
        policy.c.created_at,
        policy.c.modified_at,
    ).join_from(policy, connection_profile, connection_profile.c.id == policy.c.connection_profile_id)


def _live() -> sa.Select[Any]:
    return _rows().where(policy.c.is_deleted.is_(False))


def _is_principal(identity_id: UUID) -> sa.ColumnElement[bool]:
    return policy_identity.c.member_id.in_(principals(identity_id))


def _holds(resource_id: UUID, *, direct_only: bool) -> sa.ColumnElement[bool]:
    direct = sa.select(policy_resource.c.policy_id).where(policy_resource.c.member_id == resource_id)
    if direct_only:
        return policy.c.id.in_(direct)
    return policy.c.id.in_(of_resource(resource_id))


def _page_of_rows(tx: ReadTx, query: sa.Select[Any], page: Page) -> Listed[PolicyRow]:
    if page.order_by is None:
        page = Page(page.skip, page.take, "priority", page.descending, page.filter_text)
    return fetch(tx, PolicyRow, query, page, columns=_COLUMNS, tie=policy.c.name_key, searched=_SEARCHED)


def _paged(tx: ReadTx, query: sa.Select[Any], page: Page) -> Listed[PolicyView]:
    found = _page_of_rows(tx, query, page)
    return Listed(_views(tx, found.rows), found.total)


def _views(tx: ReadTx, rows: list[PolicyRow]) -> list[PolicyView]:
    """All these policies join: nine statements, none where there is no policy."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    joined = members_of_many(tx, ids)
    columns = [activity.c[name] for name in Activity.__struct_fields__]
    of_these = sa.select(policy_activity.c.member_id).where(policy_activity.c.policy_id.in_(ids))
    activities = {a.id: a for a in tx.rows(Activity, sa.select(*columns).where(activity.c.id.in_(of_these)))}
    columns = [activity_group.c[name] for name in ActivityGroup.__struct_fields__]
    of_these = sa.select(policy_activity_group.c.member_id).where(policy_activity_group.c.policy_id.in_(ids))
    found = tx.rows(ActivityGroup, sa.select(*columns).where(activity_group.c.id.in_(of_these)))
    groups = {group.id: group for group in found}
    nothing = Members()
    return [
        PolicyView(
            row,
            members := joined.get(row.id, nothing),
            sorted((activities[one] for one in members.activities), key=lambda a: a.name_key),
            sorted((groups[one] for one in members.activity_groups), key=lambda g: g.name_key),
        )
        for row in rows
    ]
