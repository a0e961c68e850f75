"""Disables, deletes and restores an access policy. Its row stays, because sessions and the audit log speak of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.kit.names import name_key
from locum.policies.add import TAKEN, get_policy
from locum.policies.model import Policy, policy


def delete_policy(tx: Tx, actor: Actor, policy_id: UUID) -> None:
    """Delete a policy: it decides nothing any more and its name is free. Raises NotFound, also for a deleted one.

    Access sessions that run under it end soon (`sessions.withdrawn`).
    """
    get_policy(tx, policy_id)
    set_status(tx, actor, policy_id, is_deleted=True)


def set_status(
    tx: Tx, actor: Actor, policy_id: UUID, *, is_deleted: bool | None = None, is_disabled: bool | None = None
) -> Policy:
    """Set the flags that are given. What is as it shall be already leaves no audit row.

    Raises NotFound, and Conflict where a deleted policy comes back whose name another has now.
    """
    held = get_policy(tx, policy_id, hold=True, deleted_too=True)
    values: dict[str, Any] = {}
    actions = []
    if is_deleted is not None and is_deleted != held.is_deleted:
        # A key that no name has: keys are trimmed. So the name can be given again.
        key = f" deleted {policy_id}" if is_deleted else name_key(held.name)
        values |= {"is_deleted": is_deleted, "name_key": key}
        actions.append("policy.deleted" if is_deleted else "policy.restored")
    if is_disabled is not None and is_disabled != held.is_disabled:
        values["is_disabled"] = is_disabled
        actions.append("policy.disabled" if is_disabled else "policy.enabled")
    if not values:
        return held
    taken = sa.select(policy.c.id).where(policy.c.name_key == values.get("name_key"), policy.c.id != policy_id)
    if "name_key" in values and tx.scalar(taken) is not None:
        raise Conflict(TAKEN)
    try:
        tx.run(sa.update(policy).where(policy.c.id == policy_id).values(**values, modified_at=tx.now))
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error
    for action in actions:
        audit.record(tx, actor, action, object_kind="policy", object_id=policy_id, detail={"policy": held.name})
    return get_policy(tx, policy_id, deleted_too=True)
