"""Adds members to policies and takes them out, many at a time (POL-02).

What can't be done for one id does not keep the others: it is counted. What needs a right that the caller lacks for any
one of them is refused as a whole, before anything changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from locum.identities.caller import Caller
from locum.identities.rights import ScopeKind
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.policies.add import get_policy
from locum.policies.change import require
from locum.policies.members import MOST_AT_ONCE, TIES, Tie, join, known, part
from locum.policies.model import Policy, policy


class Done(NamedTuple):
    """For how many ids something changed, and how many name nothing that could be in the policy.

    What was so already is neither.
    """

    changed: int
    failed: int


Wanted = Mapping[str, Collection[UUID]]
"""Ids by field of Members."""


def add_members(tx: Tx, caller: Caller, policy_id: UUID, wanted: Wanted) -> Done:
    """Join what is not joined yet. Raises NotFound, Forbidden, Invalid for too many."""
    held, ties = _held(tx, caller, policy_id, wanted)
    changed = failed = 0
    for tie, ids in ties:
        there = set(known(tx, tie, held.type, ids))
        new = there - _joined(tx, held, tie, ids)
        join(tx, caller.actor, held, tie, new)
        changed, failed = changed + len(new), failed + len(ids) - len(there)
    _touch(tx, held, changed)
    return Done(changed, failed)


def remove_members(tx: Tx, caller: Caller, policy_id: UUID, wanted: Wanted) -> Done:
    """Take out what is joined. Raises NotFound, Forbidden, Invalid for too many."""
    held, ties = _held(tx, caller, policy_id, wanted)
    changed = failed = 0
    for tie, ids in ties:
        gone = _joined(tx, held, tie, ids)
        part(tx, caller.actor, held, tie, gone)
        there = known(tx, tie, held.type, ids - gone)
        changed, failed = changed + len(gone), failed + len(ids) - len(gone) - len(there)
    _touch(tx, held, changed)
    return Done(changed, failed)


def add_to_many(tx: Tx, caller: Caller, field: str, member_id: UUID, policy_ids: Collection[UUID]) -> Done:
    """Join one identity (`field` "identities" or "groups") to several policies; an unknown policy fails alone."""
    return _each(tx, caller, field, member_id, policy_ids, add=True)


def remove_from_many(tx: Tx, caller: Caller, field: str, member_id: UUID, policy_ids: Collection[UUID]) -> Done:
    """Take one identity out of several policies; an unknown policy fails alone."""
    return _each(tx, caller, field, member_id, policy_ids, add=False)


def remove_from_all(tx: Tx, caller: Caller, field: str, member_id: UUID) -> list[UUID]:
    """Take one identity out of every policy that joins it; answers which."""
    tie = TIES[field]
    joined = sa.select(tie.joins.c.policy_id).where(tie.joins.c.member_id == member_id)
    live = joined.join(policy, policy.c.id == tie.joins.c.policy_id).where(policy.c.is_deleted.is_(False))
    found = sorted(tx.scalars(live))
    for policy_id in found:
        remove_members(tx, caller, policy_id, {field: [member_id]})
    return found


def _each(tx: Tx, caller: Caller, field: str, member_id: UUID, policy_ids: Collection[UUID], *, add: bool) -> Done:
    wanted = sorted(set(policy_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"the body may list at most {MOST_AT_ONCE} ids")
    there = sa.select(policy.c.id).where(policy.c.id.in_(wanted), policy.c.is_deleted.is_(False))
    found = sorted(tx.scalars(there)) if wanted else []
    step = add_members if add else remove_members
    changed, failed = 0, len(wanted) - len(found)
    for policy_id in found:
        done = step(tx, caller, policy_id, {field: [member_id]})
        changed, failed = changed + done.changed, failed + done.failed
    return Done(changed, failed)


def _held(tx: Tx, caller: Caller, policy_id: UUID, wanted: Wanted) -> tuple[Policy, list[tuple[Tie, set[UUID]]]]:
    """The policy, held until commit, and what is wanted of it: nothing that the caller may not."""
    held = get_policy(tx, policy_id, hold=True)
    ties = [(TIES[field], set(ids)) for field, ids in wanted.items()]
    if sum(len(ids) for _, ids in ties) > MOST_AT_ONCE:
        raise Invalid(f"the body may list at most {MOST_AT_ONCE} ids")
    for tie, ids in ties:
        for thing in sorted(ids):
            require(caller, tie.permission, {ScopeKind.POLICY: policy_id, tie.scope: thing})
    return held, ties


def _joined(tx: Tx, held: Policy, tie: Tie, ids: Collection[UUID]) -> set[UUID]:
    c = tie.joins.c
    query = sa.select(c.member_id).where(c.policy_id == held.id, c.member_id.in_(ids))
    return set(tx.scalars(query)) if ids else set()


def _touch(tx: Tx, held: Policy, changed: int) -> None:
    if changed:
        tx.run(sa.update(policy).where(policy.c.id == held.id).values(modified_at=tx.now))
