"""policies and sessions"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime
from locum.kit.names import name_key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _indexes()
    _resources()
    _groups()
    _policies()
    _described_groups()
    _actions()
    _profiles()
    _sessions()


def _indexes() -> None:
    """Those of lists, which hold all that finding a page needs."""
    kept = sa.text("deleted_at IS NULL")
    for name, columns in {
        "search": ["type", "search_key", "username", "id", "deleted_at"],
        "username": ["username", "id", "type", "platform_id", "deleted_at"],
        "name": ["name", "id", "type", "deleted_at"],
        "domain": ["domain", "id", "type", "deleted_at"],
    }.items():
        op.drop_index(f"ix_credential_{name}", "credential")
        op.create_index(f"ix_credential_{name}", "credential", columns, sqlite_where=kept, postgresql_where=kept)
    op.create_index(
        "ix_managed_user_credential_id", "managed_user", ["credential_id", "method", "resource_id", "host_user_id"]
    )
    op.create_index("ix_host_user_privilege", "host_user", ["privilege", "id"])


def _resources() -> None:
    with op.batch_alter_table("resource") as batch_op:
        batch_op.add_column(sa.Column("search_key", sa.String(length=1000), server_default="", nullable=False))
        batch_op.create_index(
            "ix_resource_search",
            ["search_key", "type", "name_key", "dns_name", "ip_address", "platform_id", "created_at", "modified_at",
             "service_account_id", "id"],
        )  # fmt: skip
    there = sa.table(
        "resource", *(sa.column(name) for name in ("id", "name", "dns_name", "ip_address", "search_key"))
    )
    for row in op.get_bind().execute(sa.select(there)).all():
        parts = (part for part in (row.name, row.dns_name, row.ip_address) if part)
        key = "\x1f".join(name_key(part) for part in parts)
        op.get_bind().execute(sa.update(there).where(there.c.id == row.id).values(search_key=key))


def _named(table: str, *columns: sa.Column[str]) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        *columns,
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("name_key", name=op.f(f"uq_{table}_name_key")),
    )


def _members(table: str, group: tuple[str, str], member: tuple[str, str]) -> None:
    """Which `member` belongs to which `group`: (column, table it points to)."""
    op.create_table(
        table,
        *(sa.Column(column, sa.Uuid(), nullable=False) for column, _ in (group, member)),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in (group, member)
        ),
        sa.PrimaryKeyConstraint(group[0], member[0], name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{member[0]}", table, [member[0], group[0]])


def _groups() -> None:
    _members("identity_member", ("group_id", "identity"), ("member_id", "identity"))
    _named("resource_group")
    _members("resource_group_member", ("group_id", "resource_group"), ("resource_id", "resource"))
    _named("activity_group")
    _members("activity_group_member", ("group_id", "activity_group"), ("activity_id", "activity"))


def _policies() -> None:
    with op.batch_alter_table("policy") as batch_op:
        batch_op.add_column(sa.Column("type", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_policy_type"), "type IN (0, 1)")
    for kind in ("resource_group", "activity_group", "credential"):
        _members(f"policy_{kind}", ("policy_id", "policy"), ("member_id", kind))


def _described_groups() -> None:
    """Groups and collections of people are identities, and have a description."""
    op.add_column("identity", sa.Column("description", sa.String(length=1000), nullable=True))


def _actions() -> None:
    """What activities are, the steps of their actions, and what the ledger knows of each."""
    with op.batch_alter_table("activity") as batch_op:
        batch_op.drop_constraint(op.f("ck_activity_login_type"), type_="check")
        batch_op.create_check_constraint(op.f("ck_activity_login_type"), "login_type IN (0, 1, 2)")
        batch_op.add_column(sa.Column("login_template", sa.String(length=256), nullable=True))
        batch_op.add_column(sa.Column("create_account", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("delete_account", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("requester_format", sa.Integer(), server_default="3", nullable=False))
        batch_op.create_check_constraint(op.f("ck_activity_requester_format"), "requester_format BETWEEN 0 AND 4")
        batch_op.add_column(sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("activity_action") as batch_op:
        batch_op.add_column(sa.Column("phase", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("name", sa.String(length=256), nullable=True))
        batch_op.add_column(sa.Column("continue_on_fail", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("timeout_s", sa.Integer(), server_default="60", nullable=False))
        batch_op.create_check_constraint(op.f("ck_activity_action_phase"), "phase IN (0, 1, 2)")
        batch_op.create_check_constraint(op.f("ck_activity_action_timeout_s"), "timeout_s BETWEEN 1 AND 600")
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.add_column(sa.Column("phase", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("continue_on_fail", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("timeout_s", sa.Integer(), server_default="60", nullable=False))
        batch_op.add_column(sa.Column("found", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("failure_reason", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_ledger_entry_phase"), "phase IN (0, 1, 2)")
        batch_op.create_check_constraint(op.f("ck_ledger_entry_failure_reason"), "failure_reason BETWEEN 0 AND 11")
    with op.batch_alter_table("access_session") as batch_op:
        batch_op.alter_column("login_name", type_=sa.String(length=128), existing_nullable=False)
        batch_op.add_column(sa.Column("password_secret_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_access_session_password_secret_id"), "vault_secret", ["password_secret_id"], ["id"]
        )
        batch_op.add_column(sa.Column("planned", sa.JSON(), nullable=True))


def _profiles() -> None:
    with op.batch_alter_table("connection_profile") as batch_op:
        for name in (
            "is_deleted",
            "allow_session_extension",
            "notes_required",
            "ticket_required",
            "leave_in_group",
            "monitor_entire_session",
            "record_audio",
            "proxy_auto_connect",
            "allow_view_password",
            "ssh_scan_dc",
            "delete_account",
            "clear_website_before",
            "clear_website_after",
        ):
            batch_op.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        for name in ("allow_password_access", "allow_autofill_password"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), server_default=sa.true(), nullable=False))
        for name in (
            "session_extension_minutes",
            "session_extension_count",
            "expiration_notice_minutes",
            "monitor_interval",
            "view_password_seconds",
            "session_retry_interval",
        ):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        for name in ("ssh_proxy_host", "rdp_proxy_host"):
            batch_op.add_column(sa.Column(name, sa.String(length=256), nullable=True))
        for name in ("approval_workflow_id", "token_complexity_id"):
            batch_op.add_column(sa.Column(name, sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("approval_type", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_check_constraint(op.f("ck_connection_profile_approval_type"), "approval_type IN (0, 1, 2)")
    op.add_column("access_session", sa.Column("custom_fields", sa.JSON(), nullable=True))
    _of_profile(
        "custom_field",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=256), nullable=True),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("options", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("number BETWEEN 1 AND 3", name=op.f("ck_custom_field_number")),
        sa.CheckConstraint("type IN (0, 1, 2)", name=op.f("ck_custom_field_type")),
    )
    _of_profile(
        "ip_rule",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.CheckConstraint("type IN (0, 1, 2)", name=op.f("ck_ip_rule_type")),
    )
    _of_profile(
        "access_window",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weekdays", sa.String(length=100), nullable=False),
        sa.Column("from_time", sa.String(length=5), nullable=False),
        sa.Column("to_time", sa.String(length=5), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
    )


def _of_profile(table: str, number: sa.Column[int], *more: sa.Column[Any] | sa.CheckConstraint) -> None:
    """Rows of a connection profile, told apart by `number`."""
    op.create_table(
        table,
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        number,
        *more,
        sa.ForeignKeyConstraint(["profile_id"], ["connection_profile.id"], name=op.f(f"fk_{table}_profile_id")),
        sa.PrimaryKeyConstraint("profile_id", number.name, name=op.f(f"pk_{table}")),
    )


def _sessions() -> None:
    _workflows()
    with op.batch_alter_table("access_session") as batch_op:
        for column in (
            sa.Column("group_id", sa.Uuid(), nullable=True),
            sa.Column("start_until", UtcTime(), nullable=True),
            sa.Column("asked_end", UtcTime(), nullable=True),
            sa.Column("extensions", sa.Integer(), server_default="0", nullable=False),
            sa.Column("locked", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("lock_title", sa.String(length=256), nullable=True),
            sa.Column("lock_message", sa.String(length=1000), nullable=True),
            sa.Column("workflow_id", sa.Uuid(), nullable=True),
            sa.Column("tier_number", sa.Integer(), nullable=True),
            sa.Column("tier_since", UtcTime(), nullable=True),
            sa.Column("tier_escalated", sa.Boolean(), server_default=sa.false(), nullable=False),
        ):
            batch_op.add_column(column)
        batch_op.create_foreign_key(
            op.f("fk_access_session_workflow_id"), "approval_workflow", ["workflow_id"], ["id"]
        )
        for name, rule in {
            "can_start": "start_until IS NULL OR start_until > scheduled_start",
            "extensions": "extensions >= 0",
            "extended_has_started": "extensions = 0 OR actual_start IS NOT NULL",
            "locked_is_live": "NOT locked OR status < 3",
            "has_tier": "(status = -1) = (tier_number IS NOT NULL) AND (status = -1) = (tier_since IS NOT NULL)",
            "approval_has_workflow": "status NOT IN (-1, 6, 7) OR workflow_id IS NOT NULL",
            "tier_number": "tier_number IS NULL OR tier_number BETWEEN 1 AND 3",
        }.items():
            batch_op.create_check_constraint(op.f(f"ck_access_session_{name}"), rule)
    op.create_index("ix_access_session_group_id", "access_session", ["group_id"])
    op.create_index("ix_access_session_workflow_id", "access_session", ["workflow_id", "status"])
    op.create_table(
        "resource_lock",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("locked_by", sa.Uuid(), nullable=True),
        sa.Column("locked_at", UtcTime(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_resource_lock_resource_id")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_resource_lock")),
    )
    _approvals()


def _workflows() -> None:
    op.create_table(
        "approval_workflow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("self_approval", sa.Boolean(), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_workflow")),
        sa.UniqueConstraint("name_key", name=op.f("uq_approval_workflow_name_key")),
    )
    op.create_table(
        "approval_tier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("progression", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("escalation_minutes", sa.Integer(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["approval_workflow.id"], name=op.f("fk_approval_tier_workflow_id")
        ),
        sa.ForeignKeyConstraint(["escalation_id"], ["identity.id"], name=op.f("fk_approval_tier_escalation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_tier")),
        sa.UniqueConstraint("workflow_id", "number", name=op.f("uq_approval_tier_workflow_id_number")),
        sa.CheckConstraint("number BETWEEN 1 AND 3", name=op.f("ck_approval_tier_number")),
        sa.CheckConstraint("progression IN (0, 1)", name=op.f("ck_approval_tier_progression")),
        sa.CheckConstraint("required BETWEEN 1 AND 100", name=op.f("ck_approval_tier_required")),
        sa.CheckConstraint(
            "escalation_minutes BETWEEN 1 AND 43200", name=op.f("ck_approval_tier_escalation_minutes")
        ),
    )
    op.create_table(
        "approval_tier_approver",
        sa.Column("tier_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["approval_tier.id"], name=op.f("fk_approval_tier_approver_tier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["identity.id"], name=op.f("fk_approval_tier_approver_approver_id")
        ),
        sa.PrimaryKeyConstraint("tier_id", "approver_id", name=op.f("pk_approval_tier_approver")),
    )
    op.create_index("ix_approval_tier_approver_approver_id", "approval_tier_approver", ["approver_id", "tier_id"])


def _approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tier_id", sa.Uuid(), nullable=False),
        sa.Column("tier_number", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("voice", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("decided_by_name", sa.String(length=256), nullable=True),
        sa.Column("decided_from", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["access_session.id"], name=op.f("fk_approval_session_id")),
        sa.ForeignKeyConstraint(["approver_id"], ["identity.id"], name=op.f("fk_approval_approver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "session_id", "tier_number", "approver_id", name=op.f("uq_approval_session_id_tier_number_approver_id")
        ),
        sa.CheckConstraint("voice IN (0, 1, 2)", name=op.f("ck_approval_voice")),
        sa.CheckConstraint("state IN (0, 1, 2)", name=op.f("ck_approval_state")),
        sa.CheckConstraint("(state = 0) = (decided_at IS NULL)", name=op.f("ck_approval_decided_has_time")),
    )
    op.create_index("ix_approval_approver_id", "approval", ["approver_id", "state"])
