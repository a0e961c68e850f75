"""policies and sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _indexes()
    _groups()
    _policies()
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


def _sessions() -> None:
    _extension_rules()
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
            sa.Column("reported_login_id", sa.Uuid(), nullable=True),
            sa.Column("reported_login_name", sa.String(length=256), nullable=True),
            sa.Column("target_user_id", sa.Uuid(), nullable=True),
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


def _extension_rules() -> None:
    with op.batch_alter_table("connection_profile") as batch_op:
        batch_op.add_column(
            sa.Column("allow_session_extension", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("session_extension_minutes", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("session_extension_count", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("approval_workflow_id", sa.Uuid(), nullable=True))


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
