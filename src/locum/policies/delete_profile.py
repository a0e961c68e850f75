"""Deletes a connection profile that no access policy uses."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.profiles import retire_profile
from locum.activities.read import connection_profile_of
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.policies.model import policy

_SHOWN = 3


class _Policy(msgspec.Struct, frozen=True):
    name: str


def delete_profile(tx: Tx, actor: Actor, profile_id: UUID) -> None:
    """Raises NotFound, and Conflict, naming policies, while one has it; deleted ones don't count.

    Its row is held: a policy that is to have it waits, and then finds it deleted.
    """
    profile = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    having = sa.select(policy.c.name).where(
        policy.c.connection_profile_id == profile_id, policy.c.is_deleted.is_(False)
    )
    users = tx.rows(_Policy, having.order_by(policy.c.name_key).limit(_SHOWN + 1))
    if users:
        named = ", ".join(f"“{user.name}”" for user in users[:_SHOWN])
        raise Conflict(
            f"this connection profile is used by the access policies {named}"
            + " and others" * (len(users) > _SHOWN)
        )
    retire_profile(tx, actor, profile)
