"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.audit.model import TRIGGERS
from locum.kit.db import BIG_ID, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=256), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=8000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_event_at", ["at"], unique=False)
        batch_op.create_index("ix_audit_event_object_id", ["object_id"], unique=False)

    op.create_table(
        "connection_profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("max_session_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "max_session_minutes BETWEEN 1 AND 43200", name=op.f("ck_connection_profile_max_session_minutes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_profile")),
        sa.UniqueConstraint("name", name=op.f("uq_connection_profile_name")),
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("department", sa.String(length=256), nullable=True),
        sa.Column("user_principal_name", sa.String(length=320), nullable=True),
        sa.Column("sam_account_name", sa.String(length=256), nullable=True),
        sa.Column("certificate_serial", sa.String(length=256), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.Column("last_sign_in_at", UtcTime(), nullable=True),
        sa.Column("tokens_valid_from", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN (0, 1, 2, 3, 4)", name=op.f("ck_identity_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("name_key", name=op.f("uq_identity_name_key")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index("ix_identity_kind", ["kind", "name_key"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_job_kind_subject_id")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_due_at", ["due_at"], unique=False)

    op.create_table(
        "platform",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("connector", sa.String(length=40), nullable=False),
        sa.Column("built_in_account", sa.String(length=256), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
        sa.UniqueConstraint("name", name=op.f("uq_platform_name")),
    )
    op.create_table(
        "signin_setting",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_signin_setting")),
    )
    op.create_table(
        "vault_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_vault_secret_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_secret")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("login_type", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("login_type = 2", name=op.f("ck_activity_login_type")),
        sa.CheckConstraint("type = 0", name=op.f("ck_activity_type")),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_activity_platform_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("name_key", name=op.f("uq_activity_name_key")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_platform_id", ["platform_id"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_api_key_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index("ix_api_key_identity_id", ["identity_id", "revoked_at"], unique=False)

    op.create_table(
        "audit_pending",
        sa.Column("event_id", BIG_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name=op.f("fk_audit_pending_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_pending")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_seal_seq")),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name=op.f("fk_audit_seal_event_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_seal_event_id")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=256), nullable=False),
        sa.Column("domain", sa.String(length=256), nullable=False),
        sa.Column("login_key", sa.String(length=520), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=True),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=True),
        sa.Column("authentication_method", sa.Integer(), nullable=False),
        sa.Column("password_secret_id", sa.Uuid(), nullable=True),
        sa.Column("private_key_secret_id", sa.Uuid(), nullable=True),
        sa.Column("public_key", sa.String(length=4000), nullable=True),
        sa.Column("elevation_command", sa.String(length=256), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("authentication_method IN (0, 1, 2)", name=op.f("ck_credential_authentication_method")),
        sa.CheckConstraint("type IN (0, 1, 2)", name=op.f("ck_credential_type")),
        sa.ForeignKeyConstraint(
            ["password_secret_id"], ["vault_secret.id"], name=op.f("fk_credential_password_secret_id")
        ),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_credential_platform_id")),
        sa.ForeignKeyConstraint(
            ["private_key_secret_id"], ["vault_secret.id"], name=op.f("fk_credential_private_key_secret_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("login_key", name=op.f("uq_credential_login_key")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index("ix_credential_platform_id", ["platform_id"], unique=False)

    op.create_table(
        "identity_role",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "role IN ('Admin', 'User', 'Reviewer', 'App', 'UserPlus')", name=op.f("ck_identity_role_role")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_identity_role_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("identity_id", "role", name=op.f("pk_identity_role")),
    )
    op.create_table(
        "local_login",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.Column("second_factor", sa.String(length=16), nullable=True),
        sa.Column("totp_secret_id", sa.Uuid(), nullable=True),
        sa.Column("totp_pending_secret_id", sa.Uuid(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "second_factor IN ('required', 'not_required')", name=op.f("ck_local_login_second_factor")
        ),
        sa.CheckConstraint("failed_attempts >= 0", name=op.f("ck_local_login_failed_attempts")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_local_login_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_local_login")),
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("approval", sa.Integer(), nullable=False),
        sa.Column("notes_required", sa.Boolean(), nullable=False),
        sa.Column("ticket_required", sa.Boolean(), nullable=False),
        sa.Column("connection_profile_id", sa.Uuid(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("approval IN (0, 1, 2)", name=op.f("ck_policy_approval")),
        sa.ForeignKeyConstraint(
            ["connection_profile_id"], ["connection_profile.id"], name=op.f("fk_policy_connection_profile_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("name_key", name=op.f("uq_policy_name_key")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_recovery_code_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("identity_id", "digest", name=op.f("uq_recovery_code_identity_id_digest")),
    )
    op.create_table(
        "system_key",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["secret_id"], ["vault_secret.id"], name=op.f("fk_system_key_secret_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_system_key")),
        sa.UniqueConstraint("secret_id", name=op.f("uq_system_key_secret_id")),
    )
    op.create_table(
        "vault_secret_version",
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_key_id", sa.String(length=32), nullable=False),
        sa.Column("wrapped_dek", sa.LargeBinary(length=60), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["vault_secret.id"], name=op.f("fk_vault_secret_version_secret_id")
        ),
        sa.PrimaryKeyConstraint("secret_id", "version", name=op.f("pk_vault_secret_version")),
    )
    with op.batch_alter_table("vault_secret_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_secret_version_root_key_id"), ["root_key_id"], unique=False)

    op.create_table(
        "activity_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_action_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_action")),
        sa.UniqueConstraint("activity_id", "position", name=op.f("uq_activity_action_activity_id_position")),
    )
    op.create_table(
        "policy_activity",
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["activity.id"], name=op.f("fk_policy_activity_member_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_activity_policy_id")),
        sa.PrimaryKeyConstraint("policy_id", "member_id", name=op.f("pk_policy_activity")),
    )
    with op.batch_alter_table("policy_activity", schema=None) as batch_op:
        batch_op.create_index("ix_policy_activity_member_id", ["member_id", "policy_id"], unique=False)

    op.create_table(
        "policy_identity",
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["identity.id"], name=op.f("fk_policy_identity_member_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_identity_policy_id")),
        sa.PrimaryKeyConstraint("policy_id", "member_id", name=op.f("pk_policy_identity")),
    )
    with op.batch_alter_table("policy_identity", schema=None) as batch_op:
        batch_op.create_index("ix_policy_identity_member_id", ["member_id", "policy_id"], unique=False)

    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("dns_name", sa.String(length=255), nullable=True),
        sa.Column("ip_address", sa.String(length=64), nullable=True),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("service_account_id", sa.Uuid(), nullable=True),
        sa.Column("port_ssh", sa.Integer(), nullable=False),
        sa.Column("accept_host_key_on_first_discovery", sa.Boolean(), nullable=False),
        sa.Column("trusted_host_key", sa.String(length=2000), nullable=True),
        sa.Column("trusted_thumbprint", sa.String(length=100), nullable=True),
        sa.Column("discovered_thumbprint", sa.String(length=100), nullable=True),
        sa.Column("ssh_trust_action", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint("dns_name IS NOT NULL OR ip_address IS NOT NULL", name=op.f("ck_resource_address")),
        sa.CheckConstraint("port_ssh BETWEEN 1 AND 65535", name=op.f("ck_resource_port_ssh")),
        sa.CheckConstraint("ssh_trust_action IN (0, 1, 2)", name=op.f("ck_resource_ssh_trust_action")),
        sa.CheckConstraint("type = 0", name=op.f("ck_resource_type")),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_resource_platform_id")),
        sa.ForeignKeyConstraint(
            ["service_account_id"], ["credential.id"], name=op.f("fk_resource_service_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("name_key", name=op.f("uq_resource_name_key")),
    )
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.create_index("ix_resource_platform_id", ["platform_id"], unique=False)
        batch_op.create_index("ix_resource_service_account_id", ["service_account_id"], unique=False)

    op.create_table(
        "access_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Integer(), nullable=True),
        sa.Column("status_description", sa.String(length=1000), nullable=True),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("ends_with_connection", sa.Boolean(), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("login_name", sa.String(length=32), nullable=False),
        sa.Column("key_secret_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.String(length=256), nullable=False),
        sa.Column("created_from", sa.String(length=64), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("ticket", sa.String(length=256), nullable=True),
        sa.Column("scheduled_start", UtcTime(), nullable=False),
        sa.Column("scheduled_end", UtcTime(), nullable=False),
        sa.Column("actual_start", UtcTime(), nullable=True),
        sa.Column("actual_end", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "(status >= 3) = (actual_end IS NOT NULL)", name=op.f("ck_access_session_ended_has_end")
        ),
        sa.CheckConstraint("outcome IS NULL OR outcome IN (3, 4, 5)", name=op.f("ck_access_session_outcome")),
        sa.CheckConstraint("scheduled_end > scheduled_start", name=op.f("ck_access_session_has_length")),
        sa.CheckConstraint(
            "status <> 1 OR actual_start IS NOT NULL", name=op.f("ck_access_session_active_has_started")
        ),
        sa.CheckConstraint(
            "status <> 2 OR outcome IS NOT NULL", name=op.f("ck_access_session_cancelling_has_outcome")
        ),
        sa.CheckConstraint("status BETWEEN -1 AND 7", name=op.f("ck_access_session_status")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_access_session_activity_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_access_session_identity_id")),
        sa.ForeignKeyConstraint(
            ["key_secret_id"], ["vault_secret.id"], name=op.f("fk_access_session_key_secret_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_access_session_policy_id")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["connection_profile.id"], name=op.f("fk_access_session_profile_id")
        ),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_access_session_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_session")),
    )
    with op.batch_alter_table("access_session", schema=None) as batch_op:
        batch_op.create_index("ix_access_session_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_access_session_identity_id", ["identity_id", "status", "created_at"], unique=False
        )
        batch_op.create_index("ix_access_session_resource_id", ["resource_id", "status"], unique=False)
        batch_op.create_index("ix_access_session_status", ["status", "scheduled_end"], unique=False)

    op.create_table(
        "policy_resource",
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["resource.id"], name=op.f("fk_policy_resource_member_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_resource_policy_id")),
        sa.PrimaryKeyConstraint("policy_id", "member_id", name=op.f("pk_policy_resource")),
    )
    with op.batch_alter_table("policy_resource", schema=None) as batch_op:
        batch_op.create_index("ix_policy_resource_member_id", ["member_id", "policy_id"], unique=False)

    op.create_table(
        "connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("recording_digest", sa.String(length=64), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("close_reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_connection_identity_id")),
        sa.ForeignKeyConstraint(["session_id"], ["access_session.id"], name=op.f("fk_connection_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
    )
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.create_index("ix_connection_node", ["node", "closed_at"], unique=False)
        batch_op.create_index("ix_connection_session_id", ["session_id", "closed_at"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("intended_at", UtcTime(), nullable=False),
        sa.Column("applied_at", UtcTime(), nullable=True),
        sa.Column("reverted_at", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(state = 'reverted') = (reverted_at IS NOT NULL)", name=op.f("ck_ledger_entry_reverted_has_time")
        ),
        sa.CheckConstraint("state IN ('intended', 'applied', 'reverted')", name=op.f("ck_ledger_entry_state")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_ledger_entry_resource_id")),
        sa.ForeignKeyConstraint(["session_id"], ["access_session.id"], name=op.f("fk_ledger_entry_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("session_id", "position", name=op.f("uq_ledger_entry_session_id_position")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_state", ["state", "session_id"], unique=False)

    op.create_table(
        "session_log",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_session_log_level")),
        sa.ForeignKeyConstraint(["session_id"], ["access_session.id"], name=op.f("fk_session_log_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_log")),
    )
    with op.batch_alter_table("session_log", schema=None) as batch_op:
        batch_op.create_index("ix_session_log_session_id", ["session_id", "id"], unique=False)

    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
