"""Gathers what a decision looks at, in a bounded number of indexed statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, activity, connection_profile
from locum.activities.read import lists_among
from locum.credentials.model import credential
from locum.kit.db import ReadTx
from locum.policies.certification_model import access_denial
from locum.policies.decide import (
    WANTED_CREDENTIAL,
    WANTED_RESOURCE,
    Approval,
    Facts,
    Origin,
    PolicyFact,
    ProfileRules,
)
from locum.policies.denials import denial_of
from locum.policies.joins import of_activity, of_credential, of_identity, of_resource
from locum.policies.locks import Place, person_and_lock
from locum.policies.model import PolicyType, policy
from locum.policies.workflow_model import approval_workflow
from locum.resources.model import platform, resource


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: an activity on a resource, or the built-in one that releases a credential (A.1).

    One of `resource_id` and `credential_id` is None. The rest is as in `Facts`; without `at`, a start now is meant.
    """

    identity_id: UUID
    activity_id: UUID
    resource_id: UUID | None = None
    credential_id: UUID | None = None
    wanted_policy_id: UUID | None = None
    note: str = ""
    ticket: str = ""
    key_policies: frozenset[UUID] | None = None
    answers: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = None
    at: dt.datetime | None = None


def gather(tx: ReadTx, asked: Asked) -> Facts:
    """At most seven statements: is anything locked, does the activity fit, which policies join all that is asked
    for, and four for the rules of all their profiles."""
    thing = Place(resource_id=asked.resource_id, credential_id=asked.credential_id)
    locked, lock = person_and_lock(tx, asked.identity_id, asked.activity_id, thing)
    releases = asked.credential_id is not None
    fits = tx.scalar(_released(asked) if releases else _fitting(asked)) is not None
    joining = (
        tx.rows(PolicyFact, policy_facts(_denial(asked)).where(*_joins(asked))) if fits or not releases else []
    )
    return Facts(
        identity_locked=locked,
        activity_fits_platform=fits or releases,  # a credential that is gone is one that no policy gives
        policies=with_rules(tx, joining),
        wanted_policy_id=asked.wanted_policy_id,
        note=asked.note,
        ticket=asked.ticket,
        key_policies=asked.key_policies,
        answers=asked.answers,
        origin=asked.origin,
        at=asked.at or tx.now,
        wanted=WANTED_CREDENTIAL if releases else WANTED_RESOURCE,
        lock=lock,
    )


def _fitting(asked: Asked) -> sa.Select[tuple[UUID]]:
    # A copy of a platform is spoken to as its base is, so what the base's activities do works there too.
    return (
        sa.select(activity.c.id)
        .join(platform, activity.c.platform_id.in_([platform.c.id, platform.c.base_platform_id]))
        .join(resource, resource.c.platform_id == platform.c.id)
        .where(
            activity.c.id == asked.activity_id,
            activity.c.is_deleted.is_(False),
            resource.c.id == asked.resource_id,
        )
    )


def _released(asked: Asked) -> sa.Select[tuple[UUID]]:
    release = activity.c.id == asked.activity_id, activity.c.type == ActivityType.CREDENTIAL_RELEASE
    return sa.select(credential.c.id).where(
        credential.c.id == asked.credential_id, credential.c.deleted_at.is_(None), sa.exists().where(*release)
    )


def _denial(asked: Asked) -> sa.ColumnElement[bool]:
    things = {"resource_id": asked.resource_id, "credential_id": asked.credential_id}
    return denial_of(asked.identity_id, policy.c.id, asked.activity_id, **things)


def _joins(asked: Asked) -> tuple[sa.ColumnElement[bool], ...]:
    """What is true of the policies that hold all that is asked for."""
    whose = policy.c.id.in_(of_identity(asked.identity_id))
    if asked.credential_id is not None:
        return whose, policy.c.id.in_(of_credential(asked.credential_id)), policy.c.type == PolicyType.CREDENTIAL
    assert asked.resource_id is not None
    return (
        whose,
        policy.c.id.in_(of_activity(asked.activity_id)),
        policy.c.id.in_(of_resource(asked.resource_id)),
        policy.c.type == PolicyType.RESOURCE,
    )


def policy_facts(denial: sa.ColumnElement[bool]) -> sa.Select[PolicyFact]:
    """Every policy that is not deleted as a PolicyFact whose profile's rules are still missing; to be narrowed.

    `denial` is the condition of `denials.denial_of` for what is decided about.
    """
    workflow = approval_workflow.c
    return (
        sa.select(
            policy.c.id,
            policy.c.name,
            policy.c.priority,
            stricter(policy.c.approval, connection_profile.c.approval_type).label("approval"),
            policy.c.notes_required,
            policy.c.ticket_required,
            policy.c.is_disabled,
            connection_profile.c.id.label("profile_id"),
            connection_profile.c.record,
            connection_profile.c.max_session_minutes,
            workflow.id.label("workflow_id"),
            access_denial.c.reason.label("denial"),
        )
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .outerjoin(
            approval_workflow,
            sa.and_(workflow.id == connection_profile.c.approval_workflow_id, workflow.deleted_at.is_(None)),
        )
        .outerjoin(access_denial, denial)
        .where(policy.c.is_deleted.is_(False))
    )


def with_rules(tx: ReadTx, facts: Collection[PolicyFact]) -> tuple[PolicyFact, ...]:
    """The same with the rules of their profiles: four statements however many there are, none for none."""
    ids = {one.profile_id for one in facts}
    if not ids:
        return ()
    c = connection_profile.c
    profiles = tx.rows(_Profile, sa.select(c.id, c.name, c.notes_required, c.ticket_required).where(c.id.in_(ids)))
    fields, addresses, windows = lists_among(tx, ids)
    rules = {
        one.id: ProfileRules(
            one.name,
            one.notes_required,
            one.ticket_required,
            tuple(fields.get(one.id, ())),
            tuple(addresses.get(one.id, ())),
            tuple(windows.get(one.id, ())),
        )
        for one in profiles
    }
    return tuple(replace(one, rules=rules[one.profile_id]) for one in facts)


class _Profile(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    notes_required: bool
    ticket_required: bool


def stricter(*columns: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Deny before Workflow before Allow: what a policy and its connection profile say together (A.9, A.10)."""
    return sa.case(
        *(
            (sa.or_(*(column == one for column in columns)), int(one))
            for one in (Approval.DENY, Approval.WORKFLOW)
        ),
        else_=int(Approval.ALLOW),
    )
