"""What a policy joins: eight kinds of members, each tied to it by a table of pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, activity, activity_group
from locum.audit import log as audit
from locum.credentials.model import credential, credential_group
from locum.identities.model import GROUPS, identity
from locum.identities.rights import ScopeKind
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission
from locum.policies.model import (
    Policy,
    PolicyType,
    policy_activity,
    policy_activity_group,
    policy_credential,
    policy_credential_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import ResourceType, resource, resource_group

MOST_AT_ONCE = 5_000  # members of one kind that one change can add, or take away

_ANY = sa.true()
"""Identities that stand for others."""


class Members(msgspec.Struct, frozen=True):
    """Whom a policy joins with what, and where. `groups` are groups and collections of people and applications."""

    identities: list[UUID] = []
    resources: list[UUID] = []
    activities: list[UUID] = []
    groups: list[UUID] = []
    resource_groups: list[UUID] = []
    activity_groups: list[UUID] = []
    credentials: list[UUID] = []
    credential_groups: list[UUID] = []


@dataclass(frozen=True, slots=True)
class Tie:
    """How one kind of member is tied to policies.

    `field` is its name in Members and `wire` the contract's, `word` the audit log's key for its name. `live` is the
    condition for what may be joined; only policies of `types` join it. A custom role changes it by `permission`
    within `scope`: a set of things is within a role's bounds only where the role lists none of that kind, or that set.
    """

    field: str
    wire: str
    joins: sa.Table
    things: sa.Table
    name: sa.Column[str]
    word: str
    scope: ScopeKind
    permission: Permission
    live: sa.ColumnElement[bool] = _ANY
    types: tuple[PolicyType, ...] = (PolicyType.RESOURCE,)

    def allowed(self, policy_type: int) -> sa.ColumnElement[bool]:
        """The condition for what a policy of that type may join. Secret vaults are for credential-based ones alone."""
        if policy_type not in self.types:
            return sa.false()
        if self.things is not resource:
            return self.live
        vault = resource.c.type == ResourceType.SECRET_VAULT
        return vault if policy_type == PolicyType.CREDENTIAL else ~vault


_BOTH = (PolicyType.RESOURCE, PolicyType.CREDENTIAL)
_USERS, _ACTIVITIES = Permission.POLICIES_USERS_MODIFY, Permission.POLICIES_ACTIVITIES_MODIFY
_RESOURCES, _WHOLE = Permission.POLICIES_RESOURCES_MODIFY, Permission.POLICIES_POLICY_MODIFY
_PEOPLE = sa.and_(identity.c.deleted_at.is_(None), identity.c.kind.not_in(GROUPS))
_GROUPS = sa.and_(identity.c.deleted_at.is_(None), identity.c.kind.in_(GROUPS))

TIES: dict[str, Tie] = {
    tie.field: tie
    for tie in (
        Tie(
            "activities",
            "activityIds",
            policy_activity,
            activity,
            activity.c.name,
            "activity",
            ScopeKind.ACTIVITY,
            _ACTIVITIES,
            sa.and_(activity.c.is_deleted.is_(False), activity.c.type != ActivityType.CREDENTIAL_RELEASE),
        ),
        Tie(
            "activity_groups",
            "activityGroupIds",
            policy_activity_group,
            activity_group,
            activity_group.c.name,
            "activity_group",
            ScopeKind.ACTIVITY,
            _ACTIVITIES,
        ),
        Tie(
            "identities",
            "managedAccountIds",
            policy_identity,
            identity,
            identity.c.name,
            "identity",
            ScopeKind.IDENTITY,
            _USERS,
            _PEOPLE,
            _BOTH,
        ),
        Tie(
            "groups",
            "managedAccountGroupIds",
            policy_identity,
            identity,
            identity.c.name,
            "identity",
            ScopeKind.IDENTITY,
            _USERS,
            _GROUPS,
            _BOTH,
        ),
        Tie(
            "resources",
            "managedResourceIds",
            policy_resource,
            resource,
            resource.c.name,
            "resource",
            ScopeKind.RESOURCE,
            _RESOURCES,
            sa.true(),
            _BOTH,
        ),
        Tie(
            "resource_groups",
            "managedResourceGroupIds",
            policy_resource_group,
            resource_group,
            resource_group.c.name,
            "resource_group",
            ScopeKind.RESOURCE,
            _RESOURCES,
        ),
        Tie(
            "credentials",
            "credentialIds",
            policy_credential,
            credential,
            credential.c.username,
            "username",
            ScopeKind.CREDENTIAL,
            _WHOLE,
            credential.c.deleted_at.is_(None),
            (PolicyType.CREDENTIAL,),
        ),
        Tie(
            "credential_groups",
            "credentialGroupIds",
            policy_credential_group,
            credential_group,
            credential_group.c.name,
            "credential_group",
            ScopeKind.CREDENTIAL,
            _WHOLE,
            sa.true(),
            (PolicyType.CREDENTIAL,),
        ),
    )
}


class _Pair(msgspec.Struct, frozen=True):
    policy_id: UUID
    member_id: UUID


class _Named(msgspec.Struct, frozen=True):
    id: UUID
    name: str


def members_of(tx: ReadTx, policy_id: UUID) -> Members:
    """The ids a policy joins: eight statements."""
    return members_of_many(tx, [policy_id]).get(policy_id, Members())


def members_of_many(tx: ReadTx, policy_ids: Collection[UUID] | sa.Select[tuple[UUID]]) -> dict[UUID, Members]:
    """What each of these policies joins, those that join nothing left out: eight statements."""
    found: dict[UUID, Members] = {}
    for tie in TIES.values():
        c = tie.joins.c
        pairs = sa.select(c.policy_id, c.member_id).where(c.policy_id.in_(policy_ids))
        if tie.things in (identity, credential):
            pairs = pairs.join(tie.things, tie.things.c.id == c.member_id).where(tie.live)
        for pair in tx.rows(_Pair, pairs.order_by(c.member_id)):
            members = found.get(pair.policy_id)
            if members is None:
                # Lists of their own: the defaults are shared.
                members = found[pair.policy_id] = Members(*([] for _ in Members.__struct_fields__))
            getattr(members, tie.field).append(pair.member_id)
    return found


def known(tx: ReadTx, tie: Tie, policy_type: int, ids: Collection[UUID]) -> list[UUID]:
    """Those of `ids` that a policy of that type may join, in order."""
    if not ids:
        return []
    there = sa.select(tie.things.c.id).where(tie.things.c.id.in_(ids), tie.allowed(policy_type))
    return sorted(tx.scalars(there))


def join(tx: Tx, actor: Actor, held: Policy, tie: Tie, ids: Iterable[UUID], *, tell: bool = True) -> None:
    """Join members that are not joined yet, and audit each if `tell`.

    Raises Invalid for one that does not exist or that a policy of this type can't join.
    """
    wanted = at_most(set(ids), tie.wire)
    if known(tx, tie, held.type, wanted) != sorted(wanted):
        raise Invalid(f"{tie.wire} names something that does not exist or can't be in this policy", field=tie.wire)
    tx.add_all(tie.joins, [{"policy_id": held.id, "member_id": member} for member in sorted(wanted)])
    if tell:
        _audit(tx, actor, held, tie, "policy.member_added", wanted)


def part(tx: Tx, actor: Actor, held: Policy, tie: Tie, ids: Iterable[UUID]) -> None:
    """Take members out that are in the policy, and audit each."""
    gone = at_most(set(ids), tie.wire)
    if not gone:
        return
    tx.run(sa.delete(tie.joins).where(tie.joins.c.policy_id == held.id, tie.joins.c.member_id.in_(gone)))
    _audit(tx, actor, held, tie, "policy.member_removed", gone)


def at_most(ids: set[UUID], field: str) -> set[UUID]:
    """`ids`. Raises Invalid for more than a statement should take."""
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(f"{field} may change at most {MOST_AT_ONCE} members at once", field=field)
    return ids


def _audit(tx: Tx, actor: Actor, held: Policy, tie: Tie, action: str, ids: Collection[UUID]) -> None:
    if not ids:
        return
    things = tie.things
    query = sa.select(things.c.id, tie.name.label("name")).where(things.c.id.in_(ids)).order_by(things.c.id)
    for thing in tx.rows(_Named, query):
        detail = {"policy": held.name, tie.word: thing.name}
        audit.record(tx, actor, action, object_kind="policy", object_id=held.id, detail=detail)
