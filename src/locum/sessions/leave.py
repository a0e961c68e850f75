"""A person or an application leaves: sessions and leases end, no policy names them, nothing of them works any more."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.identities import people
from locum.identities.remove import remove
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.policies.favourite_model import favourite
from locum.policies.groups import refuse_joined_identity
from locum.policies.model import policy_identity
from locum.sessions import lease as leases
from locum.sessions import transition
from locum.sessions.lifecycle import LIVE, Status
from locum.sessions.model import access_session, lease
from locum.vault.store import Vault


def leave(tx: Tx, vault: Vault, actor: Actor, identity_id: UUID) -> None:
    """Delete an identity (ManagedAccount.DeleteAsync). The worker takes their access away from the targets.

    Raises NotFound, Conflict for the last administrator who can sign in and for a group that policies join.
    """
    refuse_joined_identity(tx, identity_id, people.get(tx, identity_id).kind)
    remove(tx, vault, actor, identity_id)
    live = sa.select(access_session.c.id).where(
        access_session.c.identity_id == identity_id, access_session.c.status.in_(LIVE)
    )
    for session_id in tx.scalars(live):
        session = transition.get(tx, session_id)
        transition.begin_end(tx, actor, session, outcome=Status.CANCELLED, reason="its user was deleted")
    leases.end_all(tx, actor, lease.c.identity_id == identity_id, reason="its holder was deleted")
    people.leave_groups(tx, identity_id)
    tx.run(sa.delete(policy_identity).where(policy_identity.c.member_id == identity_id))
    tx.run(sa.delete(favourite).where(favourite.c.identity_id == identity_id))
