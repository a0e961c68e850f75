"""Finds and ends sessions whose policy does not give them any more (decision 0014)."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.policies.certification_model import access_denial
from locum.policies.decide import Approval
from locum.policies.facts import stricter
from locum.policies.joins import holds, holds_credential
from locum.policies.model import PolicyType, policy
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

MOST = 500
"""How many sessions one look finds; the next one finds the others."""


class _Withdrawn(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    denial: str | None


def withdrawn(tx: ReadTx) -> list[UUID]:
    """Active sessions whose policy is disabled, deleted or denies, or does not hold what it joins any more;
    or what a certification has denied.

    One statement over the active sessions, by index.
    """
    return [row.id for row in tx.rows(_Withdrawn, _query().limit(MOST))]


def end_withdrawn(tx: Tx, session_id: UUID) -> bool:
    """Begin the end of one of them, if that is still so."""
    session = transition.get(tx, session_id, hold=True)
    found = tx.first(_Withdrawn, _query().where(access_session.c.id == session_id))
    if found is None:
        return False
    reason = f"the access policy “{found.name}” no longer gives it"
    if found.denial is not None:
        reason = f"a certification denied it: {found.denial}"
    transition.begin_end(tx, LOCUM, session, outcome=Status.CANCELLED, reason=reason)
    return True


def _query() -> sa.Select[_Withdrawn]:
    s, of = access_session.c, access_denial.c
    denial = sa.and_(
        of.identity_id == s.identity_id,
        of.policy_id == s.policy_id,
        of.activity_id == s.activity_id,
        sa.or_(of.resource_id == s.resource_id, of.credential_id == s.credential_id),
    )
    return (
        sa.select(s.id, policy.c.name, access_denial.c.reason.label("denial"))
        .join(policy, policy.c.id == s.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .outerjoin(access_denial, denial)
        .where(
            s.status == Status.ACTIVE,
            sa.or_(
                access_denial.c.id.is_not(None),
                policy.c.is_deleted,
                policy.c.is_disabled,
                stricter(policy.c.approval, connection_profile.c.approval_type) == Approval.DENY,
                sa.and_(
                    policy.c.type == PolicyType.RESOURCE,
                    sa.not_(holds(s.policy_id, s.identity_id, s.activity_id, s.resource_id)),
                ),
                sa.and_(
                    policy.c.type == PolicyType.CREDENTIAL,
                    sa.not_(holds_credential(s.policy_id, s.identity_id, s.credential_id)),
                ),
            ),
        )
    )
