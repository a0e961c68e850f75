"""What a person's policies give them, as parts of statements: by their groups and collections, and by groups of things.

Everything here is a condition or a subquery; whoever lists something puts them into one statement of their own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, activity, activity_group_member, connection_profile
from locum.credentials.model import credential_group_member, managed_user
from locum.kit.db import ReadTx
from locum.policies.certification_model import access_denial
from locum.policies.decide import Approval
from locum.policies.denials import denial_of
from locum.policies.joins import of_identity
from locum.policies.model import (
    PolicyType,
    policy,
    policy_activity,
    policy_activity_group,
    policy_credential,
    policy_credential_group,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import platform, resource, resource_group_member


@dataclass(frozen=True, slots=True)
class Given:
    """Policies that may give a person something.

    `denied_to` is that person where a certification denied them something of it; what is asked of each access then.
    """

    policies: list[UUID]
    denied_to: UUID | None = None

    def __bool__(self) -> bool:
        return bool(self.policies)


class _GivenRow(msgspec.Struct, frozen=True):
    id: UUID
    denied: bool


def policies_of(
    tx: ReadTx,
    identity_id: UUID,
    *,
    key_policies: Collection[UUID] | None = None,
    policy_id: UUID | None = None,
    type: PolicyType = PolicyType.RESOURCE,
) -> Given:
    """The policies of that type that may give the person something: one statement.

    None that is deleted, disabled or denies; where `key_policies` is given none but those, and of `policy_id` that one.
    """
    d = access_denial.c
    denied = sa.exists().where(d.identity_id == identity_id, d.policy_id == policy.c.id).label("denied")
    query = sa.select(policy.c.id, denied).join(
        connection_profile, connection_profile.c.id == policy.c.connection_profile_id
    )
    query = query.where(
        policy.c.id.in_(of_identity(identity_id)),
        policy.c.type == type,
        policy.c.is_deleted.is_(False),
        policy.c.is_disabled.is_(False),
        policy.c.approval != Approval.DENY,
        connection_profile.c.approval_type != Approval.DENY,
    )
    if key_policies is not None:
        query = query.where(policy.c.id.in_(sorted(key_policies)))
    if policy_id is not None:
        query = query.where(policy.c.id == policy_id)
    rows = tx.rows(_GivenRow, query)
    return Given([row.id for row in rows], identity_id if any(row.denied for row in rows) else None)


def _undenied(given: Given, *access: Any, **thing: Any) -> sa.ColumnElement[bool]:
    """The condition that no certification denied this access, as `denial_of` names it, to who is given it."""
    if given.denied_to is None:
        return sa.true()
    return ~sa.exists().where(denial_of(given.denied_to, *access, **thing)).correlate_except(access_denial)


def activity_pairs(
    policies: Collection[UUID], releasing: Collection[UUID] = ()
) -> sa.CompoundSelect[tuple[UUID, UUID]]:
    """(policy_id, activity_id) of these policies, each pair once: activities and those of activity groups.

    `releasing` are credential-based ones, whose only activity is the release of a credential.
    """
    direct, group, member = policy_activity.c, policy_activity_group.c, activity_group_member.c
    return sa.union(
        sa.select(direct.policy_id, direct.member_id.label("activity_id")).where(direct.policy_id.in_(policies)),
        sa.select(group.policy_id, member.activity_id)
        .join(activity_group_member, member.group_id == group.member_id)
        .where(group.policy_id.in_(policies)),
        sa.select(policy.c.id.label("policy_id"), activity.c.id.label("activity_id"))
        .join(activity, activity.c.type == ActivityType.CREDENTIAL_RELEASE)
        .where(policy.c.id.in_(releasing)),
    )


def resource_pairs(
    policies: Collection[UUID], resources: Collection[UUID] | sa.Select[tuple[UUID]] | None = None
) -> sa.CompoundSelect[tuple[UUID, UUID]]:
    """(policy_id, resource_id) of these policies, each pair once: resources and those of resource groups.

    `resources`: only these; the fewer, the faster.
    """
    direct, group, member = policy_resource.c, policy_resource_group.c, resource_group_member.c
    ones = sa.select(direct.policy_id, direct.member_id.label("resource_id")).where(direct.policy_id.in_(policies))
    grouped = (
        sa.select(group.policy_id, member.resource_id)
        .join(resource_group_member, member.group_id == group.member_id)
        .where(group.policy_id.in_(policies))
    )
    if resources is not None:
        ones = ones.where(direct.member_id.in_(resources))
        grouped = grouped.where(member.resource_id.in_(resources))
    return sa.union(ones, grouped)


def credential_pairs(given: Given) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """(policy_id, credential_id) of these credential-based policies, each pair once: credentials, and those of
    credential groups and secret vaults."""
    direct, group, vault = policy_credential.c, policy_credential_group.c, policy_resource.c
    releasing = given.policies
    held = sa.union(
        sa.select(direct.policy_id, direct.member_id.label("credential_id")).where(
            direct.policy_id.in_(releasing)
        ),
        sa.select(group.policy_id, credential_group_member.c.credential_id)
        .join(credential_group_member, credential_group_member.c.group_id == group.member_id)
        .where(group.policy_id.in_(releasing)),
        sa.select(vault.policy_id, managed_user.c.credential_id)
        .join(managed_user, managed_user.c.resource_id == vault.member_id)
        .where(vault.policy_id.in_(releasing)),
    )
    if given.denied_to is None:
        return held
    c = held.subquery().c
    return sa.select(c.policy_id, c.credential_id).where(
        _undenied(given, c.policy_id, None, credential_id=c.credential_id)
    )


def reaches(given: Given) -> sa.ColumnElement[bool]:
    """Whether the policy of a row holds a resource on which the activity of the row works and is not denied."""
    policy_id, wanted = policy.c.id, activity.c
    direct, group, member = policy_resource.c, policy_resource_group.c, resource_group_member.c
    one, another = resource.alias(), resource.alias()
    return sa.or_(
        sa.exists().where(
            direct.policy_id == policy_id,
            one.c.id == direct.member_id,
            _fits(one, wanted.platform_id),
            _undenied(given, policy_id, wanted.id, resource_id=one.c.id),
        ),
        sa.exists().where(
            group.policy_id == policy_id,
            member.group_id == group.member_id,
            another.c.id == member.resource_id,
            _fits(another, wanted.platform_id),
            _undenied(given, policy_id, wanted.id, resource_id=another.c.id),
        ),
    )


def _fits(target: sa.FromClause, platform_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    own = platform.alias()
    one = sa.exists().where(own.c.id == target.c.platform_id, fits(own, platform_id))
    return one.correlate_except(own)  # the activity is that of the statement around, two levels up


def fits(own: sa.FromClause, platform_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether an activity of that platform works on a resource whose platform is the row of `own`.

    A copy of a platform is spoken to as its base is, so what the base's activities do works there too.
    """
    return sa.or_(own.c.id == platform_id, own.c.base_platform_id == platform_id)


def reached(given: Given, resources: Collection[UUID] | sa.Select[tuple[UUID]] | None = None) -> sa.Select[Any]:
    """Each activity of these policies with each resource it works on there; to be narrowed, and to select from.

    Its rows have one of `activity`, `resource`, `platform` (the resource's) and `policy` each.
    """
    policies = given.policies
    gives, holds = activity_pairs(policies).subquery(), resource_pairs(policies, resources).subquery()
    return (
        sa.select()
        .select_from(gives)
        .join(holds, holds.c.policy_id == gives.c.policy_id)
        .join(activity, activity.c.id == gives.c.activity_id)
        .join(resource, resource.c.id == holds.c.resource_id)
        .join(platform, platform.c.id == resource.c.platform_id)
        .join(policy, policy.c.id == gives.c.policy_id)
        .where(
            fits(platform, activity.c.platform_id),
            _undenied(given, policy.c.id, activity.c.id, resource_id=resource.c.id),
        )
    )
