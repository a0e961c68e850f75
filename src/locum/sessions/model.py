"""Tables of access sessions, their grant ledger, their connections and their log; and of leases."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import BIG_ID, UtcTime, metadata
from locum.kit.names import name_key
from locum.policies.workflow_model import approval_workflow
from locum.sessions.lease_cycle import Account
from locum.sessions.lease_cycle import State as LeaseState

LONGEST_KEY = 600  # characters; PostgreSQL takes no more than 2,704 bytes into a row of an index

access_session = sa.Table(
    "access_session",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("policy_id", sa.ForeignKey("policy.id"), nullable=False),
    sa.Column("activity_id", sa.ForeignKey("activity.id"), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id")),
    sa.Column("credential_id", sa.ForeignKey("credential.id")),
    sa.Column("profile_id", sa.ForeignKey("connection_profile.id"), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Integer),
    sa.Column("status_description", sa.String(1000)),
    sa.Column("record", sa.Boolean, nullable=False),
    sa.Column("ends_with_connection", sa.Boolean, nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("login_name", sa.String(128), nullable=False),
    sa.Column("key_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("password_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("planned", sa.JSON),
    sa.Column("created_by", sa.Uuid),
    sa.Column("created_by_name", sa.String(256), nullable=False),
    sa.Column("created_from", sa.String(64)),
    sa.Column("cancelled_by", sa.Uuid),
    sa.Column("note", sa.String(1000)),
    sa.Column("ticket", sa.String(256)),
    sa.Column("scheduled_start", UtcTime, nullable=False),
    sa.Column("scheduled_end", UtcTime, nullable=False),
    sa.Column("actual_start", UtcTime),
    sa.Column("actual_end", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Column("custom_fields", sa.JSON(none_as_null=True)),
    sa.Column("group_id", sa.Uuid),
    sa.Column("start_until", UtcTime),
    sa.Column("asked_end", UtcTime),
    sa.Column("extensions", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("locked", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("lock_title", sa.String(256)),
    sa.Column("lock_message", sa.String(1000)),
    sa.Column("workflow_id", sa.ForeignKey(approval_workflow.c.id)),
    sa.Column("tier_number", sa.Integer),
    sa.Column("tier_since", UtcTime),
    # `search_key` of note and ticket; what has neither is not in the index of it.
    sa.Column("search_key", sa.String(LONGEST_KEY), nullable=False, default="", server_default=""),
    sa.Column("target_account_id", sa.ForeignKey("host_user.id")),
    # Of the link that lets one connection in; see auto_connect.
    sa.Column("entry_digest", sa.LargeBinary(32)),
    sa.Column("entry_until", UtcTime),
    sa.CheckConstraint("status BETWEEN -1 AND 7", name="status"),
    sa.CheckConstraint("(resource_id IS NULL) <> (credential_id IS NULL)", name="about_one_thing"),
    sa.CheckConstraint("outcome IS NULL OR outcome IN (3, 4, 5)", name="outcome"),
    sa.CheckConstraint("status <> 1 OR actual_start IS NOT NULL", name="active_has_started"),
    sa.CheckConstraint("status <> 2 OR outcome IS NOT NULL", name="cancelling_has_outcome"),
    sa.CheckConstraint("(status >= 3) = (actual_end IS NOT NULL)", name="ended_has_end"),
    sa.CheckConstraint("scheduled_end > scheduled_start", name="has_length"),
    sa.CheckConstraint("start_until IS NULL OR start_until > scheduled_start", name="can_start"),
    sa.CheckConstraint("extensions >= 0", name="extensions"),
    sa.CheckConstraint("extensions = 0 OR actual_start IS NOT NULL", name="extended_has_started"),
    sa.CheckConstraint("NOT locked OR status < 3", name="locked_is_live"),
    sa.CheckConstraint(
        "(status = -1) = (tier_number IS NOT NULL) AND (status = -1) = (tier_since IS NOT NULL)", name="has_tier"
    ),
    sa.CheckConstraint("status NOT IN (-1, 6, 7) OR workflow_id IS NOT NULL", name="approval_has_workflow"),
    sa.CheckConstraint("tier_number IS NULL OR tier_number BETWEEN 1 AND 3", name="tier_number"),
    sa.Index("ix_access_session_status", "status", "scheduled_end"),
    # Lists of past sessions look at no more than one of these, but for the rows of their page.
    sa.Index("ix_access_session_identity_id", "identity_id", "status", "created_at", "id"),
    sa.Index("ix_access_session_resource_id", "resource_id", "status", "created_at", "id"),
    sa.Index("ix_access_session_credential_id", "credential_id", "status", "created_at", "id"),
    sa.Index("ix_access_session_activity_id", "activity_id", "status", "created_at", "id"),
    sa.Index("ix_access_session_policy_id", "policy_id", "status", "created_at", "id"),
    sa.Index("ix_access_session_created_at", "created_at", "id", "status"),
    sa.Index(
        "ix_access_session_search",
        *("search_key", "status", "created_at", "id", "identity_id", "policy_id", "activity_id", "resource_id"),
        sqlite_where=sa.text("search_key <> ''"),
        postgresql_where=sa.text("search_key <> ''"),
    ),
    sa.Index("ix_access_session_group_id", "group_id"),
    sa.Index("ix_access_session_workflow_id", "workflow_id", "status"),
)


class AccessSession(msgspec.Struct, frozen=True):
    """One person's timed right to one activity on one resource, or to one credential (B.5).

    `outcome` is what it becomes once reverted.

    `planned` is the activity as it was when the session was asked for: a change of it later changes no session.
    It may start until `start_until` (None: until its end) and run until `scheduled_end`; an approval shifts the end,
    but not beyond `asked_end`. `extensions` counts those of its owner. The `tier_…` say since when it waits
    for which approval under `workflow_id`; with which others, `asked_tier` says. `target_account_id`: the account on
    the resource that `login_name` was said to be.
    """

    id: UUID
    identity_id: UUID
    policy_id: UUID
    activity_id: UUID
    resource_id: UUID | None
    profile_id: UUID
    status: int
    outcome: int | None
    status_description: str | None
    record: bool
    ends_with_connection: bool
    node: str
    login_name: str
    key_secret_id: UUID | None
    password_secret_id: UUID | None
    planned: dict[str, Any] | None
    created_by: UUID | None
    created_by_name: str
    created_from: str | None
    cancelled_by: UUID | None
    note: str | None
    ticket: str | None
    scheduled_start: dt.datetime
    scheduled_end: dt.datetime
    actual_start: dt.datetime | None
    actual_end: dt.datetime | None
    created_at: dt.datetime
    modified_at: dt.datetime
    custom_fields: dict[str, str] | None = None
    group_id: UUID | None = None
    start_until: dt.datetime | None = None
    asked_end: dt.datetime | None = None
    extensions: int = 0
    locked: bool = False
    lock_title: str | None = None
    lock_message: str | None = None
    workflow_id: UUID | None = None
    tier_number: int | None = None
    tier_since: dt.datetime | None = None
    target_account_id: UUID | None = None
    credential_id: UUID | None = None


def search_key(note: str | None, ticket: str | None) -> str:
    """What a session is found by besides the names around it: its ticket and the beginning of its note."""
    return "\x1f".join(name_key(part) for part in (ticket, note) if part)[:LONGEST_KEY]


class EntryState(StrEnum):
    """`intended` may or may not be on the target already; `reverted` is certainly gone."""

    INTENDED = "intended"
    APPLIED = "applied"
    REVERTED = "reverted"


ledger_entry = sa.Table(
    "ledger_entry",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("session_id", sa.ForeignKey("access_session.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("phase", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("continue_on_fail", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("timeout_s", sa.Integer, nullable=False, default=60, server_default="60"),
    sa.Column("found", sa.JSON),
    sa.Column("failure_reason", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("intended_at", UtcTime, nullable=False),
    sa.Column("begun_at", UtcTime),
    sa.Column("applied_at", UtcTime),
    sa.Column("reverted_at", UtcTime),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("last_error", sa.String(1000)),
    sa.UniqueConstraint("session_id", "position"),
    sa.CheckConstraint("state IN ('intended', 'applied', 'reverted')", name="state"),
    sa.CheckConstraint("(state = 'reverted') = (reverted_at IS NOT NULL)", name="reverted_has_time"),
    sa.CheckConstraint("phase IN (0, 1, 2)", name="phase"),
    sa.CheckConstraint("failure_reason BETWEEN 0 AND 11", name="failure_reason"),
    sa.Index("ix_ledger_entry_state", "state", "session_id"),
)


class LedgerEntry(msgspec.Struct, frozen=True):
    """A change on a target that gives a right. Written before the change; `kind` and `parameters` hold its undo.

    `found` is what the target had before, which the undo leaves there; None until somebody looked, always before the
    change. `failure_reason` is the last failure's number (FailureReason). `begun_at`: when a script was last begun.
    """

    id: UUID
    session_id: UUID
    position: int
    kind: str
    resource_id: UUID
    parameters: dict[str, str]
    phase: int
    continue_on_fail: bool
    timeout_s: int
    found: dict[str, str] | None
    failure_reason: int
    state: EntryState
    failures: int
    last_error: str | None
    begun_at: dt.datetime | None = None


connection = sa.Table(
    "connection",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("session_id", sa.ForeignKey("access_session.id"), nullable=False),
    sa.Column("identity_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("recorded", sa.Boolean, nullable=False),
    sa.Column("recording_digest", sa.String(64)),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("close_reason", sa.String(1000)),
    sa.Column("recording_deleted_at", UtcTime),
    sa.Column("recording_archived_at", UtcTime),
    sa.Column("recording_key", sa.String(500)),
    sa.Index("ix_connection_session_id", "session_id", "closed_at"),
    sa.Index("ix_connection_node", "node", "closed_at"),
    sa.Index(
        "ix_connection_open",
        "identity_id",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    sa.Index(
        "ix_connection_kept",
        "closed_at",
        sqlite_where=sa.text("recorded = 1 AND recording_deleted_at IS NULL"),
        postgresql_where=sa.text("recorded AND recording_deleted_at IS NULL"),
    ),
    sa.Index(
        "ix_connection_not_archived",
        "node",
        "closed_at",
        sqlite_where=sa.text("recorded = 1 AND recording_deleted_at IS NULL AND recording_archived_at IS NULL"),
        postgresql_where=sa.text("recorded AND recording_deleted_at IS NULL AND recording_archived_at IS NULL"),
    ),
    sa.Index(
        "ix_connection_to_unarchive",
        "recording_deleted_at",
        sqlite_where=sa.text("recording_deleted_at IS NOT NULL AND recording_archived_at IS NOT NULL"),
        postgresql_where=sa.text("recording_deleted_at IS NOT NULL AND recording_archived_at IS NOT NULL"),
    ),
)


RECORDED = connection.c.recorded == sa.true()
"""Of a connection. As the partial indexes say it: for `IS 1` SQLite uses none of them."""


class Connection(msgspec.Struct, frozen=True):
    """One SSH connection inside an access session; `closed_at` is None while it lives.

    `recording_digest` (hex) is that of its closed recording: a trailer cut off later does not go unnoticed.
    `recording_deleted_at`: since then its recording is gone, because its time was over; `recording_archived_at`: since
    then it lies in the archive, its wrapped data key in a column of its own.
    """

    id: UUID
    session_id: UUID
    identity_id: UUID
    node: str
    address: str
    recorded: bool
    recording_digest: str | None
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    close_reason: str | None
    recording_deleted_at: dt.datetime | None = None
    recording_archived_at: dt.datetime | None = None


class LogLevel(IntEnum):
    """Numbers of the contract's ActionLogType."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


session_log = sa.Table(
    "session_log",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("session_id", sa.ForeignKey("access_session.id"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("text", sa.String(2000), nullable=False),
    sa.CheckConstraint("level BETWEEN 0 AND 3", name="level"),
    sa.Index("ix_session_log_session_id", "session_id", "id"),
)


class LogLine(msgspec.Struct, frozen=True):
    """One line of a session's log, for people."""

    id: int
    session_id: UUID
    at: dt.datetime
    level: int
    text: str


lease = sa.Table(
    "lease",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("credential_id", sa.ForeignKey("credential.id"), nullable=False),
    sa.Column("identity_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("exclusive_credential_id", sa.Uuid, unique=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("note", sa.String(1000)),
    sa.Column("ticket", sa.String(256)),
    sa.Column("created_from", sa.String(64)),
    sa.Column("change_on_checkout", sa.Boolean, nullable=False),
    sa.Column("change_on_release", sa.Boolean, nullable=False),
    sa.Column("post_session", sa.Integer, nullable=False),
    sa.Column("account", sa.String(10)),
    sa.Column("rotation_id", sa.ForeignKey("rotation.id")),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("active_at", UtcTime),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", sa.Uuid),
    sa.Column("end_reason", sa.String(1000)),
    sa.Column("last_error", sa.String(1000)),
    sa.Column("session_id", sa.ForeignKey("access_session.id"), unique=True),
    sa.CheckConstraint("state IN ('intended', 'active', 'ending', 'ended')", name="state"),
    sa.CheckConstraint("post_session IN (0, 1, 2)", name="post_session"),
    sa.CheckConstraint("account IS NULL OR account IN ('enabled', 'settled')", name="account"),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_has_time"),
    sa.CheckConstraint("state <> 'ended' OR exclusive_credential_id IS NULL", name="ended_is_free"),
    sa.Index("ix_lease_credential_id", "credential_id", "state"),
    sa.Index("ix_lease_identity_id", "identity_id", "state"),
    sa.Index("ix_lease_state", "state", "due_at"),
)


class Lease(msgspec.Struct, frozen=True):
    """One holder's timed right to know a credential's secret. A grant: written before, ended like every other.

    `exclusive_credential_id` is the credential while nobody else may check it out. What one has read can't be
    taken back, so the end of a lease with `change_on_release` is a rotation, and it stays `ending` until that is done.
    `session_id`: the session it is for; each ends with the other.
    `rotation_id` is the change of secret it waits for, at check-out or at its end. What the credential says of both
    counts as it was at check-out.
    """

    id: UUID
    credential_id: UUID
    identity_id: UUID
    exclusive_credential_id: UUID | None
    state: LeaseState
    note: str | None
    ticket: str | None
    created_from: str | None
    change_on_checkout: bool
    change_on_release: bool
    post_session: int
    account: Account | None
    rotation_id: UUID | None
    created_at: dt.datetime
    active_at: dt.datetime | None
    due_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: UUID | None
    end_reason: str | None
    last_error: str | None
    session_id: UUID | None = None
