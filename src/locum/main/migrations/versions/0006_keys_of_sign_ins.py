"""SSH keys that end with a sign-in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ssh_key") as batch_op:
        batch_op.add_column(sa.Column("sign_in_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_ssh_key_sign_in_id_sign_in"), "sign_in", ["sign_in_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index(op.f("ix_ssh_key_sign_in_id"), "ssh_key", ["sign_in_id"])
    with op.batch_alter_table("connection_profile") as batch_op:
        batch_op.drop_constraint(op.f("ck_connection_profile_ssh_key_use"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_connection_profile_ssh_key_use"),
            "ssh_key_use IN ('off', 'first', 'security_key', 'sign_in_key', 'any')",
        )


def _activity_locks() -> None:
    op.create_table(
        "activity_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("locked_by", sa.Uuid(), nullable=True),
        sa.Column("locked_at", UtcTime(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(resource_id IS NULL) <> (credential_id IS NULL)", name=op.f("ck_activity_lock_about_one_thing")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_lock_activity_id")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_activity_lock_credential_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_activity_lock_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_lock")),
        sa.UniqueConstraint("resource_id", "activity_id", name=op.f("uq_activity_lock_resource_id_activity_id")),
        sa.UniqueConstraint(
            "credential_id", "activity_id", name=op.f("uq_activity_lock_credential_id_activity_id")
        ),
    )
