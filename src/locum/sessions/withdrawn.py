"""Finds and ends sessions that go on no longer: their policy does not give them any more, or their owner is locked and
knows what opens the target without Locum (decision 0014)."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.identities.model import identity
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
    """`given`: the policy still gives it, so that it is its owner who is locked."""

    id: UUID
    name: str
    given: bool
    denial: str | None


def withdrawn(tx: ReadTx) -> list[UUID]:
    """Active sessions whose policy is disabled, deleted or denies, or does not hold what it joins any more; what a
    certification has denied; and those of locked people who were given a secret: to a database, or to whatever their
    credential opens.

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
    elif found.given:
        reason = "its owner is locked"
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
    # No connection of theirs can be closed, for none passes Locum.
    knows_and_is_locked = sa.and_(
        identity.c.locked, sa.or_(s.credential_id.is_not(None), s.password_secret_id.is_not(None))
    )
    taken = sa.or_(of.id.is_not(None), _taken())
    return (
        sa.select(
            s.id,
            policy.c.name,
            sa.type_coerce(sa.not_(taken), sa.Boolean).label("given"),
            of.reason.label("denial"),
        )
        .join(policy, policy.c.id == s.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .join(identity, identity.c.id == s.identity_id)
        .outerjoin(access_denial, denial)
        .where(s.status == Status.ACTIVE, sa.or_(taken, knows_and_is_locked))
    )


def _taken() -> sa.ColumnElement[bool]:
    """Whether the policy of a session gives it no more."""
    s = access_session.c
    return sa.or_(
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
    )
