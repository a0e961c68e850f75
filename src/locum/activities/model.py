"""Tables of named kinds of access, the steps they take on a target, and connection profiles."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class SshKeyUse(StrEnum):
    """What a registered SSH key proves to the gateway under a connection profile.

    OFF: nothing. FIRST: as much as the password, so the second factor is asked as well. SECURITY_KEY: a FIDO2 key
    is both factors, any other key the first. ANY: every registered key is both.
    """

    OFF = "off"
    FIRST = "first"
    SECURITY_KEY = "security_key"
    ANY = "any"


class LoginType(IntEnum):
    """Whose account a session uses (ACT-02). Only the ephemeral one is built."""

    ACTIVITY_IDENTITY = 2


connection_profile = sa.Table(
    "connection_profile",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("record", sa.Boolean, nullable=False),
    sa.Column("max_session_minutes", sa.Integer, nullable=False),
    sa.Column("ssh_key_use", sa.String(16), nullable=False, server_default="first"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Column("allow_session_extension", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("session_extension_minutes", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("session_extension_count", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("approval_workflow_id", sa.Uuid),
    sa.CheckConstraint("ssh_key_use IN ('off', 'first', 'security_key', 'any')", name="ssh_key_use"),
    sa.CheckConstraint("max_session_minutes BETWEEN 1 AND 43200", name="max_session_minutes"),
)


class ConnectionProfile(msgspec.Struct, frozen=True):
    """What a session may be like (A.10): is it recorded, how long it lasts at most, what SSH keys are worth."""

    id: UUID
    name: str
    description: str | None
    is_default: bool
    record: bool
    max_session_minutes: int
    ssh_key_use: SshKeyUse
    created_at: dt.datetime
    modified_at: dt.datetime
    allow_session_extension: bool = False
    session_extension_minutes: int = 0
    session_extension_count: int = 0
    approval_workflow_id: UUID | None = None


activity = sa.Table(
    "activity",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("platform_id", sa.ForeignKey("platform.id"), nullable=False),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("login_type", sa.Integer, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type = 0", name="type"),
    sa.CheckConstraint("login_type = 2", name="login_type"),
    sa.Index("ix_activity_platform_id", "platform_id"),
)


class Activity(msgspec.Struct, frozen=True):
    """`type` 0 is Interactive (ACT-01); `login_type` 2 an account made for the session alone."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    platform_id: UUID
    type: int
    login_type: int
    is_default: bool
    created_at: dt.datetime
    modified_at: dt.datetime


activity_action = sa.Table(
    "activity_action",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("activity_id", sa.ForeignKey("activity.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.UniqueConstraint("activity_id", "position"),
)


class ActivityAction(msgspec.Struct, frozen=True):
    """One pre-session step beyond the account itself; its undo runs when the session ends (ACT-04)."""

    kind: str
    parameters: dict[str, str]


activity_group = sa.Table(
    "activity_group",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)

activity_group_member = sa.Table(
    "activity_group_member",
    metadata,
    sa.Column("group_id", sa.ForeignKey("activity_group.id"), primary_key=True),
    sa.Column("activity_id", sa.ForeignKey("activity.id"), primary_key=True),
    sa.Index("ix_activity_group_member_activity_id", "activity_id", "group_id"),
)


class ActivityGroup(msgspec.Struct, frozen=True):
    """A named set of activities, often the same right on several platforms, that policies join at once (ACT-10)."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    created_at: dt.datetime
    modified_at: dt.datetime
