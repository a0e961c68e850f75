"""identity complete"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "target IN ('policies', 'credentials', 'recordings')", name=op.f("ck_custom_role_target")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_role")),
        sa.UniqueConstraint("name_key", name=op.f("uq_custom_role_name_key")),
    )
    op.create_table(
        "used_challenge",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_challenge")),
    )
    with op.batch_alter_table("used_challenge", schema=None) as batch_op:
        batch_op.create_index("ix_used_challenge_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "custom_role_member",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_custom_role_member_identity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["custom_role.id"], name=op.f("fk_custom_role_member_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "identity_id", name=op.f("pk_custom_role_member")),
    )
    with op.batch_alter_table("custom_role_member", schema=None) as batch_op:
        batch_op.create_index("ix_custom_role_member_identity_id", ["identity_id"], unique=False)

    op.create_table(
        "custom_role_permission",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["custom_role.id"], name=op.f("fk_custom_role_permission_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "permission", name=op.f("pk_custom_role_permission")),
    )
    op.create_table(
        "custom_role_scope",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('policy', 'activity', 'identity', 'resource', 'credential')",
            name=op.f("ck_custom_role_scope_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["custom_role.id"], name=op.f("fk_custom_role_scope_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "kind", "member_id", name=op.f("pk_custom_role_scope")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_passkey_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index("ix_passkey_identity_id", ["identity_id"], unique=False)

    op.create_table(
        "password_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("replaced_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_password_history_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    with op.batch_alter_table("password_history", schema=None) as batch_op:
        batch_op.create_index("ix_password_history_identity_id", ["identity_id", "replaced_at"], unique=False)

    op.create_table(
        "ssh_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=4000), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_ssh_key_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_key")),
        sa.UniqueConstraint("identity_id", "fingerprint", name=op.f("uq_ssh_key_identity_id_fingerprint")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("cookie_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("client", sa.String(length=256), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.CheckConstraint("method IN ('password', 'passkey', 'certificate')", name=op.f("ck_sign_in_method")),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_sign_in_api_key_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_sign_in_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("cookie_digest", name=op.f("uq_sign_in_cookie_digest")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_identity_id", ["identity_id", "ended_at"], unique=False)

    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=256), server_default="API key", nullable=False))
        batch_op.add_column(sa.Column("operations", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("policies", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("credentials", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("addresses", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("use_count", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("last_used_at", UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("last_used_from", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("expires_at", UtcTime(), nullable=True))

    # By hand: a column with its check, in one statement that both databases take without building the table anew.
    op.execute(
        "ALTER TABLE api_key ADD COLUMN max_uses BIGINT CONSTRAINT ck_api_key_max_uses CHECK (max_uses >= 1)"
    )
    op.execute(
        "ALTER TABLE connection_profile ADD COLUMN ssh_key_use VARCHAR(16) DEFAULT 'first' NOT NULL"
        " CONSTRAINT ck_connection_profile_ssh_key_use"
        " CHECK (ssh_key_use IN ('off', 'first', 'security_key', 'any'))"
    )

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", UtcTime(), nullable=True))
