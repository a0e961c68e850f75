"""Which policies hold a person, an activity, a resource: each as a subquery over indexes, alone or through groups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity_group_member
from locum.credentials.model import credential_group_member, managed_user
from locum.identities.membership import principals
from locum.identities.model import identity, identity_member
from locum.policies.model import (
    policy,
    policy_activity,
    policy_activity_group,
    policy_credential,
    policy_credential_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import resource, resource_group_member

Ids = sa.Select[Any] | sa.CompoundSelect[Any]


def members_of(group_id: UUID) -> sa.CompoundSelect[Any]:
    """Who is in a group or collection, by itself or by a group in it: whom `membership.principals` would say it of."""
    inner, outer = identity_member.alias(), identity_member.alias()
    return sa.union_all(
        sa.select(outer.c.member_id).where(outer.c.group_id == group_id),
        sa.select(inner.c.member_id)
        .join(outer, outer.c.member_id == inner.c.group_id)
        .where(outer.c.group_id == group_id),
    )


def of_identity(identity_id: UUID) -> Ids:
    """Policies that hold the person."""
    c = policy_identity.c
    return sa.select(c.policy_id).where(c.member_id.in_(principals(identity_id)))


def of_activity(activity_id: UUID) -> Ids:
    """Policies that hold the activity."""
    return sa.union_all(
        sa.select(policy_activity.c.policy_id).where(policy_activity.c.member_id == activity_id),
        sa.select(policy_activity_group.c.policy_id)
        .join(activity_group_member, activity_group_member.c.group_id == policy_activity_group.c.member_id)
        .where(activity_group_member.c.activity_id == activity_id),
    )


def of_resource(resource_id: UUID) -> Ids:
    """Policies that hold the resource."""
    return sa.union_all(
        sa.select(policy_resource.c.policy_id).where(policy_resource.c.member_id == resource_id),
        sa.select(policy_resource_group.c.policy_id)
        .join(resource_group_member, resource_group_member.c.group_id == policy_resource_group.c.member_id)
        .where(resource_group_member.c.resource_id == resource_id),
    )


def of_credential(credential_id: UUID) -> Ids:
    """Policies that hold the credential: by itself, by a group of credentials, by the secret vault that keeps it.

    Of resources, credential-based policies hold vaults alone.
    """
    c, g, v = policy_credential.c, policy_credential_group.c, policy_resource.c
    member, kept = credential_group_member.c, managed_user.c
    return sa.union_all(
        sa.select(c.policy_id).where(c.member_id == credential_id),
        sa.select(g.policy_id)
        .join(credential_group_member, member.group_id == g.member_id)
        .where(member.credential_id == credential_id),
        sa.select(v.policy_id)
        .join(managed_user, kept.resource_id == v.member_id)
        .where(kept.credential_id == credential_id),
    )


Id = sa.ColumnElement[UUID]


def holds(policy_id: Id, identity_id: Id, activity_id: Id, resource_id: Id) -> sa.ColumnElement[bool]:
    """Whether that policy holds all three, for rows of a statement around: as `of_identity` and its like say it."""
    return sa.and_(
        _holds_identity(policy_id, identity_id),
        _holds_activity(policy_id, activity_id),
        _holds_resource(policy_id, resource_id),
    )


def holds_credential(policy_id: Id, identity_id: Id, credential_id: Id) -> sa.ColumnElement[bool]:
    """Whether that credential-based policy holds both, as `of_credential` says it."""
    c, g, v = policy_credential.c, policy_credential_group.c, policy_resource.c
    member, kept = credential_group_member.c, managed_user.c
    there = sa.or_(
        sa.exists().where(c.policy_id == policy_id, c.member_id == credential_id),
        sa.exists().where(
            g.policy_id == policy_id, member.group_id == g.member_id, member.credential_id == credential_id
        ),
        sa.exists().where(
            v.policy_id == policy_id, kept.resource_id == v.member_id, kept.credential_id == credential_id
        ),
    )
    return sa.and_(_holds_identity(policy_id, identity_id), there)


def _holds_identity(policy_id: Id, identity_id: Id) -> sa.ColumnElement[bool]:
    c = policy_identity.c
    inner, outer, named = identity_member.alias(), identity_member.alias(), identity.alias()
    there = (c.policy_id == policy_id, named.c.id == c.member_id, named.c.deleted_at.is_(None))
    return sa.or_(
        sa.exists().where(c.policy_id == policy_id, c.member_id == identity_id),
        sa.exists().where(*there, inner.c.group_id == c.member_id, inner.c.member_id == identity_id),
        sa.exists().where(
            *there,
            outer.c.group_id == c.member_id,
            inner.c.group_id == outer.c.member_id,
            inner.c.member_id == identity_id,
        ),
    )


def _holds_activity(policy_id: Id, activity_id: Id) -> sa.ColumnElement[bool]:
    c, g, member = policy_activity.c, policy_activity_group.c, activity_group_member.c
    return sa.or_(
        sa.exists().where(c.policy_id == policy_id, c.member_id == activity_id),
        sa.exists().where(
            g.policy_id == policy_id, member.group_id == g.member_id, member.activity_id == activity_id
        ),
    )


def _holds_resource(policy_id: Id, resource_id: Id) -> sa.ColumnElement[bool]:
    c, g, member = policy_resource.c, policy_resource_group.c, resource_group_member.c
    return sa.or_(
        sa.exists().where(c.policy_id == policy_id, c.member_id == resource_id),
        sa.exists().where(
            g.policy_id == policy_id, member.group_id == g.member_id, member.resource_id == resource_id
        ),
    )


def count_for_identity() -> sa.ScalarSelect[Any]:
    """How many policies that are not deleted hold the row of `identity` of a statement around, by groups as well."""
    c = policy_identity.c
    inner, outer, named = identity_member.alias(), identity_member.alias(), identity.alias()
    there = sa.and_(named.c.id == c.member_id, named.c.deleted_at.is_(None))
    return _count(
        identity,
        sa.select(c.policy_id).where(c.member_id == identity.c.id),
        sa.select(c.policy_id)
        .join(named, there)
        .join(inner, inner.c.group_id == c.member_id)
        .where(inner.c.member_id == identity.c.id),
        sa.select(c.policy_id)
        .join(named, there)
        .join(outer, outer.c.group_id == c.member_id)
        .join(inner, inner.c.group_id == outer.c.member_id)
        .where(inner.c.member_id == identity.c.id),
    )


def count_for_resource() -> sa.ScalarSelect[Any]:
    """The same for the row of `resource`."""
    c, g, member = policy_resource.c, policy_resource_group.c, resource_group_member.c
    return _count(
        resource,
        sa.select(c.policy_id).where(c.member_id == resource.c.id),
        sa.select(g.policy_id)
        .join(resource_group_member, member.group_id == g.member_id)
        .where(member.resource_id == resource.c.id),
    )


def _count(around: sa.Table, *ways: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    ids = sa.union(*(way.correlate(around) for way in ways)).subquery()
    counted = sa.select(sa.func.count()).select_from(policy).join(ids, ids.c.policy_id == policy.c.id)
    return counted.where(policy.c.is_deleted.is_(False)).correlate(around).scalar_subquery()
