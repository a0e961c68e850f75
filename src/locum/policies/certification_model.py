"""Tables of certifications: who has which access, a reviewer's word on each, and what stays denied by it (CERT-01)."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class RowStatus(IntEnum):
    """Numbers of the contract's AccessCertificationTaskRowStatus; a row here is asked about (1) or decided."""

    NOT_SET = 0
    REQUESTED = 1
    APPROVED = 2
    DENIED = 3


class TaskStatus(IntEnum):
    """Numbers of the contract's AccessCertificationTaskStatus. None is stored: they follow from the rows."""

    SETUP = 0
    READY_TO_START = 1
    INCOMPLETE = 2
    COMPLETE = 3


certification = sa.Table(
    "certification",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("reviewer_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("deadline", UtcTime),
    sa.Column("started_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Index("ix_certification_reviewer_id", "reviewer_id"),
)


class Certification(msgspec.Struct, frozen=True):
    """A row of `certification`: until `started_at` nothing is asked, after `deadline` nothing is decided any more."""

    id: UUID
    name: str
    description: str | None
    reviewer_id: UUID
    deadline: dt.datetime | None
    started_at: dt.datetime | None
    created_at: dt.datetime
    modified_at: dt.datetime


def _chosen(name: str, member: str) -> sa.Table:
    return sa.Table(
        f"certification_{name}",
        metadata,
        sa.Column("certification_id", sa.ForeignKey("certification.id"), primary_key=True),
        sa.Column("member_id", sa.ForeignKey(f"{member}.id"), primary_key=True),
    )


certification_identity = _chosen("identity", "identity")
"""Whose access is asked about: people and applications, and groups and collections for who is in them at the start."""
certification_policy = _chosen("policy", "policy")


def _access() -> list[sa.Column[UUID]]:
    """One access: somebody's, under a policy, to do an activity on a resource or to have a credential released."""
    return [
        sa.Column("identity_id", sa.ForeignKey("identity.id"), nullable=False),
        sa.Column("policy_id", sa.ForeignKey("policy.id"), nullable=False),
        sa.Column("activity_id", sa.ForeignKey("activity.id"), nullable=False),
        sa.Column("resource_id", sa.ForeignKey("resource.id")),
        sa.Column("credential_id", sa.ForeignKey("credential.id")),
    ]


_ONE_THING = "(resource_id IS NULL) <> (credential_id IS NULL)"

certification_row = sa.Table(
    "certification_row",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("certification_id", sa.ForeignKey("certification.id"), nullable=False),
    *_access(),
    sa.Column("group_name", sa.String(256)),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("notes", sa.String(1000)),
    sa.Column("decided_by", sa.ForeignKey("identity.id")),
    sa.Column("decided_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.CheckConstraint("status IN (1, 2, 3)", name="status"),
    sa.CheckConstraint(_ONE_THING, name="about_one_thing"),
    sa.CheckConstraint("(status = 1) = (decided_at IS NULL)", name="decided_has_time"),
    sa.CheckConstraint("(status = 1) = (decided_by IS NULL)", name="decided_by_somebody"),
    sa.Index("ix_certification_row_certification_id", "certification_id", "status"),
)


class Row(msgspec.Struct, frozen=True):
    """A row of `certification_row`. `group_name`: by which group or collection; None: the policy names the person."""

    id: UUID
    certification_id: UUID
    identity_id: UUID
    policy_id: UUID
    activity_id: UUID
    resource_id: UUID | None
    credential_id: UUID | None
    group_name: str | None
    status: RowStatus
    notes: str | None
    decided_by: UUID | None
    decided_at: dt.datetime | None
    created_at: dt.datetime


access_denial = sa.Table(
    "access_denial",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    *_access(),
    sa.Column("certification_id", sa.ForeignKey("certification.id"), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    sa.Column("denied_by", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("denied_at", UtcTime, nullable=False),
    sa.CheckConstraint(_ONE_THING, name="about_one_thing"),
    sa.UniqueConstraint(
        "identity_id", "policy_id", "activity_id", "resource_id", name="uq_access_denial_of_resource"
    ),
    sa.UniqueConstraint(
        "identity_id", "policy_id", "activity_id", "credential_id", name="uq_access_denial_of_credential"
    ),
)
"""What is denied now, whoever's word it was: a row goes when the denial is lifted or another reviewer approves."""


class Denial(msgspec.Struct, frozen=True):
    """A row of `access_denial`."""

    id: UUID
    identity_id: UUID
    policy_id: UUID
    activity_id: UUID
    resource_id: UUID | None
    credential_id: UUID | None
    certification_id: UUID
    reason: str
    denied_by: UUID
    denied_at: dt.datetime
