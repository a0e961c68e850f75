"""Gathers what a decision looks at, in a bounded number of indexed statements."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity, connection_profile
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.policies.decide import Approval, Facts, PolicyFact
from locum.policies.joins import of_activity, of_identity, of_resource
from locum.policies.model import PolicyType, policy
from locum.resources.model import platform, resource


def gather(
    tx: ReadTx,
    *,
    identity_id: UUID,
    activity_id: UUID,
    resource_id: UUID,
    wanted_policy_id: UUID | None,
    note: str,
    ticket: str,
    key_policies: frozenset[UUID] | None = None,
) -> Facts:
    """Three statements: is the person locked, does the platform fit, which policies join the three."""
    locked = tx.scalar(sa.select(identity.c.locked).where(identity.c.id == identity_id))
    # A copy of a platform is spoken to as its base is, so what the base's activities do works there too.
    fits = tx.scalar(
        sa.select(activity.c.id)
        .join(platform, activity.c.platform_id.in_([platform.c.id, platform.c.base_platform_id]))
        .join(resource, resource.c.platform_id == platform.c.id)
        .where(activity.c.id == activity_id, activity.c.is_deleted.is_(False), resource.c.id == resource_id)
    )
    joined = (
        sa.select(
            policy.c.id,
            policy.c.name,
            policy.c.priority,
            stricter(policy.c.approval, connection_profile.c.approval_type).label("approval"),
            policy.c.notes_required,
            policy.c.ticket_required,
            policy.c.is_disabled,
            connection_profile.c.id.label("profile_id"),
            connection_profile.c.record,
            connection_profile.c.max_session_minutes,
            connection_profile.c.approval_workflow_id.label("workflow_id"),
        )
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .where(
            policy.c.id.in_(of_identity(identity_id)),
            policy.c.id.in_(of_activity(activity_id)),
            policy.c.id.in_(of_resource(resource_id)),
            policy.c.is_deleted.is_(False),
            policy.c.type == PolicyType.RESOURCE,
        )
    )
    return Facts(
        identity_locked=locked is not False,
        activity_fits_platform=fits is not None,
        policies=tuple(tx.rows(PolicyFact, joined)),
        wanted_policy_id=wanted_policy_id,
        note=note,
        ticket=ticket,
        key_policies=key_policies,
    )


def stricter(*columns: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Deny before Workflow before Allow: what a policy and its connection profile say together (A.9, A.10)."""
    return sa.case(
        *(
            (sa.or_(*(column == one for column in columns)), int(one))
            for one in (Approval.DENY, Approval.WORKFLOW)
        ),
        else_=int(Approval.ALLOW),
    )
