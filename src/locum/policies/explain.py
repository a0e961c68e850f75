"""Why somebody may, or may not: the decision with all that led to it, for administrators and for tests of policies.

It is the decision itself that speaks: what `decide` is given and what `weigh` answers is shown, and beside it by
which way each policy holds the person, the activity and the resource, and which policies were close.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, activity_group, activity_group_member
from locum.credentials.model import (
    SHOWN_NAME,
    credential,
    credential_group,
    credential_group_member,
    managed_user,
)
from locum.identities.model import identity, identity_member
from locum.kit.db import ReadTx
from locum.policies.decide import (
    Allowed,
    Denied,
    Facts,
    NeedsApproval,
    Weighed,
    decide,
    general_refusal,
    weigh,
)
from locum.policies.facts import Asked, gather
from locum.policies.joins import of_activity, of_credential, of_identity, of_resource
from locum.policies.model import (
    PolicyType,
    policy,
    policy_activity,
    policy_activity_group,
    policy_credential,
    policy_credential_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import resource, resource_group, resource_group_member

MOST_NEAR = 20
THINGS = ("activity", "resource", "credential")
Outcome = Literal["allowed", "needs approval", "denied"]


class Way(msgspec.Struct, frozen=True):
    """How a policy holds something: by `name`. `via` is the group by which a person belongs to that collection."""

    name: str
    via: str | None = None


class Considered(msgspec.Struct, frozen=True):
    """A policy that joins all that is asked for: the ways by which it does, and why it does not let it pass, if so.

    One that gives a credential has no ways to `activity` and `resource`, another none to `credential`.
    """

    policy_id: UUID
    policy: str
    priority: int
    person: list[Way]
    activity: list[Way]
    resource: list[Way]
    credential: list[Way]
    refusal: str | None
    missing: str | None


class Near(msgspec.Struct, frozen=True):
    """A policy that holds the person and not all: `missing` is "activity", "resource" or both, or "credential"."""

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


def explain(tx: ReadTx, asked: Asked) -> Explanation:
    """What would be decided, and why: the statements of a decision and, of a credential three, else four more.

    Without `origin` it is not asked from where, and without `at` about a start now.
    """
    facts = gather(tx, asked)
    ids = [fact.id for fact in facts.policies]
    person = _ways(tx, _person_ways(asked.identity_id, ids))
    things = _thing_ways(tx, asked, ids)
    considered = [
        Considered(
            policy_id=one.policy.id,
            policy=one.policy.name,
            priority=one.policy.priority,
            person=person[one.policy.id],
            **{word: ways[one.policy.id] for word, ways in things.items()},
            refusal=refusal.reason if refusal else None,
            missing=refusal.missing if refusal else None,
        )
        for one, refusal in refusals(facts)
    ]
    outcome, reason, missing, by = told(facts)
    return Explanation(outcome, reason, missing, by, considered, _near(tx, asked, ids))


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


def _thing_ways(tx: ReadTx, asked: Asked, ids: list[UUID]) -> dict[str, dict[UUID, list[Way]]]:
    """By which ways these policies hold what is asked for, of each kind of thing; each policy has a list of each."""
    found: dict[str, dict[UUID, list[Way]]] = {word: defaultdict(list) for word in THINGS}
    if asked.credential_id is not None:
        found["credential"] = _ways(tx, _credential_ways(asked.credential_id, ids))
    else:
        assert asked.resource_id is not None
        found["activity"] = _ways(tx, _activity_ways(asked.activity_id, ids))
        found["resource"] = _ways(tx, _resource_ways(asked.resource_id, ids))
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


def _credential_ways(credential_id: UUID, ids: list[UUID]) -> sa.CompoundSelect[_Row]:
    """By name, by a group of credentials, and by the secret vault that keeps it."""
    c, g, v = policy_credential.c, policy_credential_group.c, policy_resource.c
    member, kept = credential_group_member.c, managed_user.c
    return sa.union_all(
        sa.select(c.policy_id, SHOWN_NAME.label("name"), _NOTHING)
        .join(credential, credential.c.id == c.member_id)
        .where(c.policy_id.in_(ids), c.member_id == credential_id),
        sa.select(g.policy_id, credential_group.c.name, _NOTHING)
        .join(credential_group, credential_group.c.id == g.member_id)
        .join(credential_group_member, member.group_id == g.member_id)
        .where(g.policy_id.in_(ids), member.credential_id == credential_id),
        sa.select(v.policy_id, resource.c.name, _NOTHING)
        .join(resource, resource.c.id == v.member_id)
        .join(managed_user, kept.resource_id == v.member_id)
        .where(v.policy_id.in_(ids), kept.credential_id == credential_id),
    )


class _NearRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    has_activity: bool
    has_thing: bool


def _near(tx: ReadTx, asked: Asked, joined: list[UUID]) -> list[Near]:
    """Policies that hold the person and not all, those that lack least first."""
    if asked.credential_id is not None:
        word, kind, things = "credential", PolicyType.CREDENTIAL, of_credential(asked.credential_id)
        has_activity = sa.true().label("has_activity")  # that of each of them
    else:
        assert asked.resource_id is not None
        word, kind, things = "resource", PolicyType.RESOURCE, of_resource(asked.resource_id)
        has_activity = policy.c.id.in_(of_activity(asked.activity_id)).label("has_activity")
    has_thing = policy.c.id.in_(things).label("has_thing")
    rows = tx.rows(
        _NearRow,
        sa.select(policy.c.id, policy.c.name, has_activity, has_thing)
        .where(
            policy.c.id.in_(of_identity(asked.identity_id)),
            policy.c.id.not_in(joined),
            policy.c.is_deleted.is_(False),
            policy.c.type == kind,
        )
        .order_by(sa.or_(has_activity, has_thing).desc(), policy.c.priority, policy.c.name)
        .limit(MOST_NEAR),
    )
    return [
        Near(
            row.id,
            row.name,
            [lacked for lacked, has in (("activity", row.has_activity), (word, row.has_thing)) if not has],
        )
        for row in rows
    ]
