"""Who has which access: everybody's, under every policy, as the decision would find it but for what a request says."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, activity, connection_profile
from locum.credentials.model import credential
from locum.identities.model import PEOPLE, identity, identity_member
from locum.kit.db import ReadTx
from locum.policies.certification_model import certification_identity, certification_policy
from locum.policies.decide import Approval
from locum.policies.model import PolicyType, policy, policy_identity
from locum.policies.visible import Given, credential_pairs, reached
from locum.resources.model import resource


class Access(msgspec.Struct, frozen=True):
    """One access. `group_name`: by which group or collection, the first by name; None: the policy names the person."""

    identity_id: UUID
    policy_id: UUID
    activity_id: UUID
    resource_id: UUID | None
    credential_id: UUID | None
    group_name: str | None


class _Live(msgspec.Struct, frozen=True):
    id: UUID
    type: int


def accesses(tx: ReadTx, certification_id: UUID, most: int) -> list[Access]:
    """What those have whom the certification is about, by the policies it is about: three statements, `most` rows each.

    Where it names no people it is about everybody, where no policies about all that may give something now. What one
    of the two makes of a request, such as its notes or the time, does not count; nor what is denied already.
    """
    live = tx.rows(_Live, _policies(certification_id))
    found: list[Access] = []
    for kind, of in ((PolicyType.RESOURCE, _on_resources), (PolicyType.CREDENTIAL, _of_credentials)):
        policies = [row.id for row in live if row.type == kind]
        if policies:
            found += tx.rows(Access, of(Given(policies), certification_id).limit(most))
    return found


def _policies(certification_id: UUID) -> sa.Select[_Live]:
    c = certification_policy.c
    chosen = sa.select(c.member_id).where(c.certification_id == certification_id)
    return (
        sa.select(policy.c.id, policy.c.type)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .where(
            sa.or_(~chosen.exists(), policy.c.id.in_(chosen)),
            policy.c.is_deleted.is_(False),
            policy.c.is_disabled.is_(False),
            policy.c.approval != Approval.DENY,
            connection_profile.c.approval_type != Approval.DENY,
        )
    )


def _on_resources(given: Given, certification_id: UUID) -> sa.Select[Access]:
    held = _people(given, certification_id)
    query = reached(given).join(held, held.c.policy_id == policy.c.id)
    return query.where(activity.c.is_deleted.is_(False)).add_columns(
        held.c.identity_id,
        policy.c.id.label("policy_id"),
        activity.c.id.label("activity_id"),
        resource.c.id.label("resource_id"),
        sa.type_coerce(sa.null(), sa.Uuid).label("credential_id"),
        held.c.group_name,
    )


def _of_credentials(given: Given, certification_id: UUID) -> sa.Select[Access]:
    held, kept = _people(given, certification_id), credential_pairs(given).subquery()
    return (
        sa.select(
            held.c.identity_id,
            held.c.policy_id,
            activity.c.id.label("activity_id"),
            sa.type_coerce(sa.null(), sa.Uuid).label("resource_id"),
            kept.c.credential_id,
            held.c.group_name,
        )
        .select_from(held)
        .join(kept, kept.c.policy_id == held.c.policy_id)
        .join(credential, credential.c.id == kept.c.credential_id)
        .join(activity, activity.c.type == ActivityType.CREDENTIAL_RELEASE)
        .where(credential.c.deleted_at.is_(None))
    )


def _people(given: Given, certification_id: UUID) -> sa.Subquery:
    """(policy_id, identity_id, group_name) of whom these policies hold, each pair once, as `principals` says."""
    c, group = policy_identity.c, identity.alias()
    inner, outer = identity_member.alias(), identity_member.alias()
    there = sa.and_(group.c.id == c.member_id, group.c.deleted_at.is_(None))
    ways = sa.union_all(
        sa.select(c.policy_id, c.member_id.label("identity_id"), sa.literal("").label("way")),
        sa.select(c.policy_id, inner.c.member_id, group.c.name)
        .join(group, there)
        .join(inner, inner.c.group_id == c.member_id),
        sa.select(c.policy_id, inner.c.member_id, group.c.name)
        .join(group, there)
        .join(outer, outer.c.group_id == c.member_id)
        .join(inner, inner.c.group_id == outer.c.member_id),
    ).subquery()
    w, chosen = ways.c, _chosen(certification_id)
    anybody = ~sa.exists().where(certification_identity.c.certification_id == certification_id)
    return (
        sa.select(w.policy_id, w.identity_id, sa.func.nullif(sa.func.min(w.way), "").label("group_name"))
        .join(identity, identity.c.id == w.identity_id)
        .where(
            w.policy_id.in_(given.policies),
            identity.c.kind.in_(PEOPLE),
            identity.c.deleted_at.is_(None),
            sa.or_(anybody, w.identity_id.in_(chosen)),
        )
        .group_by(w.policy_id, w.identity_id)
        .subquery()
    )


def _chosen(certification_id: UUID) -> sa.CompoundSelect[tuple[UUID]]:
    """Those whom it names, by themselves, by a group, or by a collection and a group in it."""
    c = certification_identity.c
    inner, outer = identity_member.alias(), identity_member.alias()
    mine = c.certification_id == certification_id
    return sa.union_all(
        sa.select(c.member_id).where(mine),
        sa.select(inner.c.member_id).join(inner, inner.c.group_id == c.member_id).where(mine),
        sa.select(inner.c.member_id)
        .join(outer, outer.c.group_id == c.member_id)
        .join(inner, inner.c.group_id == outer.c.member_id)
        .where(mine),
    )
