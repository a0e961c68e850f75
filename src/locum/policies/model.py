"""Tables of access policies: people × activities × resources, and one connection profile."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class PolicyType(IntEnum):
    """Numbers of the contract's PolicyType: people × activities × resources, or people × credentials (POL-01)."""

    RESOURCE = 0
    CREDENTIAL = 1


policy = sa.Table(
    "policy",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("approval", sa.Integer, nullable=False),
    sa.Column("notes_required", sa.Boolean, nullable=False),
    sa.Column("ticket_required", sa.Boolean, nullable=False),
    sa.Column("connection_profile_id", sa.ForeignKey("connection_profile.id"), nullable=False),
    sa.Column("is_disabled", sa.Boolean, nullable=False),
    sa.Column("is_deleted", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Column("type", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.CheckConstraint("approval IN (0, 1, 2)", name="approval"),
    sa.CheckConstraint("type IN (0, 1)", name="type"),
)


class Policy(msgspec.Struct, frozen=True):
    """An access policy: `type` 0 joins people, activities and resources, 1 people and credentials (POL-01).

    Who, what and where are rows of the membership tables.
    """

    id: UUID
    name: str
    name_key: str
    description: str | None
    priority: int
    approval: int
    notes_required: bool
    ticket_required: bool
    connection_profile_id: UUID
    is_disabled: bool
    is_deleted: bool
    created_at: dt.datetime
    modified_at: dt.datetime
    type: int = 0


def _membership(name: str, member: str) -> sa.Table:
    return sa.Table(
        f"policy_{name}",
        metadata,
        sa.Column("policy_id", sa.ForeignKey("policy.id"), primary_key=True),
        sa.Column("member_id", sa.ForeignKey(f"{member}.id"), primary_key=True),
        sa.Index(f"ix_policy_{name}_member_id", "member_id", "policy_id"),
    )


policy_identity = _membership("identity", "identity")
policy_resource = _membership("resource", "resource")
policy_activity = _membership("activity", "activity")
policy_resource_group = _membership("resource_group", "resource_group")
policy_activity_group = _membership("activity_group", "activity_group")
policy_credential = _membership("credential", "credential")
policy_credential_group = _membership("credential_group", "credential_group")
