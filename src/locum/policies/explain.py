"""Why somebody may, or may not: the decision with all that led to it, for administrators and for tests of policies.

It is the decision itself that speaks: what `decide` is given and what `weigh` answers is shown, and beside it by
which way each policy holds the person, the activity and the resource, and which policies were close.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, activity_group, activity_group_member
from locum.identities.model import identity, identity_member
from locum.kit.db import ReadTx
from locum.policies.decide import (
    Allowed,
    Denied,
    Facts,
    NeedsApproval,
    Origin,
    Weighed,
    decide,
    general_refusal,
    weigh,
)
from locum.policies.facts import gather
from locum.policies.joins import of_activity, of_identity, of_resource
from locum.policies.model import (
    PolicyType,
    policy,
    policy_activity,
    policy_activity_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import resource, resource_group, resource_group_member

MOST_NEAR = 20
Outcome = Literal["allowed", "needs approval", "denied"]


class Way(msgspec.Struct, frozen=True):
    """How a policy holds something: by `name`. `via` is the group by which a person belongs to that collection."""

    name: str
    via: str | None = None


class Considered(msgspec.Struct, frozen=True):
    """A policy that joins all three: the ways by which it does, and why it does not let the request pass, if so."""

    policy_id: UUID
    policy: str
    priority: int
    person: list[Way]
    activity: list[Way]
    resource: list[Way]
    refusal: str | None
    missing: str | None


class Near(msgspec.Struct, frozen=True):
    """A policy that holds the person and lacks something: `missing` is "activity", "resource" or both."""

    policy_id: UUID
    policy: str
    missing: list[str]


class Explanation(msgspec.Struct, frozen=True):
    """The outcome with its reason; `policy` is the one that decides. `considered` stands in the order of asking."""

    outcome: Outcome
    reason: str
    missing: str | None
    policy: str | None
    considered: list[Considered]
    near: list[Near]


def explain(
    tx: ReadTx,
    *,
    identity_id: UUID,
    activity_id: UUID,
    resource_id: UUID,
    wanted_policy_id: UUID | None = None,
    note: str = "",
    ticket: str = "",
    answers: tuple[tuple[str, str], ...] = (),
    origin: Origin | None = None,
    at: dt.datetime | None = None,
) -> Explanation:
    """What would be decided, and why: the seven statements of a decision and four more.

    Without `origin` it is not asked from where, and without `at` about a start now.
    """
    facts = gather(
        tx,
        identity_id=identity_id,
        activity_id=activity_id,
        resource_id=resource_id,
        wanted_policy_id=wanted_policy_id,
        note=note,
        ticket=ticket,
        answers=answers,
        origin=origin,
        at=at,
    )
    ids = [fact.id for fact in facts.policies]
    person = _ways(tx, _person_ways(identity_id, ids))
    doing = _ways(tx, _activity_ways(activity_id, ids))
    where = _ways(tx, _resource_ways(resource_id, ids))
    considered = [
        Considered(
            policy_id=one.policy.id,
            policy=one.policy.name,
            priority=one.policy.priority,
            person=person[one.policy.id],
            activity=doing[one.policy.id],
            resource=where[one.policy.id],
            refusal=refusal.reason if refusal else None,
            missing=refusal.missing if refusal else None,
        )
        for one, refusal in refusals(facts)
    ]
    outcome, reason, missing, by = told(facts)
    return Explanation(
        outcome, reason, missing, by, considered, _near(tx, identity_id, activity_id, resource_id, ids)
    )


def refusals(facts: Facts) -> list[tuple[Weighed, Denied | None]]:
    """Each policy that was asked, and why it does not help: where a general rule refuses, none does."""
    general = general_refusal(facts)
    return [(one, one.refusal or general) for one in weigh(facts)]


def told(facts: Facts) -> tuple[Outcome, str, str | None, str | None]:
    """The decision in words: outcome, reason, the rule that was lacking, the policy that decides."""
    decision = decide(facts)
    match decision:
        case Allowed(chosen):
            return "allowed", f"the access policy “{chosen.name}” allows it", None, chosen.name
        case NeedsApproval(chosen):
            return (
                "needs approval",
                f"the access policy “{chosen.name}” asks its approvers first",
                None,
                chosen.name,
            )
        case Denied(reason, missing):
            by = None if general_refusal(facts) else weigh(facts)[0].policy.name
            return "denied", reason, missing, by


class _Row(msgspec.Struct, frozen=True):
    policy_id: UUID
    name: str
    via: str | None


def _ways(tx: ReadTx, query: sa.Select[_Row] | sa.CompoundSelect[_Row]) -> dict[UUID, list[Way]]:
    found: dict[UUID, list[Way]] = defaultdict(list)
    for row in tx.rows(_Row, query):
        found[row.policy_id].append(Way(row.name, row.via))
    for ways in found.values():
        ways.sort(key=lambda way: (way.name, way.via or ""))
    return found


_NOTHING = sa.type_coerce(sa.null(), sa.String).label("via")


def _person_ways(identity_id: UUID, ids: list[UUID]) -> sa.CompoundSelect[_Row]:
    """By name, by a group or collection that has the person, and by a collection through the groups of the person."""
    own, between = identity_member.alias(), identity.alias()
    group = identity_member.alias()
    c = policy_identity.c
    named = sa.select(c.policy_id, identity.c.name, _NOTHING).join(identity, identity.c.id == c.member_id)
    return sa.union_all(
        named.where(c.policy_id.in_(ids), c.member_id == identity_id),
        named.join(own, own.c.group_id == c.member_id).where(c.policy_id.in_(ids), own.c.member_id == identity_id),
        sa.select(c.policy_id, identity.c.name, between.c.name.label("via"))
        .join(identity, identity.c.id == c.member_id)
        .join(group, group.c.group_id == c.member_id)
        .join(own, own.c.group_id == group.c.member_id)
        .join(between, between.c.id == own.c.group_id)
        .where(c.policy_id.in_(ids), own.c.member_id == identity_id),
    )


def _activity_ways(activity_id: UUID, ids: list[UUID]) -> sa.CompoundSelect[_Row]:
    c, g = policy_activity.c, policy_activity_group.c
    return sa.union_all(
        sa.select(c.policy_id, activity.c.name, _NOTHING)
        .join(activity, activity.c.id == c.member_id)
        .where(c.policy_id.in_(ids), c.member_id == activity_id),
        sa.select(g.policy_id, activity_group.c.name, _NOTHING)
        .join(activity_group, activity_group.c.id == g.member_id)
        .join(activity_group_member, activity_group_member.c.group_id == g.member_id)
        .where(g.policy_id.in_(ids), activity_group_member.c.activity_id == activity_id),
    )


def _resource_ways(resource_id: UUID, ids: list[UUID]) -> sa.CompoundSelect[_Row]:
    c, g = policy_resource.c, policy_resource_group.c
    return sa.union_all(
        sa.select(c.policy_id, resource.c.name, _NOTHING)
        .join(resource, resource.c.id == c.member_id)
        .where(c.policy_id.in_(ids), c.member_id == resource_id),
        sa.select(g.policy_id, resource_group.c.name, _NOTHING)
        .join(resource_group, resource_group.c.id == g.member_id)
        .join(resource_group_member, resource_group_member.c.group_id == g.member_id)
        .where(g.policy_id.in_(ids), resource_group_member.c.resource_id == resource_id),
    )


class _NearRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    has_activity: bool
    has_resource: bool


def _near(tx: ReadTx, identity_id: UUID, activity_id: UUID, resource_id: UUID, joined: list[UUID]) -> list[Near]:
    """Policies that hold the person and not all, those that lack least first."""
    has_activity = policy.c.id.in_(of_activity(activity_id)).label("has_activity")
    has_resource = policy.c.id.in_(of_resource(resource_id)).label("has_resource")
    rows = tx.rows(
        _NearRow,
        sa.select(policy.c.id, policy.c.name, has_activity, has_resource)
        .where(
            policy.c.id.in_(of_identity(identity_id)),
            policy.c.id.not_in(joined),
            policy.c.is_deleted.is_(False),
            policy.c.type == PolicyType.RESOURCE,
        )
        .order_by(sa.or_(has_activity, has_resource).desc(), policy.c.priority, policy.c.name)
        .limit(MOST_NEAR),
    )
    return [
        Near(
            row.id,
            row.name,
            [word for word, has in (("activity", row.has_activity), ("resource", row.has_resource)) if not has],
        )
        for row in rows
    ]
