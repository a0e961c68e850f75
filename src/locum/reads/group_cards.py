"""What the policies of a group or a collection give to its members."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.identities.model import identity_member
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch, nothing
from locum.policies.model import policy, policy_identity
from locum.policies.visible import activity_pairs
from locum.reads.own_access import LastRow
from locum.sessions.model import access_session


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
        return nothing(page)
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
    found = tx.rows(LastRow, query.group_by(c.activity_id, c.policy_id))
    return {(row.activity_id, row.policy_id): row.last for row in found}
