"""The independent look at leases: those whose holder or credential is gone, and those that live past their end."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.credentials.model import credential
from locum.identities.caller import Role
from locum.identities.model import identity, identity_role
from locum.kit import jobs
from locum.kit.db import Tx
from locum.sessions.lease import JOB
from locum.sessions.lease_cycle import LIVE, LONGEST_WAIT, State
from locum.sessions.model import lease

GRACE = dt.timedelta(seconds=60)


def sweep_leases(tx: Tx) -> list[UUID]:
    """Have every live lease looked at that nobody works on or that may have to end; answers the overdue ones.

    A lock, a lost role and a deletion elsewhere leave no word here: this finds them. Who holds the secret by a custom
    role is looked at each time, because what such a role covers is not asked in one statement.
    """
    live = lease.c.state.in_(LIVE)
    job, c = jobs.job, lease.c
    overdue = sa.and_(live, c.due_at < tx.now - GRACE)
    may_always = sa.exists().where(
        identity_role.c.identity_id == c.identity_id, identity_role.c.role.in_((Role.ADMIN, Role.APP))
    )
    suspect = (
        sa.select(c.id)
        .join(identity, identity.c.id == c.identity_id)
        .join(credential, credential.c.id == c.credential_id)
        .where(
            c.state.in_((State.INTENDED, State.ACTIVE)),
            sa.or_(
                identity.c.locked,
                identity.c.deleted_at.is_not(None),
                identity.c.expires_at <= tx.now,
                credential.c.deleted_at.is_not(None),
                ~may_always,
            ),
        )
    )
    unworked = sa.select(c.id).where(live, ~sa.exists().where(job.c.kind == JOB, job.c.subject_id == c.id))
    # The due time of a job lies far away when the clock was set back; one that comes up soon keeps its wait.
    slept_over = (
        sa.select(c.id)
        .join(job, sa.and_(job.c.kind == JOB, job.c.subject_id == c.id))
        .where(sa.or_(overdue, sa.and_(live, c.state == State.ENDING)), job.c.due_at > tx.now + LONGEST_WAIT)
    )
    for lease_id in {*tx.scalars(suspect), *tx.scalars(unworked), *tx.scalars(slept_over)}:
        jobs.schedule(tx, JOB, lease_id, due_at=tx.now)
    return tx.scalars(sa.select(c.id).where(overdue))
