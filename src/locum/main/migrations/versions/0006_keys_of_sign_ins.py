"""SSH keys that end with a sign-in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
