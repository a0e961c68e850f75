"""Gathers what a decision about a credential looks at: credential-based policies have one activity alone (A.1)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import ActivityType, activity
from locum.credentials.model import credential
from locum.kit.db import ReadTx
from locum.policies.decide import Facts, Origin, PolicyFact
from locum.policies.denials import denial_of
from locum.policies.facts import policy_facts, with_rules
from locum.policies.joins import of_credential, of_identity
from locum.policies.locks import Place, person_and_lock
from locum.policies.model import PolicyType, policy

WANTED = "this credential"


def gather_release(
    tx: ReadTx,
    *,
    identity_id: UUID,
    activity_id: UUID,
    credential_id: UUID,
    wanted_policy_id: UUID | None,
    note: str,
    ticket: str,
    key_policies: frozenset[UUID] | None = None,
    answers: tuple[tuple[str, str], ...] = (),
    origin: Origin | None = None,
    at: dt.datetime | None = None,
) -> Facts:
    """As `facts.gather`, of the built-in activity and a credential: at most seven statements."""
    locked, lock = person_and_lock(tx, identity_id, activity_id, Place(credential_id=credential_id))
    kept = tx.scalar(
        sa.select(credential.c.id).where(
            credential.c.id == credential_id,
            credential.c.deleted_at.is_(None),
            sa.exists().where(activity.c.id == activity_id, activity.c.type == ActivityType.CREDENTIAL_RELEASE),
        )
    )
    joining = tx.rows(
        PolicyFact,
        policy_facts(denial_of(identity_id, policy.c.id, activity_id, credential_id=credential_id)).where(
            policy.c.id.in_(of_identity(identity_id)),
            policy.c.id.in_(of_credential(credential_id)),
            policy.c.type == PolicyType.CREDENTIAL,
        ),
    )
    return Facts(
        identity_locked=locked,
        activity_fits_platform=True,
        policies=with_rules(tx, joining) if kept is not None else (),
        wanted_policy_id=wanted_policy_id,
        note=note,
        ticket=ticket,
        key_policies=key_policies,
        answers=answers,
        origin=origin,
        at=at or tx.now,
        wanted=WANTED,
        lock=lock,
    )


def release_activity(tx: ReadTx) -> UUID:
    """The built-in activity of credential-based policies, which comes with Locum."""
    found: UUID | None = tx.scalar(
        sa.select(activity.c.id).where(activity.c.type == ActivityType.CREDENTIAL_RELEASE)
    )
    assert found is not None
    return found
