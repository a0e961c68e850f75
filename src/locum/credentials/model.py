"""Table of logins on resources whose secrets we keep. The secret itself is in the vault, by `secret_id`."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.complexity import Complexity
from locum.credentials.schedule import Timing
from locum.kit.db import UtcTime, metadata


class CredentialType(IntEnum):
    """Numbers of the contract's CredentialType: 0 is a service account that Locum itself uses."""

    CONFIGURATION = 0
    USER = 1
    SERVICE = 2
    ACTIVITY_TOKEN = 3
    APPLICATION = 4
    VAULT_USER = 5
    SSH_KEY = 6


class SecretKind(StrEnum):
    """What a credential keeps: a login has a password or key, the others one value."""

    LOGIN = "login"
    TOKEN = "token"
    CERTIFICATE = "certificate"
    KEY_VALUES = "key_values"
    FILE = "file"


class Method(IntEnum):
    """How a login's secret is changed. Numbers of the contract's ManagedUserType (CRED-04)."""

    NOT_MANAGED = 0
    MANUAL = 1
    AUTOMATIC = 2


class Verified(IntEnum):
    """What the last look at the target said. Numbers of the contract's VerificationScanStatus (CRED-06)."""

    UNSPECIFIED = 0
    VERIFIED = 1
    PENDING = 2
    CHANGED = 3
    FAILED = 4
    MISMATCH = 5


class PostSession(IntEnum):
    """What becomes of a released login's account. Numbers of the contract's PostSessionAction (CRED-09)."""

    DISABLE = 0
    ENABLE = 1
    KEEP_PREVIOUS = 2


class AuthenticationMethod(IntEnum):
    """Numbers of the contract's AuthenticationMethodType."""

    PASSWORD = 0
    SSH_KEY = 1
    SSH_KEY_AND_PASSWORD = 2


_KEPT = "deleted_at IS NULL"

credential = sa.Table(
    "credential",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("username", sa.String(256), nullable=False),
    sa.Column("domain", sa.String(256), nullable=False),
    sa.Column("login_key", sa.String(520), nullable=False, unique=True),
    sa.Column("name", sa.String(256)),
    sa.Column("description", sa.String(1000)),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("platform_id", sa.ForeignKey("platform.id")),
    sa.Column("authentication_method", sa.Integer, nullable=False),
    sa.Column("password_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("private_key_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("public_key", sa.String(4000)),
    sa.Column("elevation_command", sa.String(256)),
    sa.Column("kind", sa.String(16), nullable=False, default=SecretKind.LOGIN, server_default="login"),
    sa.Column("passphrase_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("content_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("content_name", sa.String(256)),
    sa.Column("enable_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("key_algorithm", sa.String(20)),
    sa.Column("key_length", sa.Integer),
    sa.Column("generated_passphrase", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("change_on_checkout", sa.Boolean),
    sa.Column("change_on_release", sa.Boolean),
    sa.Column("post_session", sa.Integer, nullable=False, default=PostSession.KEEP_PREVIOUS, server_default="2"),
    sa.Column("search_key", sa.String(800), nullable=False, default="", server_default=""),
    sa.Column("deleted_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type BETWEEN 0 AND 6", name="type"),
    sa.CheckConstraint("kind IN ('login', 'token', 'certificate', 'key_values', 'file')", name="kind"),
    sa.CheckConstraint("post_session IN (0, 1, 2)", name="post_session"),
    sa.CheckConstraint("authentication_method IN (0, 1, 2)", name="authentication_method"),
    sa.Index("ix_credential_platform_id", "platform_id"),
    # What searches go by. They hold all that finding a page needs: the rows are several times as many pages. SQLite
    # looks at `deleted_at` for each row, though none in the index has one.
    *(
        sa.Index(f"ix_credential_{name}", *columns, sqlite_where=sa.text(_KEPT), postgresql_where=sa.text(_KEPT))
        for name, columns in {
            "search": ("type", "search_key", "username", "id", "deleted_at"),
            "username": ("username", "id", "type", "platform_id", "deleted_at"),
            "name": ("name", "id", "type", "deleted_at"),
            "domain": ("domain", "id", "type", "deleted_at"),
        }.items()
    ),
)


SHOWN_NAME: sa.ColumnElement[str] = sa.func.coalesce(credential.c.name, credential.c.username)
"""What a credential is called where people choose one or are asked about one."""


class Credential(msgspec.Struct, frozen=True):
    """`login_key` is domain and user name normalised: no two credentials share it (CRED-01).

    The column `search_key`, which only searches read, is user name, domain and name in one, normalised.
    A deleted credential keeps its row, because the audit log names it; its secrets are erased and its login is free.
    """

    id: UUID
    username: str
    domain: str
    login_key: str
    name: str | None
    description: str | None
    type: int
    platform_id: UUID | None
    authentication_method: int
    password_secret_id: UUID | None
    private_key_secret_id: UUID | None
    public_key: str | None
    elevation_command: str | None
    kind: SecretKind
    passphrase_secret_id: UUID | None
    content_secret_id: UUID | None
    content_name: str | None
    enable_secret_id: UUID | None
    key_algorithm: str | None
    key_length: int | None
    generated_passphrase: bool
    change_on_checkout: bool | None
    change_on_release: bool | None
    post_session: int
    deleted_at: dt.datetime | None
    created_at: dt.datetime
    modified_at: dt.datetime


managed_user = sa.Table(
    "managed_user",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("credential_id", sa.ForeignKey("credential.id"), nullable=False, unique=True),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("host_user_id", sa.ForeignKey("host_user.id"), unique=True),
    sa.Column("method", sa.Integer, nullable=False),
    sa.Column("complexity_id", sa.ForeignKey("password_complexity.id")),
    sa.Column("verification_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("status", sa.Integer, nullable=False, default=Verified.UNSPECIFIED),
    sa.Column("last_verified_at", UtcTime),
    sa.Column("last_changed_at", UtcTime),
    sa.Column("next_change_at", UtcTime),
    sa.Column("next_verification_at", UtcTime),
    sa.Column("last_error", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("method IN (0, 1, 2)", name="method"),
    sa.CheckConstraint("status BETWEEN 0 AND 5", name="status"),
    sa.Index("ix_managed_user_resource_id", "resource_id", "credential_id"),
    # Where each credential of a list lives.
    sa.Index("ix_managed_user_credential_id", "credential_id", "method", "resource_id", "host_user_id"),
    # Orders of the list of credentials.
    sa.Index("ix_managed_user_method", "method", "credential_id"),
    sa.Index("ix_managed_user_status", "status", "credential_id"),
    sa.Index("ix_managed_user_last_verified_at", "last_verified_at", "credential_id"),
    sa.Index("ix_managed_user_last_changed_at", "last_changed_at", "credential_id"),
    sa.Index("ix_managed_user_next_change_at", "next_change_at", "credential_id"),
    sa.Index("ix_managed_user_next_verification_at", "next_verification_at"),
)


class ManagedUser(msgspec.Struct, frozen=True):
    """Where a credential's login lives, how its secret is changed there, and when that is next due.

    Dates of what is due are written whenever a schedule or a secret changes, so that planning is one indexed look.
    """

    id: UUID
    credential_id: UUID
    resource_id: UUID
    host_user_id: UUID | None
    method: int
    complexity_id: UUID | None
    verification_schedule_id: UUID | None
    status: int
    last_verified_at: dt.datetime | None
    last_changed_at: dt.datetime | None
    next_change_at: dt.datetime | None
    next_verification_at: dt.datetime | None
    last_error: str | None
    created_at: dt.datetime
    modified_at: dt.datetime


schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("frequency", sa.Integer, nullable=False),
    sa.Column("period", sa.Integer, nullable=False, default=1),
    sa.Column("days_of_week", sa.String(100)),
    sa.Column("day_of_month", sa.Integer),
    sa.Column("local_time", sa.String(8)),
    sa.Column("time_zone", sa.String(64), nullable=False, default="UTC"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("frequency BETWEEN 0 AND 4", name="frequency"),
    sa.CheckConstraint("period >= 1", name="period"),
    sa.CheckConstraint("day_of_month IS NULL OR day_of_month BETWEEN 1 AND 31", name="day_of_month"),
)


class Schedule(Timing, frozen=True):
    """A timing with a name."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    created_at: dt.datetime
    modified_at: dt.datetime


password_complexity = sa.Table(
    "password_complexity",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("type", sa.Integer, nullable=False, default=0),
    sa.Column("lower_case", sa.Boolean, nullable=False),
    sa.Column("upper_case", sa.Boolean, nullable=False),
    sa.Column("special", sa.Boolean, nullable=False),
    sa.Column("space", sa.Boolean, nullable=False),
    sa.Column("numeric", sa.Boolean, nullable=False),
    sa.Column("must_start_with", sa.Integer, nullable=False, default=0),
    sa.Column("must_end_with", sa.Integer, nullable=False, default=0),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("max_consecutive", sa.Integer, nullable=False, default=0),
    sa.Column("excluded", sa.String(256)),
    sa.Column("is_default", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 1)", name="type"),
    sa.CheckConstraint("length BETWEEN 1 AND 1024", name="length"),
    sa.CheckConstraint("max_consecutive >= 0", name="max_consecutive"),
)


class PasswordComplexity(Complexity, frozen=True):
    """A complexity with a name (CRED-13)."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    is_default: bool
    created_at: dt.datetime
    modified_at: dt.datetime


credential_group = sa.Table(
    "credential_group",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)


class CredentialGroup(msgspec.Struct, frozen=True):
    """A named set of credentials."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    created_at: dt.datetime
    modified_at: dt.datetime


credential_group_member = sa.Table(
    "credential_group_member",
    metadata,
    sa.Column("group_id", sa.ForeignKey("credential_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("credential_id", sa.ForeignKey("credential.id"), primary_key=True),
    sa.Index("ix_credential_group_member_credential_id", "credential_id"),
)

override_policy = sa.Table(
    "override_policy",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("platform_id", sa.ForeignKey("platform.id"), nullable=False),
    sa.Column("rotation_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("verification_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("scan_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("protection_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 1)", name="type"),
    sa.Index("ix_override_policy_platform_id", "platform_id"),
)


class OverridePolicy(msgspec.Struct, frozen=True):
    """Schedules that replace a platform's for listed credentials (type 0) or resources (type 1) (CRED-10)."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    type: int
    platform_id: UUID
    rotation_schedule_id: UUID | None
    verification_schedule_id: UUID | None
    scan_schedule_id: UUID | None
    protection_schedule_id: UUID | None
    created_at: dt.datetime
    modified_at: dt.datetime


override_credential = sa.Table(
    "override_credential",
    metadata,
    sa.Column("credential_id", sa.ForeignKey("credential.id"), primary_key=True),
    sa.Column("override_id", sa.ForeignKey("override_policy.id", ondelete="CASCADE"), nullable=False),
    sa.Index("ix_override_credential_override_id", "override_id"),
)

override_resource = sa.Table(
    "override_resource",
    metadata,
    sa.Column("resource_id", sa.ForeignKey("resource.id"), primary_key=True),
    sa.Column("override_id", sa.ForeignKey("override_policy.id", ondelete="CASCADE"), nullable=False),
    sa.Index("ix_override_resource_override_id", "override_id"),
)

history_option = sa.Table(
    "history_option",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint('"limit" BETWEEN 0 AND 1000', name="limit"),
    sa.CheckConstraint("days BETWEEN 0 AND 36500", name="days"),
)


class HistoryOption(msgspec.Struct, frozen=True):
    """How many earlier versions of a secret are kept, and for how many days; 0 days keeps by number alone.

    There is one row, made by the seed (CRED-07).
    """

    id: UUID
    limit: int
    days: int
    created_at: dt.datetime
    modified_at: dt.datetime
