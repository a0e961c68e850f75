"""Tables of named kinds of access, the steps they take on a target, and connection profiles."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.command_rules import Restriction
from locum.activities.profile_settings import Settings
from locum.kit.db import UtcTime, metadata


class SshKeyUse(StrEnum):
    """What a registered SSH key proves to the gateway under a connection profile.

    OFF: nothing. FIRST: as much as the password, so the second factor is asked as well. SECURITY_KEY: a FIDO2 key
    is both factors, any other key the first. SIGN_IN_KEY: the key of a sign-in that has not ended is both too. ANY:
    every registered key is both.
    """

    OFF = "off"
    FIRST = "first"
    SECURITY_KEY = "security_key"
    SIGN_IN_KEY = "sign_in_key"
    ANY = "any"


class ActivityType(IntEnum):
    """What an activity is (ACT-01). Numbers of the contract's ActivityType, those that are built.

    TASK_AUTOMATION: a session of it does the steps of its session part by itself and ends; nobody connects.
    CREDENTIAL_RELEASE: the one activity of credential-based policies, which comes with Locum and stays as it is.
    """

    INTERACTIVE = 0
    TASK_AUTOMATION = 2
    CREDENTIAL_RELEASE = 3


class LoginType(IntEnum):
    """Whose account a session uses (ACT-02, A.7). Numbers of the contract's ActivityLoginType, those that are built.

    REQUESTER: an account that is there, given rights for a while. MANAGED: one that stays, switched on for the session,
    its secret changed and switched off after it. ACTIVITY_IDENTITY: made for the session alone.
    """

    REQUESTER = 0
    MANAGED = 1
    ACTIVITY_IDENTITY = 2


class RequesterFormat(IntEnum):
    """How a requester's own account is called on the target. Numbers of the contract's RequesterLoginFormat."""

    DOMAIN = 0
    UPN = 1
    EMAIL = 2
    SAM_ACCOUNT_NAME = 3
    CUSTOM = 4


class Phase(IntEnum):
    """When an action is done. Numbers of the contract's ActionClassification, those an activity may have."""

    BEFORE = 0
    DURING = 1
    AFTER = 2


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
    sa.Column("is_deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allow_session_extension", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("session_extension_minutes", sa.Integer),
    sa.Column("session_extension_count", sa.Integer),
    sa.Column("expiration_notice_minutes", sa.Integer),
    sa.Column("notes_required", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("ticket_required", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("approval_type", sa.Integer, nullable=False, server_default="1"),
    sa.Column("approval_workflow_id", sa.Uuid),
    sa.Column("leave_in_group", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("monitor_entire_session", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("monitor_interval", sa.Integer),
    sa.Column("record_audio", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("proxy_auto_connect", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allow_password_access", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("allow_view_password", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allow_autofill_password", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("view_password_seconds", sa.Integer),
    sa.Column("ssh_proxy_host", sa.String(256)),
    sa.Column("rdp_proxy_host", sa.String(256)),
    sa.Column("ssh_scan_dc", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("token_complexity_id", sa.Uuid),
    sa.Column("delete_account", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("session_retry_interval", sa.Integer),
    sa.Column("clear_website_before", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("clear_website_after", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("approved_workflow_email_template_id", sa.Uuid),
    sa.Column("notify_approvers_workflow_email_template_id", sa.Uuid),
    sa.Column("approval_workflow_email_template_id", sa.Uuid),
    sa.CheckConstraint("approval_type IN (0, 1, 2)", name="approval_type"),
    sa.CheckConstraint(
        "ssh_key_use IN ('off', 'first', 'security_key', 'sign_in_key', 'any')", name="ssh_key_use"
    ),
    sa.CheckConstraint("max_session_minutes BETWEEN 1 AND 43200", name="max_session_minutes"),
)


mail_template = sa.Table(
    "mail_template",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)


class MailTemplate(msgspec.Struct, frozen=True):
    """A wording of mails under a name, for connection profiles to have."""

    id: UUID
    name: str
    description: str | None
    subject: str
    text: str
    created_at: dt.datetime
    modified_at: dt.datetime


class ConnectionProfile(Settings, frozen=True):
    """What a session may be like (A.10), and what SSH keys are worth there.

    A deleted one stays for the sessions that ran under it.
    """

    id: UUID
    name: str
    description: str | None
    is_default: bool
    is_deleted: bool
    ssh_key_use: SshKeyUse
    created_at: dt.datetime
    modified_at: dt.datetime


custom_field = sa.Table(
    "custom_field",
    metadata,
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("label", sa.String(256)),
    sa.Column("description", sa.String(1000)),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("length", sa.Integer),
    sa.Column("required", sa.Boolean, nullable=False),
    sa.Column("options", sa.String(1000)),
    sa.CheckConstraint("number BETWEEN 1 AND 3", name="number"),
    sa.CheckConstraint("type IN (0, 1, 2)", name="type"),
)

ip_rule = sa.Table(
    "ip_rule",
    metadata,
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("address", sa.String(100), nullable=False),
    sa.Column("allowed", sa.Boolean, nullable=False),
    sa.Column("type", sa.Integer, nullable=False),
    sa.CheckConstraint("type IN (0, 1, 2)", name="type"),
)

access_window = sa.Table(
    "access_window",
    metadata,
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("weekdays", sa.String(100), nullable=False),
    sa.Column("from_time", sa.String(5), nullable=False),
    sa.Column("to_time", sa.String(5), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
)

channel_rules = sa.Table(
    "channel_rules",
    metadata,
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), primary_key=True),
    sa.Column("shell", sa.Boolean, nullable=False),
    sa.Column("command", sa.Boolean, nullable=False),
    sa.Column("upload", sa.Boolean, nullable=False),
    sa.Column("download", sa.Boolean, nullable=False),
    sa.Column("paths", sa.JSON, nullable=False),
    sa.Column("max_file_bytes", sa.BigInteger),
    sa.Column("destinations", sa.JSON, nullable=False),
    sa.Column("idle_minutes", sa.Integer),
    sa.Column("listen", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("agent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("x11", sa.Boolean, nullable=False, server_default=sa.false()),
)
"""A profile without a row has the rules of `channel_rules.DEFAULT`."""

command_restriction = sa.Table(
    "command_restriction",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("mail_to", sa.String(320)),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)

profile_command_restriction = sa.Table(
    "profile_command_restriction",
    metadata,
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), primary_key=True),
    sa.Column("restriction_id", sa.ForeignKey("command_restriction.id"), primary_key=True),
    sa.Index("ix_profile_command_restriction_restriction_id", "restriction_id", "profile_id"),
)


class CommandRestriction(Restriction, frozen=True, kw_only=True):
    """A restriction that administrators keep. One that is not active restricts nothing."""

    name_key: str
    description: str | None
    active: bool
    created_at: dt.datetime
    modified_at: dt.datetime


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
    sa.Column("login_template", sa.String(256)),
    sa.Column("create_account", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    sa.Column("delete_account", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    sa.Column("requester_format", sa.Integer, nullable=False, default=3, server_default="3"),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("is_deleted", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 2, 3)", name="type"),
    sa.CheckConstraint("login_type IN (0, 1, 2)", name="login_type"),
    sa.CheckConstraint("requester_format BETWEEN 0 AND 4", name="requester_format"),
    sa.Index("ix_activity_platform_id", "platform_id"),
)


class Activity(msgspec.Struct, frozen=True):
    """`type` is an ActivityType. `login_template` says what the account is called (ACT-03), None: as Locum does
    by itself. `create_account` and `delete_account` are a managed account's; one for the session alone always is made
    and deleted, and a requester's own never. A deleted activity is kept for the sessions that used it."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    platform_id: UUID
    type: int
    login_type: int
    login_template: str | None
    create_account: bool
    delete_account: bool
    requester_format: int
    is_default: bool
    is_deleted: bool
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
    sa.Column("phase", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("name", sa.String(256)),
    sa.Column("continue_on_fail", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("timeout_s", sa.Integer, nullable=False, default=60, server_default="60"),
    sa.UniqueConstraint("activity_id", "position"),
    sa.CheckConstraint("phase IN (0, 1, 2)", name="phase"),
    sa.CheckConstraint("timeout_s BETWEEN 1 AND 600", name="timeout_s"),
)


class ActivityAction(msgspec.Struct, frozen=True):
    """One step beyond the account itself, at its place in the order (ACT-04). What gives a right has its undo, which
    runs when the session ends, in the reverse order. `timeout_s` is in seconds."""

    id: UUID
    kind: str
    parameters: dict[str, str]
    phase: int
    name: str | None
    continue_on_fail: bool
    timeout_s: int


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
