"""the vault"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime
from locum.kit.names import name_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credential_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_group")),
        sa.UniqueConstraint("name_key", name=op.f("uq_credential_group_name_key")),
    )
    op.create_table(
        "history_option",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint('"limit" BETWEEN 0 AND 1000', name=op.f("ck_history_option_limit")),
        sa.CheckConstraint("days BETWEEN 0 AND 36500", name=op.f("ck_history_option_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_option")),
    )
    op.create_table(
        "password_complexity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("lower_case", sa.Boolean(), nullable=False),
        sa.Column("upper_case", sa.Boolean(), nullable=False),
        sa.Column("special", sa.Boolean(), nullable=False),
        sa.Column("space", sa.Boolean(), nullable=False),
        sa.Column("numeric", sa.Boolean(), nullable=False),
        sa.Column("must_start_with", sa.Integer(), nullable=False),
        sa.Column("must_end_with", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("max_consecutive", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.String(length=256), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("length BETWEEN 1 AND 1024", name=op.f("ck_password_complexity_length")),
        sa.CheckConstraint("max_consecutive >= 0", name=op.f("ck_password_complexity_max_consecutive")),
        sa.CheckConstraint("type IN (0, 1)", name=op.f("ck_password_complexity_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_complexity")),
        sa.UniqueConstraint("name_key", name=op.f("uq_password_complexity_name_key")),
    )
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_pause_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("frequency", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("days_of_week", sa.String(length=100), nullable=True),
        sa.Column("day_of_month", sa.Integer(), nullable=True),
        sa.Column("local_time", sa.String(length=8), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "day_of_month IS NULL OR day_of_month BETWEEN 1 AND 31", name=op.f("ck_schedule_day_of_month")
        ),
        sa.CheckConstraint("frequency BETWEEN 0 AND 4", name=op.f("ck_schedule_frequency")),
        sa.CheckConstraint("period >= 1", name=op.f("ck_schedule_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("name_key", name=op.f("uq_schedule_name_key")),
    )
    op.create_table(
        "override_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("rotation_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("verification_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("scan_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("protection_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("type IN (0, 1)", name=op.f("ck_override_policy_type")),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_override_policy_platform_id")),
        sa.ForeignKeyConstraint(
            ["protection_schedule_id"], ["schedule.id"], name=op.f("fk_override_policy_protection_schedule_id")
        ),
        sa.ForeignKeyConstraint(
            ["rotation_schedule_id"], ["schedule.id"], name=op.f("fk_override_policy_rotation_schedule_id")
        ),
        sa.ForeignKeyConstraint(
            ["scan_schedule_id"], ["schedule.id"], name=op.f("fk_override_policy_scan_schedule_id")
        ),
        sa.ForeignKeyConstraint(
            ["verification_schedule_id"], ["schedule.id"], name=op.f("fk_override_policy_verification_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override_policy")),
        sa.UniqueConstraint("name_key", name=op.f("uq_override_policy_name_key")),
    )
    with op.batch_alter_table("override_policy", schema=None) as batch_op:
        batch_op.create_index("ix_override_policy_platform_id", ["platform_id"], unique=False)

    op.create_table(
        "credential_group_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_credential_group_member_credential_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["credential_group.id"],
            name=op.f("fk_credential_group_member_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "credential_id", name=op.f("pk_credential_group_member")),
    )
    with op.batch_alter_table("credential_group_member", schema=None) as batch_op:
        batch_op.create_index("ix_credential_group_member_credential_id", ["credential_id"], unique=False)

    op.create_table(
        "override_credential",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_override_credential_credential_id")
        ),
        sa.ForeignKeyConstraint(
            ["override_id"],
            ["override_policy.id"],
            name=op.f("fk_override_credential_override_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_override_credential")),
    )
    with op.batch_alter_table("override_credential", schema=None) as batch_op:
        batch_op.create_index("ix_override_credential_override_id", ["override_id"], unique=False)

    op.create_table(
        "dependant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_dependant_credential_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_dependant_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dependant")),
        sa.UniqueConstraint(
            "credential_id",
            "resource_id",
            "name_key",
            name=op.f("uq_dependant_credential_id_resource_id_name_key"),
        ),
    )
    with op.batch_alter_table("dependant", schema=None) as batch_op:
        batch_op.create_index("ix_dependant_resource_id", ["resource_id"], unique=False)

    op.create_table(
        "host_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("unix_id", sa.BigInteger(), nullable=True),
        sa.Column("unix_group_id", sa.BigInteger(), nullable=True),
        sa.Column("home", sa.String(length=1000), nullable=True),
        sa.Column("shell", sa.String(length=256), nullable=True),
        sa.Column("privilege", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("privilege BETWEEN 0 AND 24", name=op.f("ck_host_user_privilege")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_host_user_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_user")),
        sa.UniqueConstraint("resource_id", "login", name=op.f("uq_host_user_resource_id_login")),
    )
    op.create_table(
        "override_resource",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["override_id"],
            ["override_policy.id"],
            name=op.f("fk_override_resource_override_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_override_resource_resource_id")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_override_resource")),
    )
    with op.batch_alter_table("override_resource", schema=None) as batch_op:
        batch_op.create_index("ix_override_resource_override_id", ["override_id"], unique=False)

    op.create_table(
        "rotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("open_credential_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("candidate_secret_id", sa.Uuid(), nullable=True),
        sa.Column("candidate_public_key", sa.String(length=4000), nullable=True),
        sa.Column("rollback_of", sa.Uuid(), nullable=True),
        sa.Column("abort_asked", sa.Boolean(), nullable=False),
        sa.Column("busy_until", UtcTime(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_by_name", sa.String(length=256), nullable=False),
        sa.Column("requested_from", sa.String(length=64), nullable=True),
        sa.Column("aborted_by", sa.Uuid(), nullable=True),
        sa.Column("aborted_by_name", sa.String(length=256), nullable=True),
        sa.Column("aborted_from", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("tried_at", UtcTime(), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.CheckConstraint("(state >= 4) = (ended_at IS NOT NULL)", name=op.f("ck_rotation_ended_has_time")),
        sa.CheckConstraint("(state >= 4) = (open_credential_id IS NULL)", name=op.f("ck_rotation_one_open")),
        sa.CheckConstraint("state BETWEEN -2 AND 8", name=op.f("ck_rotation_state")),
        sa.ForeignKeyConstraint(
            ["candidate_secret_id"], ["vault_secret.id"], name=op.f("fk_rotation_candidate_secret_id")
        ),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_rotation_credential_id")),
        sa.ForeignKeyConstraint(["rollback_of"], ["rotation.id"], name=op.f("fk_rotation_rollback_of")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_rotation_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation")),
        sa.UniqueConstraint("open_credential_id", name=op.f("uq_rotation_open_credential_id")),
    )
    with op.batch_alter_table("rotation", schema=None) as batch_op:
        batch_op.create_index("ix_rotation_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_rotation_credential_id", ["credential_id", "created_at"], unique=False)
        batch_op.create_index("ix_rotation_resource_id", ["resource_id", "state"], unique=False)

    op.create_table(
        "lease",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("exclusive_credential_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("ticket", sa.String(length=256), nullable=True),
        sa.Column("created_from", sa.String(length=64), nullable=True),
        sa.Column("change_on_checkout", sa.Boolean(), nullable=False),
        sa.Column("change_on_release", sa.Boolean(), nullable=False),
        sa.Column("post_session", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=True),
        sa.Column("rotation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("active_at", UtcTime(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.String(length=1000), nullable=True),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_lease_ended_has_time")),
        sa.CheckConstraint(
            "state <> 'ended' OR exclusive_credential_id IS NULL", name=op.f("ck_lease_ended_is_free")
        ),
        sa.CheckConstraint("state IN ('intended', 'active', 'ending', 'ended')", name=op.f("ck_lease_state")),
        sa.CheckConstraint("account IS NULL OR account IN ('enabled', 'settled')", name=op.f("ck_lease_account")),
        sa.CheckConstraint("post_session IN (0, 1, 2)", name=op.f("ck_lease_post_session")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_lease_credential_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_lease_identity_id")),
        sa.ForeignKeyConstraint(["rotation_id"], ["rotation.id"], name=op.f("fk_lease_rotation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        sa.UniqueConstraint("exclusive_credential_id", name=op.f("uq_lease_exclusive_credential_id")),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index("ix_lease_credential_id", ["credential_id", "state"], unique=False)
        batch_op.create_index("ix_lease_identity_id", ["identity_id", "state"], unique=False)
        batch_op.create_index("ix_lease_state", ["state", "due_at"], unique=False)

    op.create_table(
        "dependant_update",
        sa.Column("rotation_id", sa.Uuid(), nullable=False),
        sa.Column("dependant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "state IN ('intended', 'updated', 'reverted', 'failed')", name=op.f("ck_dependant_update_state")
        ),
        sa.ForeignKeyConstraint(
            ["dependant_id"], ["dependant.id"], name=op.f("fk_dependant_update_dependant_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["rotation_id"], ["rotation.id"], name=op.f("fk_dependant_update_rotation_id")),
        sa.PrimaryKeyConstraint("rotation_id", "dependant_id", name=op.f("pk_dependant_update")),
    )
    with op.batch_alter_table("dependant_update", schema=None) as batch_op:
        batch_op.create_index("ix_dependant_update_dependant_id", ["dependant_id"], unique=False)

    op.create_table(
        "managed_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("host_user_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.Column("complexity_id", sa.Uuid(), nullable=True),
        sa.Column("verification_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("last_verified_at", UtcTime(), nullable=True),
        sa.Column("last_changed_at", UtcTime(), nullable=True),
        sa.Column("next_change_at", UtcTime(), nullable=True),
        sa.Column("next_verification_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("method IN (0, 1, 2)", name=op.f("ck_managed_user_method")),
        sa.CheckConstraint("status BETWEEN 0 AND 5", name=op.f("ck_managed_user_status")),
        sa.ForeignKeyConstraint(
            ["complexity_id"], ["password_complexity.id"], name=op.f("fk_managed_user_complexity_id")
        ),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_managed_user_credential_id")),
        sa.ForeignKeyConstraint(["host_user_id"], ["host_user.id"], name=op.f("fk_managed_user_host_user_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_managed_user_resource_id")),
        sa.ForeignKeyConstraint(
            ["verification_schedule_id"], ["schedule.id"], name=op.f("fk_managed_user_verification_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_managed_user")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_managed_user_credential_id")),
        sa.UniqueConstraint("host_user_id", name=op.f("uq_managed_user_host_user_id")),
    )
    with op.batch_alter_table("managed_user", schema=None) as batch_op:
        batch_op.create_index("ix_managed_user_next_verification_at", ["next_verification_at"], unique=False)
        for order in ("method", "status", "last_verified_at", "last_changed_at", "next_change_at", "resource_id"):
            batch_op.create_index(f"ix_managed_user_{order}", [order, "credential_id"], unique=False)

    # By hand: what autogeneration does not see, checks that now allow more. SQLite builds these tables anew for it.
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_credential_type"), type_="check")
        batch_op.add_column(sa.Column("kind", sa.String(length=16), server_default="login", nullable=False))
        batch_op.add_column(sa.Column("passphrase_secret_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("content_secret_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("content_name", sa.String(length=256), nullable=True))
        batch_op.add_column(sa.Column("enable_secret_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("key_algorithm", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("key_length", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("generated_passphrase", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("change_on_checkout", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("change_on_release", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("post_session", sa.Integer(), server_default="2", nullable=False))
        batch_op.add_column(sa.Column("search_key", sa.String(length=800), server_default="", nullable=False))
        batch_op.add_column(sa.Column("deleted_at", UtcTime(), nullable=True))
        for index, columns in {
            "ix_credential_search": ["type", "search_key", "username", "id"],
            "ix_credential_username": ["username", "id"],
            "ix_credential_name": ["name", "id"],
            "ix_credential_domain": ["domain", "id"],
        }.items():
            kept = sa.text("deleted_at IS NULL")
            batch_op.create_index(index, columns, sqlite_where=kept, postgresql_where=kept)
        batch_op.create_foreign_key(
            batch_op.f("fk_credential_content_secret_id"), "vault_secret", ["content_secret_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_credential_enable_secret_id"), "vault_secret", ["enable_secret_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_credential_passphrase_secret_id"), "vault_secret", ["passphrase_secret_id"], ["id"]
        )
        batch_op.create_check_constraint(op.f("ck_credential_type"), "type BETWEEN 0 AND 6")
        batch_op.create_check_constraint(
            op.f("ck_credential_kind"), "kind IN ('login', 'token', 'certificate', 'key_values', 'file')"
        )
        batch_op.create_check_constraint(op.f("ck_credential_post_session"), "post_session IN (0, 1, 2)")

    login = sa.table(
        "credential", *(sa.column(name) for name in ("id", "username", "domain", "name", "search_key"))
    )
    for row in op.get_bind().execute(sa.select(login)).all():
        key = "\x1f".join(name_key(part or "") for part in (row.username, row.domain, row.name))
        op.get_bind().execute(sa.update(login).where(login.c.id == row.id).values(search_key=key[:800]))

    with op.batch_alter_table("platform", schema=None) as batch_op:
        batch_op.add_column(sa.Column("type", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("icon", sa.String(length=256), nullable=True))
        batch_op.add_column(sa.Column("permanent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("base_platform_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("complexity_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("rotation_schedule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("verification_schedule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("scan_schedule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("protection_schedule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("reset_on_mismatch", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_protection_schedule_id"), "schedule", ["protection_schedule_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_verification_schedule_id"), "schedule", ["verification_schedule_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_rotation_schedule_id"), "schedule", ["rotation_schedule_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_scan_schedule_id"), "schedule", ["scan_schedule_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_base_platform_id"), "platform", ["base_platform_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_platform_complexity_id"), "password_complexity", ["complexity_id"], ["id"]
        )
        batch_op.create_check_constraint(op.f("ck_platform_type"), "type IN (0, 1, 2)")

    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_resource_type"), type_="check")
        batch_op.drop_constraint(op.f("ck_resource_address"), type_="check")
        batch_op.add_column(sa.Column("port", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("database_name", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("encrypted", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(
            sa.Column("trust_server_certificate", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("rotation_limit", sa.Integer(), server_default="2", nullable=False))
        batch_op.add_column(sa.Column("trusts_user_ca", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_check_constraint(op.f("ck_resource_type"), "type IN (0, 4, 5)")
        batch_op.create_check_constraint(
            op.f("ck_resource_address"), "type = 4 OR dns_name IS NOT NULL OR ip_address IS NOT NULL"
        )
        batch_op.create_check_constraint(op.f("ck_resource_port"), "port IS NULL OR port BETWEEN 1 AND 65535")
        batch_op.create_check_constraint(op.f("ck_resource_rotation_limit"), "rotation_limit BETWEEN 1 AND 1000")
